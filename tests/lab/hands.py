"""What a person does in JupyterLab, in the words of the tests."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from torch_judge.bank import find_bank

SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
KERNEL_MS = 60_000  # a kernel starts and imports torch


def button(page: Page, name: str) -> Locator:
    """A button of the toolbar of the notebook in front."""
    return notebook(page).locator(".tj-button", has_text=re.compile(f"^{name}$"))


def notebook(page: Page) -> Locator:
    return page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")


def settled(page: Page) -> None:
    """Until JupyterLab has restored its layout."""
    page.locator("#torch-judge-panel").wait_for(state="attached")
    page.locator("#jupyterlab-splash").wait_for(state="detached")


def open_panel(page: Page) -> Locator:
    settled(page)
    panel = page.locator("#torch-judge-panel")
    if not panel.is_visible():
        page.get_by_role("tab", name="Exercises").click()
    expect(panel.locator(".tj-row").first).to_be_visible()
    return panel


def row(page: Page, problem: str) -> Locator:
    return page.locator(f".tj-row[data-id={problem}]")


def starter_cell(page: Page) -> Locator:
    """The cell in which the learner writes."""
    entry = re.compile(r"(def|class) \w+")
    return notebook(page).locator(".jp-CodeCell", has_text=entry).first


def write(page: Page, code: str) -> None:
    """Replace what stands in the starter's cell."""
    editor = starter_cell(page).locator(".cm-content")
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(code)


def check(page: Page) -> Locator:
    """Press Check; the report, once the button can be pressed again."""
    button(page, "Check").click()
    return report(page)


def report(page: Page) -> Locator:
    expect(button(page, "Check")).to_have_attribute("aria-busy", "false", timeout=KERNEL_MS)
    return notebook(page).locator("div.torch-judge")


def announced(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.locator(".tj-announcer")).to_have_text(text, timeout=KERNEL_MS)


def picture(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")


def solution(problem: str) -> str:
    return find_bank().get(problem).solution


def put(workspace: Path, name: str, problem: object, *cells: str) -> Path:
    """Write a notebook into the workspace. ``problem`` is what its metadata say."""
    from nbformat import v4

    notebook = v4.new_notebook(cells=[v4.new_code_cell(cell, id=f"c{i}") for i, cell in enumerate(cells)])
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    if problem is not None:
        notebook.metadata["torch_judge"] = {"problem": problem}
    path = workspace / name
    path.write_text(json.dumps(notebook), encoding="utf-8")
    if os.name == "posix":  # an image's server is not the tests' user
        os.chown(path, workspace.stat().st_uid, workspace.stat().st_gid)
    return path
