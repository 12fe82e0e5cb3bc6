"""How many mistakes are named rightly when another hand writes them: `python tests/named.py [ID ...]`, or `make named`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import FunctionType
from typing import Any

import torch

from torch_judge.bank import Problem, find_bank
from torch_judge.verdict.judging import judge_live

FOLDER = Path(__file__).parent / "second_way"
ACCEPTED = "accepted"


def second_ways(problem: Problem) -> dict[str, Any]:
    """Mistake id to a solution with the same misconception, written by another hand."""
    spec = importlib.util.spec_from_file_location(f"second_way_{problem.id}", FOLDER / f"{problem.id}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for solution in module.SECOND_WAY.values():
        if isinstance(solution, (type, FunctionType)):  # errors speak of a learner's by this name
            solution.__name__ = solution.__qualname__ = problem.entry
    return dict(module.SECOND_WAY)


def named(problem: Problem, ways: dict[str, Any]) -> dict[str, str]:
    """Mistake id to the first name that the report gives its second way: "" for none, or ACCEPTED."""
    found = {}
    for mistake, solution in ways.items():
        report = judge_live(problem, solution)
        names = [diagnosis.mistake for diagnosis in report.diagnosis]
        found[mistake] = ACCEPTED if report.accepted else names[0] if names else ""
    return found


def main(ids: list[str]) -> int:
    """Print the mistakes that are not named rightly, and the count; the exit status says whether there are any."""
    bank = find_bank()
    right = unnamed = wrong = 0
    for problem in [bank.get(id) for id in ids] if ids else bank.problems():
        for mistake, name in named(problem, second_ways(problem)).items():
            right += name == mistake
            unnamed += name == ""
            wrong += name not in (mistake, "")
            if name != mistake:
                print(f"{problem.id}: {mistake}, written a second way, is {name or 'not named'}", flush=True)
    total = right + unnamed + wrong
    kernels = torch.backends.cpu.get_cpu_capability()
    print(
        f"{right} of {total} named rightly, {unnamed} without a name, {wrong} wrongly or accepted ({kernels} kernels)"
    )
    return int(right != total)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
