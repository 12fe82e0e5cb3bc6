"""Questions in JupyterLab: clicked, answered from the keyboard, timed, in both themes, wide and narrow."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hands import KERNEL_MS, notebook, picture, put
from playwright.sync_api import Locator, Page, expect
from running import Lab

pytestmark = [pytest.mark.slow, pytest.mark.lab]

THEMES = "@jupyterlab/apputils-extension:themes"
FENCE = "```"
LESSON = f"""\
---
title: Rectifiers
problems: relu
---
A rectifier keeps $x$ where $x > 0$: $\\text{{relu}}(x) = \\max(x, 0)$.

{FENCE}python show
print(nn.ReLU()(torch.tensor([-1.0, 2.0])))
{FENCE}

| | ReLU | SiLU |
| --- | --- | --- |
| below zero | 0 | a little less |
"""
OPTIONS = """\
- Zero, as $\\max(x, 0)$ says.
  `F.relu(torch.tensor(-3.0)).item() == 0`
- The same number without its sign.
  `F.relu(torch.tensor(-3.0)).item() == 3` That is `abs`.
- A small negative number, a hundredth of it, as other layers of this family do, which is why this option is so long.
  `F.relu(torch.tensor(-3.0)).item() == -0.03` That is `nn.LeakyReLU`.
hint: Try it.
steps:
1. Take a number below zero.
2. Put 0 in its place.
"""
QUESTIONS = f"""\
# Quick

## Below zero
concept · easy

What does `nn.ReLU` make of -3?

{OPTIONS}
# Challenge

## Printed
predict · easy · 2:00

What does this print?

{FENCE}python show
x = torch.tensor([-1.0, 0.0, 2.0])
print(F.relu(x))
{FENCE}

- `F.relu(x)` → `x.abs()` : That takes the sign away.
- `F.relu(x)` → `x` : The layer is not the identity.
hint: Which lie below zero?
steps:
1. Look for what lies below zero.
2. Put 0 in its place.

## Below zero
concept · easy · 1:00

What does `nn.ReLU` make of -3?

