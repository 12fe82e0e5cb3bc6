"""On a GPU: the same inputs, the same verdicts. Needs CUDA or MPS."""

from __future__ import annotations

import pytest
import torch

from torch_judge.bank import find_bank
from torch_judge.isolate import Worker
from torch_judge.submission import Cell, Program
from torch_judge.verdict.judging import judge_live
from torch_judge.verdict.known import known
from torch_judge.verdict.official import judge_program

DEVICE = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else ""

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not DEVICE, reason="no CUDA or MPS device here")]

IDS = [problem.id for problem in find_bank().problems()]


@pytest.mark.parametrize("id", IDS)
def test_reference_and_variants_are_accepted(id: str) -> None:
    solutions = known(find_bank().get(id))
    for name, solution in {"reference": solutions.reference(), **solutions.accepted()}.items():
        report = judge_live(solutions.problem, solution, device=DEVICE)
        assert report.accepted, (name, [case.message for case in report.failed], report.violations)


@pytest.mark.parametrize("id", IDS)
def test_mistakes_are_rejected_and_most_are_named(id: str) -> None:
    solutions = known(find_bank().get(id))
    reports = {m.id: judge_live(solutions.problem, m.made(()), device=DEVICE) for m in solutions.mistakes}
    assert not [id for id, report in reports.items() if report.accepted]
    named = [id for id, report in reports.items() if id in [d.mistake for d in report.diagnosis]]
    assert len(named) >= 0.9 * len(reports), set(reports) - set(named)


@pytest.mark.parametrize("id", ["batchnorm", "kv_cache"])
def test_the_official_verdict_on_the_device(id: str) -> None:
    bank = find_bank()
    problem = bank.get(id)
    with Worker() as worker:
        right = Program("right.py", (Cell("right.py", problem.solution),))
        report = judge_program(problem, right, device=DEVICE, worker=worker, roots=bank.roots)
    assert report.accepted, [case.message for case in report.failed]


def test_a_result_on_the_wrong_device_is_told() -> None:
    problem = find_bank().get("relu")
    report = judge_live(problem, lambda x: (x * (x > 0)).cpu(), device=DEVICE)
    assert any(m.what == "device" for case in report.failed for m in case.mismatches)
