"""Lessons, cards, drills and review in the lab: the panel's part, its keys, and what is clicked in a notebook."""

from __future__ import annotations

import re

import pytest
from hands import KERNEL_MS, notebook, open_panel, picture, put, row
from playwright.sync_api import Page, expect
from running import Lab

pytestmark = [pytest.mark.slow, pytest.mark.lab]


def run_cell(page: Page) -> None:
    expect(page.get_by_text("| Idle")).to_be_visible(timeout=KERNEL_MS)  # before, it asks for a kernel
    notebook(page).locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+Enter")


def test_the_panel_opens_lessons_and_tells_what_is_due(visit, lab: Lab) -> None:
    put(lab.workspace, "cards.ipynb", None, 'from torch_judge import cards\ncards("batchnorm")')
    page = visit("cards.ipynb")
    panel = open_panel(page)
    lesson = panel.locator(".tj-lesson[data-id=batchnorm]")
    expect(lesson).to_contain_text("to do")
    run_cell(page)
    turn = notebook(page).get_by_role("button", name="Show the answer")
    expect(turn).to_be_visible(timeout=KERNEL_MS)
    picture(page, "20-card")
    turn.click()
    expect(notebook(page).get_by_role("button", name="3 known")).to_be_focused()
    picture(page, "21-card-turned")
    notebook(page).get_by_role("button", name="1 not known").click()
    expect(turn).to_be_focused()

    panel.hover()
    expect(lesson).to_contain_text(re.compile("begun · 1.due"))
    expect(panel.locator(".tj-due")).to_contain_text("Due today: 1 card.")
    picture(page, "22-panel-due")
    panel.get_by_role("button", name="Review").click()
    expect(page.get_by_role("tab", name="00_welcome.ipynb")).to_be_visible()
    expect(notebook(page)).to_contain_text("review()")


def test_the_keys_lead_from_an_exercise_to_its_lesson_and_to_review(visit) -> None:
    page = visit()
    panel = open_panel(page)
    row(page, "batchnorm").click()
    expect(panel.locator(".tj-lesson[data-id=batchnorm]")).to_have_attribute("aria-current", "true")
    notebook(page).locator(".jp-Notebook").click()
    page.keyboard.press("Alt+Shift+L")
    expect(page.get_by_role("tab", name="lesson_batchnorm.ipynb")).to_be_visible()
    page.keyboard.press("Alt+Shift+V")
    expect(page.get_by_role("tab", name="00_welcome.ipynb")).to_be_visible()


def test_a_drill_is_clicked_through(visit, lab: Lab) -> None:
    put(lab.workspace, "drill.ipynb", None, 'from torch_judge import drill\ndrill("mha", unlock=True, seed=1)')
    page = visit("drill.ipynb")
    run_cell(page)
    options = notebook(page).locator(".jp-OutputArea button")
    expect(options.first).to_be_visible(timeout=KERNEL_MS)
    picture(page, "23-drill")
    options.first.click()
    following = notebook(page).get_by_role("button", name="Next question")
    expect(following).to_be_visible()
    following.click()
    expect(notebook(page).get_by_text("What is wrong with it?")).to_be_visible()
    options.first.click()
    expect(notebook(page).get_by_text(re.compile(r"inputs = replay\(.mha., case=\d+\)")).first).to_be_visible()
    picture(page, "24-drill-evidence")


def test_a_lesson_that_is_not_there_is_told(lab: Lab) -> None:
    status, answer = lab.request("torch-judge/lesson", {"topic": "../relu"})
    assert status == 400 and "There is no lesson" in answer["message"]
    assert lab.request("torch-judge/lesson", {})[0] == 400
    (lab.workspace / "lesson_batchnorm.ipynb").unlink()
    assert lab.request("torch-judge/lesson", {"topic": "batchnorm"}) == (200, {"path": "lesson_batchnorm.ipynb"})
    assert (lab.workspace / "lesson_batchnorm.ipynb").is_file()
    assert lab.request("torch-judge/review", {}) == (200, {"path": "00_welcome.ipynb"})