{OPTIONS}
"""
BANK = Path(__file__).resolve().parents[2] / "problems" / "relu"


@pytest.fixture
def place(lab: Lab) -> str:
    """A cell that names a private bank with one lesson."""
    lesson, problems = lab.workspace / "bank" / "lessons" / "rectifiers", lab.workspace / "bank" / "problems" / "relu"
    for folder in (lesson, problems):
        folder.mkdir(parents=True, exist_ok=True)
    for path in BANK.iterdir():
        if path.is_file():
            (problems / path.name).write_bytes(path.read_bytes())
    (lesson / "lesson.md").write_text(LESSON, encoding="utf-8")
    (lesson / "questions.md").write_text(QUESTIONS, encoding="utf-8")
    return f"import os\nos.environ['TORCH_JUDGE_PROBLEMS'] = {str(problems.parent)!r}\nfrom torch_judge import *"


def run_all(page: Page) -> None:
    expect(notebook(page).locator(".jp-CodeCell").first).to_be_visible()
    expect(page.get_by_text("| Idle")).to_be_visible(timeout=KERNEL_MS)  # before, it asks for a kernel
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Run All Cells")).click()


def option(page: Page, text: str) -> Locator:
    """The button of the option that says this."""
    return notebook(page).get_by_role("button", name=re.compile(text)).or_(
        notebook(page).locator(f'button[title*="{text}"]')
    ).first  # fmt: skip


def test_questions_are_clicked(visit, lab: Lab, place: str) -> None:
    put(lab.workspace, "clicked.ipynb", None, place, 'lesson("rectifiers")', 'quiz("rectifiers")')
    page = visit("clicked.ipynb")
    run_all(page)
    expect(option(page, "without its sign")).to_be_visible(timeout=KERNEL_MS)
    picture(page, "20-quiz")
    option(page, "without its sign").click()
    expect(notebook(page)).to_contain_text("That is abs.")
    expect(notebook(page)).to_contain_text("Step by step")
    picture(page, "21-quiz-wrong")


def test_the_challenge_with_the_keyboard_only(visit, lab: Lab, place: str) -> None:
    put(lab.workspace, "keys.ipynb", None, place, 'quiz("rectifiers", "challenge")')
    page = visit("keys.ipynb")
    run_all(page)
    begin = notebook(page).get_by_role("button", name="Begin")
    expect(begin).to_be_visible(timeout=KERNEL_MS)
    expect(notebook(page)).not_to_contain_text("What does this print?")
    begin.focus()
    page.keyboard.press("Enter")
    expect(notebook(page)).to_contain_text(re.compile(r"1:5\d left"))
    right = option(page, "0., 0., 2.")
    right.focus()
    page.keyboard.press("Enter")
    expect(notebook(page)).to_contain_text("✓ Right.")
    following = notebook(page).get_by_role("button", name="Next question")
    expect(following).to_be_focused()
    page.keyboard.press("Enter")
    expect(notebook(page)).to_contain_text("2 of 2")
    option(page, "Zero, as").focus()
    page.keyboard.press("Space")
    expect(notebook(page)).to_contain_text("You have earned the badge of rectifiers.")
    picture(page, "22-badge")


@pytest.mark.parametrize(("theme", "light"), [("JupyterLab Dark", "false"), ("JupyterLab Light", "true")])
def test_dark_and_narrow(visit, lab: Lab, place: str, theme: str, light: str) -> None:
    put(lab.workspace, "narrow.ipynb", None, place, 'lesson("rectifiers")', 'quiz("rectifiers")')
    lab.setting(THEMES, theme=theme)
    try:
        page = visit("narrow.ipynb")
        expect(page.locator("body")).to_have_attribute("data-jp-theme-light", light)
        run_all(page)
        expect(option(page, "without its sign")).to_be_visible(timeout=KERNEL_MS)
        option(page, "without its sign").click()
        expect(notebook(page)).to_contain_text("That is abs.")
        for width in (700, 420):
            page.set_viewport_size({"width": width, "height": 900})
            if page.locator("#torch-judge-panel").is_visible():
                page.get_by_role("tab", name="Exercises").click()  # fold the panel
            output = notebook(page).locator(".jp-OutputArea-output").last
            expect(output).to_be_visible()
            assert output.evaluate("e => e.scrollWidth <= e.clientWidth + 1")
            picture(page, f"23-{theme.split()[-1].lower()}-{width}")
    finally:
        lab.setting(THEMES, theme="JupyterLab Light")


def test_without_widgets_it_is_plain_html(visit, lab: Lab, place: str) -> None:
    off = "import sys; sys.modules['ipywidgets'] = None"
    put(lab.workspace, "plain.ipynb", None, place, off, 'quiz("rectifiers", "challenge")', 'answer(1, "A")')
    page = visit("plain.ipynb")
    run_all(page)
    expect(notebook(page).locator("div.torch-judge").last).to_contain_text(
        re.compile("Right|is not right"), timeout=KERNEL_MS
    )
    summary = notebook(page).locator("summary", has_text="Hint").first
    summary.focus()
    page.keyboard.press("Enter")
    expect(notebook(page).get_by_text("Which lie below zero?").first).to_be_visible()
    picture(page, "24-plain")


def test_the_lesson_on_batch_normalisation_from_top_to_bottom(visit) -> None:
    page = visit("lesson_batchnorm.ipynb")
    page.set_viewport_size({"width": 1280, "height": 1100})
    run_all(page)
    begin = notebook(page).get_by_role("button", name="Begin")
    expect(begin).to_be_visible(timeout=KERNEL_MS)
    begin.scroll_into_view_if_needed()
    begin.click()
    expect(notebook(page)).to_contain_text(re.compile(r"1 of 5 · Two rows"))
    picture(page, "25-lesson-challenge")
    for name, text in (
        ("26-lesson-cards", "Flash cards"),
        ("27-lesson-quick", "Quick questions"),
        ("28-lesson-trace", "Trace"),
    ):
        notebook(page).get_by_role("heading", name=text, exact=False).first.scroll_into_view_if_needed()
        page.wait_for_timeout(500)  # for the picture alone
        picture(page, name)
