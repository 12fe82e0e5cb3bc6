"""A learner's ways through JupyterLab, as a person would go them."""

from __future__ import annotations

import re
from collections.abc import Callable

import nbformat
import pytest
from hands import (
    KERNEL_MS,
    announced,
    button,
    check,
    notebook,
    open_panel,
    picture,
    put,
    report,
    row,
    solution,
    starter_cell,
    write,
)
from playwright.sync_api import Page, Route, expect
from running import Lab

from torch_judge.bank import find_bank

pytestmark = [pytest.mark.slow, pytest.mark.lab]

BATCHNORM = find_bank().get("batchnorm")


def wrong_batchnorm() -> tuple[str, str]:
    """A known mistake, and the beginning of what a teacher would say, as it is shown."""
    mistake = BATCHNORM.mistakes[0]
    return BATCHNORM.edited(*mistake.edits), mistake.message.replace("`", "")


# How many of the points below the toolbars in view show a part of a toolbar.
PAINTED_BELOW = """() => [...document.querySelectorAll('.jp-NotebookPanel-toolbar')].flatMap(toolbar => {
    const { left, width, bottom } = toolbar.getBoundingClientRect();
    const xs = Array.from({ length: 40 }, (_, i) => left + width * (i + 0.5) / 40);
    return xs.flatMap(x => [6, 16].map(below => document.elementFromPoint(x, bottom + below)));
}).filter(element => element?.closest('.jp-NotebookPanel-toolbar')).length"""


def press_until(page: Page, key: str, done: Callable[[], bool]) -> None:
    """Press a key, a few times at most, until something is reached."""
    for _ in range(8):
        if done():
            return
        page.keyboard.press(key)
    assert done()


def test_a_learner_s_way(visit, lab: Lab) -> None:
    page = visit()
    panel = open_panel(page)
    expect(panel.get_by_text(re.compile(r"\d+ of \d+ solved"))).to_be_visible()
    picture(page, "01-panel")
    panel.get_by_role("searchbox").fill("batch medium")
    row(page, "batchnorm").click()
    expect(button(page, "Check")).to_be_visible()
    expect(panel.get_by_role("searchbox")).to_have_value("")
    expect(row(page, "batchnorm")).to_be_in_viewport()
    expect(row(page, "batchnorm")).to_have_attribute("aria-current", "true")
    picture(page, "02-opened")

    wrong, message = wrong_batchnorm()
    write(page, wrong)
    expect(check(page)).to_contain_text(message)
    announced(page, re.compile("^batchnorm: not solved yet, "))
    expect(row(page, "batchnorm")).to_contain_text("✗ attempted")
    expect(notebook(page).locator(".tj-verdict")).to_be_in_viewport()
    picture(page, "03-diagnosis")

    write(page, BATCHNORM.solution)
    check(page)
    announced(page, "batchnorm: solved")
    expect(row(page, "batchnorm")).to_contain_text("✓ solved")
    picture(page, "04-solved")

    for level in (1, 2, 3):
        button(page, "Hint").click()
        expect(panel.locator(".tj-hints li")).to_have_count(level)
        announced(page, re.compile(f"^Hint {level} of 3: "))
    expect(panel.get_by_role("heading", name="07 · Implement BatchNorm")).to_be_in_viewport()
    expect(panel.locator(".tj-hints li").last).to_be_in_viewport()
    picture(page, "05-hints")
    panel.get_by_text("3 hints").click()
    expect(panel.locator(".tj-hints")).to_be_hidden()
    button(page, "Hint").click()  # asked for again, but nothing new: it stays folded
    expect(panel.locator(".tj-hints")).to_be_hidden()
    panel.get_by_text("3 hints").click()

    button(page, "Reset").click()
    expect(page.get_by_role("dialog")).to_contain_text("07_batchnorm-old-1.ipynb")
    picture(page, "06-reset")
    page.get_by_role("dialog").get_by_role("button", name="Reset").click()
    expect(page.get_by_text("Your work is in 07_batchnorm-old-1.ipynb")).to_be_visible()
    expect(starter_cell(page)).to_contain_text("pass")
    expect(notebook(page).locator("div.torch-judge")).to_have_count(0)
    expect(notebook(page).get_by_role("heading", name="07 · Implement BatchNorm")).to_be_in_viewport()
    assert "running_var" in (lab.workspace / "07_batchnorm-old-1.ipynb").read_text()
    picture(page, "07-blank-again")

    page.reload()
    open_panel(page)
    expect(row(page, "batchnorm")).to_contain_text("✓ solved")
    expect(panel.locator(".tj-hints li")).to_have_count(3)
    picture(page, "08-reloaded")


