"""A debug problem proves its probes: whichever bugs are left, exactly those are named."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from torch_judge.audit.findings import Exam, Findings
from torch_judge.bank.problems import Bug
from torch_judge.report import Report
from torch_judge.verdict.judging import judge_live

SEEDS = 3
"""All subsets are tried at the first seeds, each bug alone and all of them together at every seed."""


def check_bugs(exam: Exam) -> Findings:
    """Every non-empty subset of the bugs is rejected: the failing probes and the diagnosis are exactly that subset."""
    found = Findings()
    bugs = exam.problem.bugs
    subsets = [subset for n in range(1, len(bugs) + 1) for subset in itertools.combinations(bugs, n)]
    for seed in exam.seeds:
        for subset in subsets:
            if seed < SEEDS or len(subset) in (1, len(bugs)):
                found.note(_faults(exam, subset, seed))
    return found


def _faults(exam: Exam, subset: tuple[Bug, ...], seed: int) -> Iterator[str]:
    ids = [bug.id for bug in subset]
    where = f"The program with {_listed(ids)} in it, at seed {seed},"
    report = judge_live(exam.problem, exam.entry(exam.problem.buggy(*subset), f"bugs {' '.join(ids)}"), seed=seed)
    failing = [bug.id for bug in exam.problem.bugs if bug.probe in {case.name for case in report.failed}]
    named = [diagnosis.mistake for diagnosis in report.diagnosis]
    if failing != ids:
        yield f"{where} fails the probes of {_listed(failing)}. A probe must see its own bug and no other."
    elif sorted(named) != sorted(ids):
        yield f"{where} is told of {_listed(named)}. {_hint(report)}"
    elif report.mended != (len(exam.problem.bugs) - len(ids), len(exam.problem.bugs)):
        yield f"{where} is told {report.mended} of mended bugs. A probe must run to its end with every bug in."


def _hint(report: Report) -> str:
    if len(report.diagnosis) < 2 and any(case.exception for case in report.failed):
        return "A probe raises; observe something milder."
    return "The probe's observations must be those of its bug alone, whatever other bugs are in."


def _listed(ids: list[str]) -> str:
    return ", ".join(f"`{id}`" for id in ids) or "no bug"
