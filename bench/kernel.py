"""What `check` costs in a kernel, beside another checkout, in the same run: `python -m bench.kernel OTHER [ID…]`.

Prints Markdown: for each problem that both checkouts have (and then for those that only this one has) the processor's
milliseconds of a warm check, of the reference and of the first mistake that both know, with what a check shows and
stores; then of the first check in a fresh kernel, the import included. A checkout runs in a process of its own, which
holds an IPython shell that takes HTML, as a kernel's does; the two are asked in turn. Every check is of a cell that was
run anew, as after an edit.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

ROUNDS, EACH, FRESH = 4, 4, 7

KERNEL = r"""
import os, sys, time

checkout, home = sys.argv[1:3]
sys.path.insert(0, checkout)
os.environ["TORCH_JUDGE_HOME"] = home

import torch
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

class ZMQInteractiveShell(InteractiveShell):
    "The judge knows a kernel's shell by this name."

shell = ZMQInteractiveShell.instance(display_pub_class=CapturingDisplayPublisher, history_load_length=0)
shell.history_manager.enabled = False

def milliseconds(cell):
    shell.display_pub.outputs.clear()
    before = time.process_time()
    done = shell.run_cell(cell, store_history=True)
    spent = time.process_time() - before
    done.raise_error()
    return 1000 * spent, shell.user_ns["report"]
"""

WARM = (
    KERNEL
    + r"""
shell.run_cell("from torch_judge import check")
from torch_judge.bank import find_bank

def wrong(problem, mistake):
    return problem.edited(*next(m.edits for m in problem.mistakes if m.id == mistake))

print("ready", flush=True)
for line in sys.stdin:
    what, id, mistake, count = line.split()
    if what == "mistakes":
        print(*(m.id for m in find_bank().get(id).mistakes), flush=True)
        continue
    problem, times = find_bank().get(id), []
    source = wrong(problem, mistake) if what == "wrong" else problem.solution
    for _ in range(int(count)):
        shell.run_cell(source, store_history=True).raise_error()
        spent, report = milliseconds(f"report = check({id!r})")
        times.append(spent)
        assert report.accepted == (what == "right") and report.error is None, report
    print(*times, flush=True)
"""
)

FIRST = (
    KERNEL
    + r"""
with open(f"{checkout}/problems/{sys.argv[3]}/solution.py") as file:
    shell.run_cell(file.read(), store_history=True).raise_error()
spent, report = milliseconds(f"from torch_judge import check; report = check({sys.argv[3]!r})")
assert report.accepted
print(spent)
"""
)


class Kernel:
    """A process with a shell, in which one checkout judges."""

    def __init__(self, checkout: str, home: str) -> None:
        command = [sys.executable, "-P", "-c", WARM, checkout, home]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/")
        assert self._answer() == ["ready"]

    def ask(self, what: str, id: str, mistake: str = "-", count: int = 0) -> list[str]:
        """The ids of a problem's mistakes, or what so many checks take."""
        assert self._process.stdin is not None
        print(what, id, mistake, count, file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> list[str]:
        assert self._process.stdout is not None
        return self._process.stdout.readline().split()


def measured(kernels: list[Kernel], id: str) -> list[tuple[float, ...]]:
    """For the right solution and for the wrong one, each kernel's milliseconds: the medians of the best rounds."""
    known = [kernel.ask("mistakes", id) for kernel in kernels]
    common = next((one for one in known[0] if all(one in mistakes for mistakes in known)), None)
    rows = []
    for what in ("right", "wrong") if common else ("right",):
        best = [float("inf")] * len(kernels)
        for kernel in kernels:
            kernel.ask(what, id, common or "-", 2)  # warm
        for _ in range(ROUNDS):
            for place, kernel in enumerate(kernels):
                times = kernel.ask(what, id, common or "-", EACH)
                best[place] = min(best[place], statistics.median(map(float, times)))
        rows.append(tuple(best))
    return rows


def first_ms(checkout: str, id: str) -> float:
    """The first check in a fresh kernel, with a home of its own."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-P", "-c", FIRST, checkout, home, id]
        return float(subprocess.run(command, check=True, capture_output=True, text=True, cwd="/").stdout.split()[-1])


def ratio(new: float, old: float) -> str:
    """How many times as long."""
    return f"{new / old:.2f}"


def print_beside(kernels: list[Kernel], ids: Iterable[str]) -> None:
    """The table of what both checkouts have."""
    print("| problem | other, right | here, right | ratio | other, wrong | here, wrong | ratio |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    sums = [0.0] * 4
    for id in ids:
        rows = measured(kernels, id)
        cells = [f"{rows[0][0]:.1f}", f"{rows[0][1]:.1f}", ratio(rows[0][1], rows[0][0])]
        if len(rows) > 1:
            cells += [f"{rows[1][0]:.1f}", f"{rows[1][1]:.1f}", ratio(rows[1][1], rows[1][0])]
        print(f"| {id} | {' | '.join(cells)} |", flush=True)
        sums = [a + b for a, b in zip(sums, [*rows[0], *(rows[1] if len(rows) > 1 else (0, 0))], strict=True)]
    right, wrong = ratio(sums[1], sums[0]), ratio(sums[3], sums[2])
    print(f"| all | {sums[0]:.0f} | {sums[1]:.0f} | {right} | {sums[2]:.0f} | {sums[3]:.0f} | {wrong} |\n", flush=True)


def print_alone(kernel: Kernel, ids: Iterable[str]) -> None:
    """The table of what only this checkout has."""
    print("| problem | here, right | here, wrong |\n| --- | ---: | ---: |")
    for id in ids:
        print(f"| {id} | {' | '.join(f'{row[0]:.1f}' for row in measured([kernel], id))} |", flush=True)


def main(other: str, wanted: list[str]) -> None:
    """Print the tables."""
    here = str(Path(__file__).resolve().parent.parent)
    checkouts = [str(Path(other).resolve()), here]
    ids = wanted or [id for _, id in sorted((numbered(path), path.parent.name) for path in problems(here))]
    others = {path.parent.name for path in problems(checkouts[0])}
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        kernels = [Kernel(checkout, home) for checkout, home in zip(checkouts, (one, two), strict=True)]
        print_beside(kernels, [id for id in ids if id in others])
        if alone := [id for id in ids if id not in others]:
            print_alone(kernels[1], alone)
    times = [[first_ms(checkout, "batchnorm") for checkout in checkouts] for _ in range(FRESH)]
    old_ms, new_ms = (min(column) for column in zip(*times, strict=True))
    print(f"\nFirst check in a fresh kernel: other {old_ms:.0f} ms, here {new_ms:.0f} ms, {ratio(new_ms, old_ms)}.")


def problems(checkout: str) -> list[Path]:
    """The problems' files of a checkout."""
    return list(Path(checkout, "problems").glob("*/problem.toml"))


def numbered(path: Path) -> int:
    """The number of a problem."""
    import tomllib

    return int(tomllib.loads(path.read_text(encoding="utf-8"))["number"])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