def test_in_the_dark_theme(visit, lab: Lab) -> None:
    themes = "@jupyterlab/apputils-extension:themes"
    lab.setting(themes, theme="JupyterLab Dark")
    try:
        page = visit("02_softmax.ipynb")
        expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
        open_panel(page)
        check(page)
        expect(row(page, "softmax")).to_contain_text("✗ attempted")
        button(page, "Hint").click()
        expect(page.locator(".tj-hints li")).to_have_count(1)
        picture(page, "09-dark")
    finally:
        lab.setting(themes, theme="JupyterLab Light")


def test_with_the_keyboard_only(visit) -> None:
    page = visit()
    expect(page.locator(".jp-Launcher")).to_be_visible()  # it comes late and takes the focus
    page.keyboard.press("Alt+Shift+J")
    expect(page.get_by_role("searchbox", name="Filter the problems")).to_be_focused()
    page.keyboard.type("fundamentals easy")
    page.keyboard.press("ArrowDown")
    expect(row(page, "relu")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(row(page, "softmax")).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(starter_cell(page)).to_be_visible()
    expect(notebook(page).locator(".jp-Notebook")).to_have_class(re.compile("jp-mod-commandMode"))
    expect(notebook(page).locator(":focus")).to_have_count(1)
    press_until(page, "ArrowDown", lambda: "jp-mod-active" in (starter_cell(page).get_attribute("class") or ""))
    page.keyboard.press("Enter")
    editor = starter_cell(page).locator(".cm-content")
    expect(editor).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(solution("relu"))
    page.keyboard.press("Alt+Shift+C")
    announced(page, "relu: solved")
    expect(editor).to_be_focused()
    page.keyboard.press("Alt+Shift+H")
    announced(page, re.compile("^Hint 1 of 3: "))
    expect(editor).to_be_focused()
    picture(page, "10-keyboard")
    page.keyboard.press("Alt+Shift+R")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your work is in 01_relu-old-1.ipynb")).to_be_visible()
    expect(starter_cell(page)).to_contain_text("pass")


def test_the_toolbar_is_walked_by_arrow_keys_and_named(visit) -> None:
    page = visit("16_cross_entropy.ipynb")
    for name in ("Check", "Hint", "Reset", "Solution"):
        expect(notebook(page).get_by_role("button", name=name, exact=True)).to_be_enabled()
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=KERNEL_MS)
    # JupyterLab's toolbar keeps one stop for the Tab key; a press of the mouse moves it here.
    button(page, "Check").dispatch_event("mousedown")
    button(page, "Check").focus()
    page.keyboard.press("ArrowRight")
    expect(button(page, "Hint")).to_be_focused()
    page.keyboard.press("Enter")
    announced(page, re.compile("^Hint 1 of 3: "))


def test_the_panel_is_open_at_first_and_stays_as_it_is_left(visit) -> None:
    page = visit()
    panel = page.locator("#torch-judge-panel")
    expect(panel).to_be_visible()
    expect(panel.get_by_role("button", name=re.compile("^(Begin|Go on) with: "))).to_be_visible()
    picture(page, "00-first-start")
    page.get_by_role("tab", name="File Browser").click()
    expect(panel).to_be_hidden()
    page.wait_for_timeout(1500)  # until JupyterLab has saved its layout
    page.reload()
    expect(page.get_by_role("tab", name="File Browser")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#jupyterlab-splash")).to_have_count(0)
    expect(panel).to_be_hidden()


def test_opening_a_notebook_is_no_change(visit, lab: Lab) -> None:
    page = visit("08_rmsnorm.ipynb")
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=KERNEL_MS)
    tab = page.get_by_role("tab", name="08_rmsnorm.ipynb")
    page.wait_for_timeout(500)  # what comes after the kernel's answer
    expect(tab).not_to_have_class(re.compile("jp-mod-dirty"))
    write(page, "x = 1")
    expect(tab).to_have_class(re.compile("jp-mod-dirty"))


