"""What a careless or a malicious notebook, kernel or server may do to the buttons and the panel."""

from __future__ import annotations

import json
import re

import pytest
from hands import announced, button, check, notebook, open_panel, picture, put, solution
from playwright.sync_api import Page, expect
from running import Lab

pytestmark = [pytest.mark.slow, pytest.mark.lab]

MARKUP = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'


def not_hacked(page: Page) -> None:
    assert page.evaluate("window.hacked") is None


def test_a_name_with_quotes_and_html(visit, lab: Lab) -> None:
    name = "a'b\"<img src=x onerror=window.hacked=1>&amp; ü%20.ipynb"
    put(lab.workspace, name, "relu", solution("relu"), 'from torch_judge import check\ncheck("relu")')
    page = visit(name)
    check(page)
    announced(page, "relu: solved")
    button(page, "Reset").click()
    expect(page.get_by_role("dialog")).to_contain_text(name.removesuffix(".ipynb") + "-old-1.ipynb")
    page.get_by_role("dialog").get_by_role("button", name="Reset").click()
    expect(page.get_by_text("The notebook is blank again.")).to_be_visible()
    picture(page, "13-hostile-name")
    assert (lab.workspace / name.replace(".ipynb", "-old-1.ipynb")).is_file()
    not_hacked(page)


@pytest.mark.parametrize("problem", ["no_such_problem", MARKUP, "../../etc"], ids=["unknown", "markup", "path"])
def test_a_problem_that_does_not_exist(visit, lab: Lab, problem: str) -> None:
    put(lab.workspace, "unknown.ipynb", problem, "1 + 1")
    page = visit("unknown.ipynb")
    for name in ("Check", "Hint", "Reset", "Solution"):
        expect(button(page, name)).to_have_attribute("aria-disabled", "true")
        expect(button(page, name)).to_have_attribute("title", re.compile("^There is no problem"))
    button(page, "Check").dispatch_event("click")
    expect(notebook(page).locator(".jp-CodeCell")).to_have_count(1)
    expect(notebook(page).locator(".jp-InputPrompt").first).to_have_text("[ ]:")
    not_hacked(page)


@pytest.mark.parametrize("problem", [3, {"a": 1}], ids=str)
def test_metadata_of_a_wrong_kind(visit, lab: Lab, problem: object) -> None:
    path = put(lab.workspace, "odd.ipynb", "relu", "1 + 1")
    content = json.loads(path.read_text())
    content["metadata"]["torch_judge"]["problem"] = problem
    path.write_text(json.dumps(content))
    page = visit("odd.ipynb")
    expect(notebook(page).locator(".jp-CodeCell")).to_be_visible()
    expect(notebook(page).locator(".tj-button")).to_have_count(0)


def test_output_with_script_tags(visit, lab: Lab) -> None:
    shouting = f"import torch\ndef relu(x):\n    print({MARKUP!r})\n    raise ValueError({MARKUP!r})"
    put(lab.workspace, "shouting.ipynb", "relu", shouting, 'from torch_judge import check\ncheck("relu", case=1)')
    page = visit("shouting.ipynb")
    expect(check(page)).to_contain_text("<script>window.hacked=1</script>")
    announced(page, re.compile("^relu: not solved yet"))
    not_hacked(page)


def test_a_kernel_that_dies_during_the_check(visit, lab: Lab) -> None:
    deadly = "import os\n\ndef relu(x):\n    os._exit(1)"
    put(lab.workspace, "deadly.ipynb", "relu", deadly, 'from torch_judge import check\ncheck("relu")')
    page = visit("deadly.ipynb")
    button(page, "Check").click()
    announced(page, re.compile("^relu: not judged, because the kernel died"))
    expect(button(page, "Check")).to_have_attribute("aria-busy", "false")
    picture(page, "14-kernel-died")
    dialog = page.get_by_role("dialog", name=re.compile("Kernel Restarting"))
    dialog.get_by_role("button").last.click()
    notebook(page).locator(".cm-content").first.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(solution("relu"))
    check(page)
    announced(page, "relu: solved")


def test_a_server_that_refuses(visit) -> None:
    page = visit("20_weight_init.ipynb")
    refused = {"message": f"`work` cannot be written: Permission denied. {MARKUP}"}
    page.route("**/torch-judge/hint*", lambda route: route.fulfill(status=400, json=refused))
    button(page, "Hint").click()
    shown = page.locator(".Toastify__toast", has_text="cannot be written: Permission denied.")
    expect(shown).to_be_in_viewport(ratio=1)  # the text also stands where only screen readers find it
    picture(page, "15-refused")
    not_hacked(page)


def test_a_server_that_is_away(visit) -> None:
    page = visit()
    panel = open_panel(page)
    page.route("**/torch-judge/**", lambda route: route.abort())
    page.get_by_role("tab", name="Exercises").click()
    page.get_by_role("tab", name="Exercises").click()
    expect(panel.get_by_role("alert")).to_contain_text("The server cannot be reached.")
    picture(page, "16-away")
    page.unroute("**/torch-judge/**")
    panel.get_by_role("button", name="Retry").click()
    expect(panel.get_by_role("alert")).to_have_count(0)
