"""The class page in a real browser: light, dark, narrow, on paper."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from torch_judge.bank import find_bank
from torch_judge.classroom.demo import write_class

pytestmark = [pytest.mark.slow, pytest.mark.lab]

SHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
CONTRAST = """() => {
  const lum = c => { const [r, g, b] = c.match(/\\d+/g).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
    return .2126 * r + .7152 * g + .0722 * b; };
  const page = lum(getComputedStyle(document.body).backgroundColor);
  return [...document.querySelectorAll('h1, h2, td, p, th, span')].filter(e => e.textContent.trim()).map(e => {
    const own = lum(getComputedStyle(e).color); return (Math.max(own, page) + .05) / (Math.min(own, page) + .05); }).reduce((a, b) => Math.min(a, b));
}"""


@pytest.fixture(scope="module")
def grades(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("class")
    sources = write_class(folder, find_bank(), 24)
    rules = ["--assignment", folder / "assignment.toml", "--roster", folder / "roster.csv", "--out", folder / "grades"]
    words = [sys.executable, "-m", "torch_judge", "grade", *sources, *rules]
    subprocess.run([str(w) for w in words], check=True, capture_output=True)
    return folder / "grades"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1100])
def test_the_page_is_readable_and_asks_nobody(grades: Path, browser: Browser, scheme: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((grades / "class.html").as_uri())
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"class-{scheme}-{width}.png", full_page=True)
    assert len(asked) == 1, "it loads nothing but itself"
    assert page.get_by_role("heading", name="Pairs worth looking at").count() <= 1
    for heading in ("Demonstration class", "Problems", "Marks"):
        assert page.get_by_role("heading", name=heading, exact=True).is_visible()
    assert page.locator("svg[role=img]").count() >= 4
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing sticks out"
    assert page.evaluate(CONTRAST) >= 4.5
    page.close()


def test_it_prints(grades: Path, browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page(color_scheme="dark")
    page.goto((grades / "class.html").as_uri())
    page.emulate_media(media="print", color_scheme="light")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.pdf(path=tmp_path / "class.pdf")
    assert (tmp_path / "class.pdf").stat().st_size > 10_000
    page.close()


def test_a_feedback_page_reads_well(grades: Path, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 700, "height": 900})
    path = sorted((grades / "feedback").iterdir())[3]
    page.goto(path.as_uri())
    page.screenshot(path=SHOTS / "feedback.png", full_page=True)
    assert page.get_by_role("heading", level=2).count() == 4
    page.close()
