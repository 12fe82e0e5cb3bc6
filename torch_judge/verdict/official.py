"""The official verdict: a submission from a file, observed in a separate, limited process."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from torch_judge.bank import Bank, Problem
from torch_judge.cases.authoring import Case
from torch_judge.cases.observations import Seen
from torch_judge.errors import JudgeError, SubmissionError
from torch_judge.guard.concepts import matcher
from torch_judge.guard.source import Findings, scan_program
from torch_judge.isolate import Job, Limits, Outcome, Worker
from torch_judge.observe import Setting
from torch_judge.report import Report
from torch_judge.submission import Program, clean, find_problem, lost_entry, missing_entry, read_program
from torch_judge.verdict.alone import rewritten, told_alone
from torch_judge.verdict.judging import checked_device, concluded, judged, versions
from torch_judge.verdict.known import Known, known
from torch_judge.verdict.second_seed import second_seed
from torch_judge.verdict.weighing import weighed

LIMITS = Limits()
TRIES = 2
"""A server that died is not the submission's doing until it has died twice."""


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
    second: int | None = None,
    device: str = "cpu",
    worker: Worker,
    roots: Sequence[Path] = (),
) -> Report:
    """Judge a program that was read, at two seeds: the fixed one, then ``second`` (default: `second_seed`).

    A table of remembered outputs cannot know the second. The report on it is returned if the first one accepts.
    Raises JudgeError as `judge_file` does.
    """
    if why := Worker.available():
        raise JudgeError(f"There is no separate process for a verdict here: {why}.", "Use `check` in a notebook.")
    report = Report(problem.id, False, seed, checked_device(device), isolated=True, versions=versions())
    started = time.perf_counter()
    try:
        program = clean(program, problem.entry)
    except SubmissionError as error:
        return replace(report, notes=program.notes, error=str(error), fault="learner")
    seeds = (seed, second_seed(program) if second is None else second)
    for _ in range(TRIES):
        judgement = _Judgement(problem, program, report, started)
        outcome = worker.run(judgement.job(seeds, roots), judgement.accepts)
        if not outcome.server_gone:
            break
    report = weighed(problem, program, judgement.report(outcome), worker, roots)
    return report if outcome.missing is not None else judgement.alone(report, worker, roots)


@dataclass
class _Judgement:
    """One submission at its seeds: each is judged while the process observes the next."""

    problem: Problem
    program: Program
    blank: Report
    started: float

    def __post_init__(self) -> None:
        self._known: Known = known(self.problem)
        self._cases = judged(self._known.cases, self.blank.device)
        self._seeds: tuple[int, ...] = ()
        self._reports: list[Report] = []
        self._scanned: Findings | None = None

    def job(self, seeds: tuple[int, ...], roots: Sequence[Path]) -> Job:
        """What the worker is asked to do."""
        self._seeds = seeds
        return Job(
            program=self.program,
            entry=self.problem.entry,
            problem=self.problem.id,
            cases_source=self.problem.cases,
            case_names=tuple(case.name for case in self._cases),
            seeds=seeds,
            device=self.blank.device,
            forbidden=self.problem.forbidden,
            limits=LIMITS,
            protected=tuple(str(root) for root in (*roots, self.problem.folder)),
        )

    def accepts(self, place: int, seen: Sequence[Seen]) -> bool:
        """Judge what was seen at a seed; whether it is right."""
        assert place == len(self._reports)
        seed = self._seeds[place]
        setting = Setting(self.problem.id, seed, self.blank.device, self.problem.forbidden)
        report = replace(self.blank, seed=seed)
        self._known.expect(self._cases, seed)
        seen = [self._known.with_inputs(case, one, seed) for case, one in zip(self._cases, seen, strict=True)]
        self._reports.append(concluded(report, self._known, self._cases, seen, setting, self._findings(), self.started))
        return self._reports[-1].accepted

    def report(self, outcome: Outcome) -> Report:
        """The report on the last seed that was observed."""
        notes = (*self.program.notes, *outcome.notes)
        if outcome.missing is not None:
            entry = self.problem.entry
            lost = lost_entry(entry, self.program, outcome.load_error, notes)
            error = lost or missing_entry(entry, outcome.missing)
            report = replace(self.blank, notes=notes, error=str(error), fault="learner", exception=outcome.load_error)
        else:
            for place in range(len(self._reports), len(outcome.runs)):
                self.accepts(place, outcome.runs[place])
            report = next((r for r in self._reports if not r.accepted), self._reports[-1])
            report = self._with_cost(replace(report, notes=(*notes, *report.notes)))
        return replace(report, duration_s=time.perf_counter() - self.started)

    def _with_cost(self, report: Report) -> Report:
        """With what the first case took, if all is right: at the last seed, when nothing runs for the first time."""
        if not report.accepted or report.device != "cpu":
            return report
        reference = self._known.expected(self._cases[0], report.seed).seconds
        return replace(report, yours_s=report.cases[0].seconds, reference_s=reference)

    def alone(self, report: Report, worker: Worker, roots: Sequence[Path]) -> Report:
        """The report, with shared state named if a failing case passes where nothing outlives a call."""
        written = self._findings().entry
        program = rewritten(self.program, written, self.problem.entry) if written else None
        if program is None:
            return report

        def observed(case: Case) -> Seen | None:
            job = replace(self.job((report.seed,), roots), program=program, case_names=(case.name,))
            outcome = worker.run(job)
            if outcome.missing is not None or outcome.server_gone:
                return None
            return self._known.with_inputs(case, outcome.seen[0], report.seed)

        setting = Setting(self.problem.id, report.seed, report.device, self.problem.forbidden)
        return told_alone(report, self._known, setting, written, observed)

    def _findings(self) -> Findings:
        if self._scanned is None:
            self._scanned = scan_program(self.program, self.problem.entry, matcher(self.problem.forbidden))
        return self._scanned
