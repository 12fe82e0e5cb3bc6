"""How long a warm `check` takes, beside the bare cost of its cases: `python -m bench [ID…]`.

Prints Markdown: how long all references take together; per problem the median milliseconds of the bare cases on the
reference (no guard, no comparison, no display), of a check that passes and of one that fails (the worst of the
problem's mistakes), with what a check shows and stores included; then the import of the package, in a process of its
own.
"""

from __future__ import annotations

import contextlib
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

ROUNDS = 25


def median_ms(run: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The median of ``rounds`` runs after two that do not count."""
    times = []
    for _ in range(rounds + 2):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times[2:])


def checking(id: str, entry: str, candidate: object) -> Callable[[], object]:
    """A learner's check of this candidate, with what it shows and stores."""
    from torch_judge.learner import session

    namespace = {entry: candidate, "check": session.check}

    def run() -> object:
        with contextlib.redirect_stdout(io.StringIO()):
            return eval(f"check({id!r})", namespace)

    return run


def together(ids: list[str]) -> str:
    """Checks of all the references, one after the other."""
    from torch_judge.bank import find_bank
    from torch_judge.verdict.known import known

    problems = [known(find_bank().get(id)) for id in ids]
    checks = [checking(known.problem.id, known.problem.entry, known.reference()) for known in problems]
    return f"All {len(ids)} passing, one after the other: {median_ms(lambda: [check() for check in checks], 9):.0f} ms."


def row(id: str) -> tuple[str, ...]:
    """One problem's figures."""
    from torch_judge.bank import find_bank
    from torch_judge.cases.draw import Draw
    from torch_judge.verdict.known import known

    solutions = known(find_bank().get(id))
    entry = solutions.problem.entry
    reference = solutions.reference()

    def bare() -> None:
        for case in solutions.cases:
            case.run(reference, Draw(f"{id}/{case.name}"))

    fails = max(median_ms(checking(id, entry, mistake.made(())), rounds=7) for mistake in solutions.mistakes)
    figures = median_ms(bare), median_ms(checking(id, entry, reference)), fails
    return (id, str(len(solutions.cases)), *(f"{figure:.1f}" for figure in figures))


def import_figures() -> str:
    """Median milliseconds of importing the package, beside a bare interpreter's start."""

    def start(code: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", code], check=True)

    bare, ours = median_ms(start("pass"), 9), median_ms(start("import torch_judge"), 9)
    pages = "int(open('/proc/self/statm').read().split()[1])"
    memory = f"a = {pages}; import torch_judge; print({pages} - a)"
    grown = subprocess.run([sys.executable, "-c", memory], check=True, capture_output=True, text=True).stdout
    mib = int(grown) * os.sysconf("SC_PAGE_SIZE") / 2**20
    return f"`import torch_judge`: {ours - bare:.1f} ms over {bare:.1f} ms of a bare start, {mib:.1f} MiB."


def main(ids: list[str]) -> None:
    """Print the table."""
    from torch_judge.bank import find_bank

    wanted = ids or [problem.id for problem in find_bank().problems()]
    with tempfile.TemporaryDirectory() as home:
        os.environ["TORCH_JUDGE_HOME"] = home
        print(together(wanted), end="\n\n", flush=True)
        print("| problem | cases | bare ms | check, passing, ms | check, failing (slowest mistake), ms |")
        print("| --- | ---: | ---: | ---: | ---: |")
        for id in wanted:
            print(f"| {' | '.join(row(id))} |", flush=True)
    print(f"\n{import_figures()}")


if __name__ == "__main__":
    main(sys.argv[1:])
