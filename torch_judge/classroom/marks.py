"""A mark for each student and problem: from the judgement, the assignment's rules and a person's ruling."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from torch_judge.classroom.assignment import Assignment
from torch_judge.classroom.ledger import Judgement, Ledger, Ruling
from torch_judge.classroom.words import (
    ACCEPTED,
    CRASHED,
    MISSING,
    MISSING_ENTRY,
    NOT_JUDGED,
    OVER_LIMIT,
    REJECTED,
    UNREADABLE,
    HandIn,
    Student,
)
from torch_judge.report import Report

LIMITS = ("did not end within", "processor time", "ran out of memory", "it sent more than", "not enough memory")
BLANK = (MISSING, NOT_JUDGED, UNREADABLE)
"""Statuses that give no points, not even none: a person has to look."""
ENDED = ("the process crashed", "the process ended by itself", "were killed", "died or sent garbage")


@dataclass(frozen=True)
class Mark:
    """Points of a student for a problem. ``points`` is None, and no zero, where nothing was handed in or judged.

    ``share`` is what the work earned, from 0 to 1; ``factor`` what lateness left of it.
    """

    student: str
    problem: str
    status: str
    of: float
    points: float | None = None
    share: float | None = None
    factor: float = 1.0
    late: bool = False
    place: str = ""
    judgement: Judgement | None = None
    ruling: Ruling | None = None

    @property
    def report(self) -> Report | None:
        """The report on the hand-in, if it was judged."""
        return report_of(self.judgement) if self.judgement else None


def report_of(judgement: Judgement) -> Report:
    """A judgement's report as a value."""
    return Report.from_data(judgement.report)


def status_of(report: Report) -> str:
    """The one word for what came of a hand-in whose file could be read."""
    if report.error:
        return _status_of_error(report)
    if report.accepted:
        return ACCEPTED
    told = " ".join(case.message.lower() for case in report.cases if not case.passed)
    if any(words in told for words in LIMITS):
        return OVER_LIMIT
    if any(words in told for words in ENDED):
        return CRASHED
    counted = report.counted
    return CRASHED if counted and all(case.exception for case in counted) else REJECTED


def _status_of_error(report: Report) -> str:
    if report.fault != "learner":
        return NOT_JUDGED
    return MISSING_ENTRY if "is not defined" in (report.error or "") else CRASHED


def earned(report: Report, credit: str) -> float:
    """The share of the points that a report earns: 1 if accepted; by ``kinds``, the share of kinds that are right."""
    if report.accepted:
        return 1.0
    if credit != "kinds" or report.violations or report.error:
        return 0.0
    kinds: dict[str, bool] = defaultdict(lambda: True)
    for case in report.counted:
        kinds[case.kind] &= case.passed
    # "forbidden" is no work of its own: a violation has cost everything already.
    kinds.pop("forbidden", None)
    return sum(kinds.values()) / len(kinds) if kinds else 0.0


def marks_of(
    assignment: Assignment, students: Mapping[str, Student], hand_ins: Sequence[HandIn], ledger: Ledger
) -> list[Mark]:
    """A mark for each student and each problem of the assignment, in the order of students, then problems."""
    by = {(hand_in.student, hand_in.problem): hand_in for hand_in in hand_ins}
    problems = list(assignment.points) or sorted({hand_in.problem for hand_in in hand_ins})
    return [
        _mark(assignment, student, problem, by.get((student, problem)), ledger)
        for student in students
        for problem in problems
    ]


def _mark(assignment: Assignment, student: str, problem: str, hand_in: HandIn | None, ledger: Ledger) -> Mark:
    of, ruling = assignment.worth(problem), ledger.rulings.get((student, problem))
    judgement = ledger.judgements.get((student, problem, hand_in.key or hand_in.place)) if hand_in else None
    if hand_in is None or judgement is None:
        status, points, share, factor, late = (NOT_JUDGED if hand_in else MISSING), None, None, 1.0, False
    else:
        status, late = judgement.status, is_late(hand_in, assignment)
        factor = late_factor(hand_in, assignment)
        share = None if status in BLANK else earned(report_of(judgement), assignment.credit)
        points = None if share is None else of * share * factor
    points = ruling.points if ruling else points
    place = hand_in.place if hand_in else ""
    return Mark(student, problem, status, of, points, share, factor, late, place, judgement, ruling)


def is_late(hand_in: HandIn, assignment: Assignment) -> bool:
    """Whether a hand-in came after it was due, by its time or, where there is none, by the system's word."""
    if hand_in.submitted is not None and assignment.due is not None:
        return hand_in.submitted > assignment.due + assignment.late.grace
    return hand_in.late


def late_factor(hand_in: HandIn, assignment: Assignment) -> float:
    """What lateness leaves of a mark. "LATE" without a time counts as one day."""
    if hand_in.submitted is not None and assignment.due is not None:
        return assignment.late.factor(hand_in.submitted - assignment.due)
    return max(0.0, 1.0 - assignment.late.per_day) if hand_in.late else assignment.late.factor(timedelta())


def totals(marks: Iterable[Mark]) -> dict[str, float | None]:
    """The sum of each student's points; None where not one problem has any."""
    sums: dict[str, float | None] = {}
    for mark in marks:
        before = sums.setdefault(mark.student, None)
        if mark.points is not None:
            sums[mark.student] = (before or 0.0) + mark.points
    return sums