def test_previous_and_next(visit, lab: Lab) -> None:
    page = visit("24_rope.ipynb")
    panel = open_panel(page)
    order = lab.request("torch-judge/problems")[1]["order"]
    at = order.index("rope")
    panel.get_by_role("button", name="Previous").click()
    expect(row(page, order[at - 1])).to_have_attribute("aria-current", "true")
    panel.get_by_role("button", name="Next").click()
    expect(row(page, "rope")).to_have_attribute("aria-current", "true")
    panel.get_by_role("button", name="Next").click()
    expect(row(page, order[at + 1])).to_have_attribute("aria-current", "true")
    expect(row(page, order[at + 1])).to_be_in_viewport()


def test_the_list_is_filtered_by_choices_and_folded_by_topic(visit, lab: Lab) -> None:
    page = visit()
    panel = open_panel(page)
    problems = lab.request("torch-judge/problems")[1]["problems"]
    wanted = [p for p in problems if p["topic"] == "Attention" and p["difficulty"] == "Medium"]
    panel.get_by_label("Topic").select_option("Attention")
    panel.get_by_label("Difficulty").select_option("Medium")
    expect(panel.locator(".tj-row")).to_have_count(len(wanted))
    picture(page, "18-filtered")
    panel.get_by_role("searchbox").fill("no such thing")
    expect(panel.locator(".tj-row")).to_have_count(0)
    panel.get_by_role("button", name="Show all").click()
    expect(panel.locator(".tj-row")).to_have_count(len(problems))
    panel.locator("summary", has_text="Fundamentals").click()
    expect(row(page, "relu")).to_be_hidden()
    row(page, "attention").focus()
    page.keyboard.press("Home")
    expect(row(page, "relu")).not_to_be_focused()
    panel.get_by_role("searchbox").fill("relu")
    expect(row(page, "relu")).to_be_visible()


def test_a_notebook_is_taken_to_colab_with_the_work_and_the_judge(visit) -> None:
    page = visit("19_gelu.ipynb")
    write(page, "gelu = 'my work'")
    with page.expect_download() as download:
        button(page, "Colab").click()
    assert download.value.suggested_filename == "19_gelu_colab.ipynb"
    notebook = nbformat.read(download.value.path(), as_version=4)
    nbformat.validate(notebook)
    setup, starter = (
        next(c for c in notebook.cells if c.metadata.get("torch_judge", {}).get("role") == role)
        for role in ("install", "starter")
    )
    assert 'wheel = """' in setup.source and len(setup.source) > 100_000
    assert "my work" in starter.source
    expect(page.get_by_text("In Colab: File, Upload notebook")).to_be_visible()
    expect(page.locator(".jp-CodeCell").first).not_to_contain_text("wheel")


def test_colab_opens_where_there_is_a_place(visit) -> None:
    page = visit()

    def published(route: Route) -> None:
        listing = route.fetch().json()
        route.fulfill(json={**listing, "repository": "owner/name"})

    page.route("**/torch-judge/problems*", published)
    page.evaluate("window.open = (...all) => (window.opened = all)")
    open_panel(page)
    row(page, "linear").click()
    button(page, "Colab").click()
    url = "https://colab.research.google.com/github/owner/name/blob/main/templates/03_linear.ipynb"
    assert page.evaluate("window.opened") == [url, "_blank", "noopener"]
    picture(page, "17-colab")


