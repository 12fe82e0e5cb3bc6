"""From the press on Check to the report on the page, in a warm kernel of JupyterLab: `python -m bench.lab`."""

from __future__ import annotations

import os
import secrets
import signal
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from torch_judge.bank import find_bank

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "lab"))
from conftest import CHROMIUM, Lab, free_port, quiet, serve, wait_for  # noqa: E402
from hands import check, settled, write  # noqa: E402

ROUNDS = 15
# From the press to the frame in which the new report is drawn.
PRESS_CHECK = """async () => {
  const report = () => document.querySelector('.jp-OutputArea div.torch-judge');
  const button = document.querySelector('.tj-button-check');
  const old = report();
  const start = performance.now();
  button.click();
  while (!report() || report() === old) await new Promise(requestAnimationFrame);
  const took = performance.now() - start;
  while (button.getAttribute('aria-busy') === 'true') await new Promise(requestAnimationFrame);
  return took;
}"""


def main() -> None:
    """Print a Markdown table: the reference and the first mistake of batchnorm."""
    problem = find_bank().get("batchnorm")
    sources = {"passing": problem.solution, "failing": problem.edited(*problem.mistakes[0].edits)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lab = Lab(f"http://127.0.0.1:{free_port()}", secrets.token_hex(8), folder / "workspace")
        server = serve(lab, folder)
        try:
            wait_for(lab, server, folder / "log")
            quiet(lab)
            with sync_playwright() as playwright:
                page = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]).new_page()
                page.goto(f"{lab.url}/lab/tree/{problem.notebook}.ipynb?token={lab.token}")
                settled(page)
                print("| batchnorm | press to report, median ms | slowest ms |\n| --- | ---: | ---: |")
                for verdict, source in sources.items():
                    write(page, source)
                    check(page)
                    times = [page.evaluate(PRESS_CHECK) for _ in range(ROUNDS)]
                    print(f"| {verdict} | {statistics.median(times):.0f} | {max(times):.0f} |", flush=True)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=20)


if __name__ == "__main__":
    main()
