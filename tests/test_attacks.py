"""No attack on the official verdict is accepted, and the submission after it is judged rightly."""

from __future__ import annotations

import dataclasses
import inspect

import pytest
from attacks.direct import DIRECT, IMPORTS
from attacks.hidden import CALLS, HEAD, RUNS, WORK
from attacks.outside import ENTRY, OUTSIDE

from torch_judge.bank import Problem, find_bank
from torch_judge.isolate import Worker
from torch_judge.isolate.kernel import LINUX
from torch_judge.observe import Setting, draw_for
from torch_judge.report import Report
from torch_judge.submission import Cell, Program
from torch_judge.verdict.known import known as known_of
from torch_judge.verdict.official import judge_program

pytestmark = pytest.mark.slow

BANK = find_bank()
PAIRS = [("plainly", id) for id in CALLS] + [(run, id) for run in RUNS for id in ("softmax", "batchnorm")]
NO_ROAD = {
    "a layout of its own", "a static module", "its gradient's kernel", "a nested tensor", "redispatch under another backend's key",
    "TorchScript with its own compiler", "a kernel taken from the dispatcher while loading", "a library opened by ctypes",
    "the judge's registrations undone", "fused into a linear layer", "fused into addmm",
    "the kernels of the tensor expression compiler, found among its base's subclasses",
    "work that is done when the judge disables gradients", "work that is done when the judge stops its clock",
}  # fmt: skip
"""Attacks that need not work even where nothing is taken away: they are here for the day when they do."""


def official(id: str, source: str, worker: Worker) -> Report:
    return judged(BANK.get(id), source, worker)


def unforbidden(id: str, source: str, worker: Worker) -> Report:
    """The verdict if the problem forbade nothing."""
    return judged(dataclasses.replace(BANK.get(id), forbidden=()), source, worker)


def judged(problem: Problem, source: str, worker: Worker) -> Report:
    program = Program("attack.py", (Cell("attack.py", source),))
    return judge_program(problem, program, worker=worker, roots=BANK.roots)


@pytest.mark.parametrize(("run", "id"), dict.fromkeys(PAIRS))
def test_a_hidden_call_is_rejected(run: str, id: str, worker: Worker) -> None:
    report = official(id, HEAD + RUNS[run] + CALLS[id], worker)
    assert not report.accepted and report.error is None


@pytest.mark.parametrize("how", DIRECT)
def test_a_road_to_what_is_forbidden_is_rejected(how: str, worker: Worker) -> None:
    id, source = DIRECT[how]
    assert not official(id, IMPORTS + source, worker).accepted


@pytest.mark.parametrize("how", WORK)
def test_hidden_work_is_rejected(how: str, worker: Worker) -> None:
    id, source = WORK[how]
    report = official(id, IMPORTS + source, worker)
    assert report.failed and report.error is None


@pytest.mark.skipif(not LINUX, reason="the walls are Linux's")
@pytest.mark.parametrize("how", OUTSIDE)
def test_a_reach_beyond_the_process_gets_nowhere(how: str, worker: Worker) -> None:
    report = official("batchnorm", OUTSIDE[how] + ENTRY, worker)
    assert not report.accepted
    assert not any("AssertionError" in note for note in report.notes), report.notes


def test_the_next_submission_is_judged_rightly(worker: Worker) -> None:
    for id in sorted({id for id, _ in DIRECT.values()} | set(CALLS)):
        report = official(id, BANK.get(id).solution, worker)
        assert report.accepted and not report.violations, (id, report.failed)


@pytest.mark.parametrize("id", CALLS)
def test_the_hidden_calls_compute_what_is_asked(id: str, worker: Worker) -> None:
    """Where nothing is forbidden they are accepted: what rejects them above is that it is."""
    assert unforbidden(id, HEAD + RUNS["plainly"] + CALLS[id], worker).accepted


@pytest.mark.parametrize("how", [how for how in DIRECT if how not in NO_ROAD])
def test_the_roads_lead_there_where_nothing_is_forbidden(how: str, worker: Worker) -> None:
    id, source = DIRECT[how]
    report = unforbidden(id, IMPORTS + source, worker)
    assert [case.message for case in report.failed] == []


def test_a_table_of_what_the_reference_returned_is_rejected(worker: Worker) -> None:
    """Inputs that are the same at every seed would let a table through: one solution was once accepted for one."""
    known = known_of(BANK.get("cosine_lr"))
    table: dict[str, object] = {}
    reference = known.reference()
    signature = inspect.signature(reference)

    def remembering(*args: object, **kwargs: object) -> object:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return table.setdefault(repr(bound.args), reference(*args, **kwargs))

    for case in known.cases:
        case.run(remembering, draw_for(case, Setting("cosine_lr")))
    source = f"TABLE = {table!r}\n\n\ndef cosine_lr_schedule(step, total_steps, warmup_steps, max_lr, min_lr=0.0):\n" \
        "    return TABLE[repr((step, total_steps, warmup_steps, max_lr, min_lr))]\n"  # fmt: skip
    report = official("cosine_lr", source, worker)
    assert not report.accepted and report.seed != 0, "it must be right at the first seed, or it proves nothing"