def test_the_commands_apply_where_the_buttons_do(visit, lab: Lab) -> None:
    put(lab.workspace, "ordinary.ipynb", None, "1 + 1")
    page = visit("ordinary.ipynb")
    expect(notebook(page).locator(".jp-CodeCell")).to_be_visible()
    expect(notebook(page).locator(".tj-button")).to_have_count(0)
    expect(page.locator("#jp-bottom-panel")).to_contain_text(
        "| Idle", timeout=KERNEL_MS
    )  # a starting kernel takes the focus
    page.keyboard.press("Control+Shift+C")
    page.keyboard.type("torch-judge")
    expect(page.locator(".lm-CommandPalette-item", has_text="Show the problems")).to_be_visible()
    for label in ("Check", "Hint", "Reset", "Solution", "Colab"):
        expect(page.locator(".lm-CommandPalette-item.lm-mod-disabled", has_text=label).first).to_be_attached()


def test_looking_at_the_solution_asks_first(visit, lab: Lab) -> None:
    page = visit("17_dropout.ipynb")
    button(page, "Solution").click()
    picture(page, "11-peek")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert not lab.state("dropout")["peeked"]
    button(page, "Solution").click()
    page.get_by_role("dialog").get_by_role("button", name="Look").click()
    beside = page.locator(".jp-NotebookPanel", has=page.locator("[title*='solution notebook']"))
    expect(beside.locator(".tj-button").first).to_be_visible()
    assert page.evaluate(PAINTED_BELOW) == 0, "no toolbar may paint over its notebook, not for a moment"
    expect(page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")).to_have_count(2)
    assert lab.state("dropout")["peeked"]
    picture(page, "12-solution-beside")
    # Two notebooks in view: each button serves its own.
    first = page.locator(".jp-NotebookPanel", has_not=page.locator("[title*='solution notebook']"))
    first.locator(".tj-button", has_text="Check").click()
    expect(first.locator("div.torch-judge")).to_be_visible(timeout=KERNEL_MS)
    expect(beside.locator("div.torch-judge")).to_have_count(0)


def test_only_what_is_new_runs(visit, lab: Lab) -> None:
    put(
        lab.workspace,
        "counting.ipynb",
        "relu",
        "from pathlib import Path\nPath('runs').open('a').write('a')",
        "import torch\nPath('runs').open('a').write('b')\n" + solution("relu"),
    )
    runs = lab.workspace / "runs"
    runs.unlink(missing_ok=True)
    page = visit("counting.ipynb")
    check(page)
    announced(page, "relu: solved")
    expect(notebook(page).locator(".jp-CodeCell")).to_have_count(3)  # the check cell was appended
    check(page)
    announced(page, "relu: solved")
    assert runs.read_text() == "ab"
    notebook(page).locator(".cm-content").nth(1).click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("\n# changed")
    check(page)
    announced(page, "relu: solved")
    assert runs.read_text() == "abb"
    page.keyboard.press("Escape")
    page.keyboard.type("00")
    page.get_by_role("dialog").get_by_role("button", name="Confirm Kernel Restart").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    check(page)
    announced(page, "relu: solved")
    assert runs.read_text() == "abbab"


def test_a_cell_that_raises_stops_the_check(visit, lab: Lab) -> None:
    put(lab.workspace, "raising.ipynb", "relu", "1 / 0", solution("relu"), 'check("relu")')
    page = visit("raising.ipynb")
    check(page)
    announced(page, re.compile("^relu: not judged, because a cell above raised"))
    expect(notebook(page).get_by_text("ZeroDivisionError").first).to_be_in_viewport()
    expect(notebook(page).locator("div.torch-judge")).to_have_count(0)


def test_two_tabs_on_two_notebooks_at_once(visit) -> None:
    pages = {"gelu": visit("19_gelu.ipynb"), "embedding": visit("18_embedding.ipynb")}
    write(pages["gelu"], solution("gelu"))
    for page in pages.values():
        button(page, "Check").click()
    announced(pages["gelu"], "gelu: solved")
    announced(pages["embedding"], re.compile("^embedding: not solved yet"))
    for page in pages.values():
        expect(report(page)).to_have_count(1)
        page.bring_to_front()
        open_panel(page)
        button(page, "Hint").click()
        expect(page.locator(".tj-hints li")).to_have_count(1)
        expect(row(page, "gelu")).to_contain_text("✓ solved")
        expect(row(page, "embedding")).to_contain_text("✗ attempted")
