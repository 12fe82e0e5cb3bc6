"""The official verdict: a submission from a file, observed in a separate, limited process."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from torch_judge.bank import Bank, Problem
from torch_judge.errors import JudgeError, SubmissionError
from torch_judge.guard.concepts import matcher
from torch_judge.guard.source import scan_program
from torch_judge.isolate import Job, Limits, Worker
from torch_judge.observe import Setting
from torch_judge.report import Report
from torch_judge.submission import Program, clean, find_problem, missing_entry, read_program
from torch_judge.verdict.judging import checked_device, concluded, derived_seed, judged, versions
from torch_judge.verdict.known import Known, known

LIMITS = Limits()


def judge_file(
    path: Path,
    *,
    problem: str | None = None,
    seed: int = 0,
    device: str = "cpu",
    bank: Bank,
    worker: Worker | None = None,
) -> Report:
    """Judge a notebook or a Python file: the official verdict.

    Raises JudgeError if nothing can be judged (unreadable file, unknown problem, absent device, no worker on this
    platform). What is wrong with the learner's code is in the report, its ``error`` included.
    """
    program = read_program(path)
    found = bank.get(problem or find_problem(program, bank))
    if worker is not None:
        return judge_program(found, program, seed=seed, device=device, worker=worker, roots=bank.roots)
    with Worker() as own:
        return judge_program(found, program, seed=seed, device=device, worker=own, roots=bank.roots)


def judge_program(
    problem: Problem,
    program: Program,
    *,
    seed: int = 0,
    device: str = "cpu",
    worker: Worker,
    roots: Sequence[Path] = (),
) -> Report:
    """Judge a program that was read: the fixed seed, then one derived from the submission itself.

    A table of remembered outputs cannot know the second. The report on it is returned if the first one accepts.
    """
    if why := Worker.available():
        raise JudgeError(f"There is no separate process for a verdict here: {why}.", "Use `check` in a notebook.")
    started = time.perf_counter()
    checked_device(device)
    try:
        program = clean(program, problem.entry)
    except SubmissionError as error:
        return _not_judged(problem, seed, device, program, error)
    report = Report(problem.id, False, seed, device)
    for one in (seed, derived_seed(cell.source for cell in program.cells)):
        report = _judge_seed(problem, program, one, device, worker, roots, started)
        if not report.accepted:
            break
    return report


def _judge_seed(
    problem: Problem,
    program: Program,
    seed: int,
    device: str,
    worker: Worker,
    roots: Sequence[Path],
    started: float,
) -> Report:
    solutions: Known = known(problem)
    cases = judged(solutions.cases, device)
    job = Job(
        program=program,
        entry=problem.entry,
        problem=problem.id,
        cases_source=problem.cases,
        case_names=tuple(case.name for case in cases),
        seed=seed,
        device=device,
        forbidden=problem.forbidden,
        limits=LIMITS,
        protected=tuple(str(root) for root in (*roots, problem.folder)),
    )
    outcome = worker.run(job)
    notes = (*program.notes, *outcome.notes)
    report = Report(problem.id, False, seed, device, isolated=True, notes=notes, versions=versions())
    if outcome.missing is not None:
        error = missing_entry(problem.entry, outcome.missing)
        report = replace(report, error=str(error), fault="learner", exception=outcome.load_error)
        return replace(report, duration_s=time.perf_counter() - started)
    findings = scan_program(program, problem.entry, matcher(problem.forbidden))
    setting = Setting(problem.id, seed, device, problem.forbidden)
    return concluded(report, solutions, cases, outcome.seen, setting, findings, started)


def _not_judged(problem: Problem, seed: int, device: str, program: Program, error: SubmissionError) -> Report:
    return Report(
        problem.id,
        False,
        seed,
        device,
        isolated=True,
        notes=program.notes,
        versions=versions(),
        error=str(error),
        fault="learner",
    )
