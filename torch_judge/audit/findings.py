"""What one check of the audit found, and what all checks share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch_judge.bank import Problem
from torch_judge.cases.authoring import Case
from torch_judge.errors import ProblemError
from torch_judge.observe import Setting, observe_case
from torch_judge.report import Report
from torch_judge.verdict.known import Known, execute, known
from torch_judge.verdict.one_case import judge_case

LIMIT_S = 1.0
"""A mutant may loop for ever; a case of the reference takes milliseconds."""


@dataclass
class Findings:
    """How many of ``total`` things are right, and a sentence for each that is not: the fact, then what to do."""

    right: int = 0
    total: int = 0
    failures: list[str] = field(default_factory=list)

    def note(self, failures: Iterable[str]) -> None:
        """Count one thing, right if ``failures`` is empty."""
        found = list(failures)
        self.total += 1
        self.right += not found
        self.failures += found

    def __str__(self) -> str:
        return f"{self.right}/{self.total}"


@dataclass(frozen=True)
class Exam:
    """A problem under audit, and the seeds that are tried."""

    problem: Problem
    known: Known
    seeds: tuple[int, ...]

    @classmethod
    def of(cls, problem: Problem, seeds: int = 1) -> Exam:
        """Load a problem's cases and known solutions; raises ProblemError if that fails."""
        return cls(problem, known(problem), tuple(range(seeds)))

    def entry(self, source: str, what: str) -> Any:
        """The entry of ``source`` as if a learner had written it; ``what`` names it in messages."""
        namespace = execute(source, f"<{what} of {self.problem.id}>", self.problem.id)
        if self.problem.entry not in namespace:
            raise ProblemError(f"The {what} does not define `{self.problem.entry}`.", "Define it.")
        return namespace[self.problem.entry]

    def rejecting(self, candidate: object, cases: Sequence[Case], seed: int) -> Case | None:
        """The first case that rejects ``candidate`` whatever the reading, as `judging` would; None if all accept it."""
        setting = Setting(self.problem.id, seed, "cpu", self.problem.forbidden, LIMIT_S)
        readings = [(), *(reading.edits for reading in self.problem.readings)]
        for case in cases:
            seen = observe_case(case, candidate, setting)
            readings = [
                edits
                for edits in readings
                if judge_case(case, seen, self.known.expected(case, seed, edits), setting, self.problem).passed
            ]
            if not readings or seen.evidence:
                return case
        return None


def complaint(report: Report) -> str:
    """Why a report does not accept: its first failing case."""
    row = next((r for r in report.cases if not r.passed and not r.skipped), None)
    return f"case {row.name!r} says: {row.message}" if row else "no case passes"
