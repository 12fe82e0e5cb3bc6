"""A real JupyterLab and a real browser. ``TORCH_JUDGE_LAB_URL``, ``_TOKEN`` and ``_WORKSPACE`` name another server."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hands import settled
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from running import Lab, free_port, quiet, serve, wait_for

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    if url := os.environ.get("TORCH_JUDGE_LAB_URL"):
        workspace = Path(os.environ["TORCH_JUDGE_LAB_WORKSPACE"])
        there = Lab(url.rstrip("/"), os.environ["TORCH_JUDGE_LAB_TOKEN"], workspace)
        wait_for(there)
        yield quiet(there)
        return
    folder = tmp_path_factory.mktemp("lab")
    here = Lab(f"http://127.0.0.1:{free_port()}", secrets.token_hex(8), folder / "workspace")
    process = serve(here, folder)
    try:
        wait_for(here, process, folder / "log")
        yield quiet(here)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser, lab: Lab) -> Iterator[BrowserContext]:
    """A fresh visitor. Nothing may be loaded from another host, and no script of ours may fail."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(30_000)
    foreign: list[str] = []
    broken: list[str] = []
    context.on("request", lambda request: foreign.append(request.url) if is_foreign(request.url, lab) else None)
    context.on("weberror", lambda error: broken.append(str(error.error)))
    yield context
    context.close()
    for session in lab.request("api/sessions")[1]:
        lab.request(f"api/sessions/{session['id']}", method="DELETE")
    assert not foreign and not broken


def is_foreign(url: str, lab: Lab) -> bool:
    return not url.startswith((lab.url, lab.url.replace("http", "ws", 1), "data:", "blob:"))


@pytest.fixture
def visit(lab: Lab, context: BrowserContext) -> Callable[[str], Page]:
    """Open a notebook of the workspace (or nothing) in a new tab with a layout of its own."""

    def visit(path: str = "") -> Page:
        page = context.new_page()
        name = f"t{secrets.token_hex(4)}"
        tree = f"/tree/{quote(path)}" if path else ""
        page.goto(f"{lab.url}/lab/workspaces/{name}{tree}?token={lab.token}")
        settled(page)
        return page

    return visit
