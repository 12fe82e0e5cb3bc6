"""A student's feedback: what was seen of each hand-in, without the reference, an expected value or an input.

Whatever a submission could write by itself (its prints, its exceptions' words) might carry an input; of it only what
cannot is shown: an exception's type, its words without digits, the student's own line. ``full`` shows reports whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from torch_judge.bank import Bank
from torch_judge.classroom.assignment import Assignment
from torch_judge.classroom.marks import Mark
from torch_judge.classroom.page import document, points, rules, title
from torch_judge.classroom.words import (
    ACCEPTED,
    CRASHED,
    MISSING,
    MISSING_ENTRY,
    NOT_JUDGED,
    OVER_LIMIT,
    REJECTED,
    UNREADABLE,
    Student,
)
from torch_judge.report import CaseResult, ExceptionInfo, Report
from torch_judge.show.page import esc, prose, tag
from torch_judge.show.text import render_text

SAID = {
    ACCEPTED: "Accepted: every case passes.",
    REJECTED: "Not accepted: some cases fail.",
    CRASHED: "Not accepted: your code stopped with an error.",
    OVER_LIMIT: "Not accepted: your code used more time or memory than it may.",
    MISSING_ENTRY: "Not accepted: the function or class that the problem asks for is not there.",
    UNREADABLE: "The file could not be read. There is no mark yet: ask your instructor.",
    MISSING: "Nothing was handed in.",
    NOT_JUDGED: "It could not be judged. There is no mark yet; this is no fault of yours.",
}
SEEN = {
    "missing": "a result is missing",
    "type": "a result has another type",
    "length": "a result has another length",
    "shape": "a result has another shape",
    "dtype": "a result has another dtype",
    "device": "a result is on another device",
    "finite": "NaN or infinity where a number belongs",
    "values": "values differ",
    "changed": "an argument was changed that has to stay",
    "unchanged": "something that has to change in place stayed",
    "cost": "more memory or more steps than needed",
    "check": "a property does not hold",
}
DIGITS = re.compile(r"[+-]?\d[\d.,_eE+-]*")
LONGEST = 200


def feedback_page(student: Student, marks: Sequence[Mark], assignment: Assignment, bank: Bank) -> str:
    """One student's page as HTML."""
    body = [tag("h1", esc(f"{assignment.title}: {student.shown}")), tag("p", esc(rules(assignment)), class_="soft")]
    body += [_problem(mark, assignment, bank) for mark in marks]
    return document(f"{assignment.title}: {student.shown}", "".join(body))


def _problem(mark: Mark, assignment: Assignment, bank: Bank) -> str:
    earned = f"{points(mark.points)} of {points(mark.of)} points"
    inside = [tag("h2", esc(f"{title(mark.problem, bank)}: {earned}")), tag("p", esc(SAID[mark.status]))]
    if mark.late:
        inside.append(tag("p", esc(f"It came late: {mark.factor:.0%} of the mark is left."), class_="warn"))
    if mark.ruling:
        inside.append(tag("p", esc(f"Your instructor set this mark: {mark.ruling.because}")))
    report = mark.report
    if report is not None:
        inside += _told(report, assignment.full)
    if mark.place:
        inside.append(tag("p", tag("span", esc(mark.place), class_="soft")))
    return tag("section", *inside, class_="problem")


def _told(report: Report, full: bool) -> list[str]:
    if full and report.cases:
        return [tag("pre", esc(render_text(report, title=report.problem, entry="")))]
    parts = [tag("p", prose(d.message), class_="bad") for d in report.diagnosis]
    parts += [tag("p", prose(f"Forbidden here: `{v.api}`. {v.line}".rstrip()), class_="bad") for v in report.violations]
    if report.error and report.fault == "learner":
        parts.append(tag("p", prose(report.error), class_="bad"))  # said before any input was drawn
    if report.exception:
        parts.append(_exception(report.exception))
    rows = [tag("li", esc(f"{case.name} ({case.kind}): "), *_case(case)) for case in report.failed]
    if rows:
        parts.append(tag("p", esc(f"{report.passed} of {len(report.counted)} cases pass. These do not:")))
        parts.append(tag("ul", *rows))
    return parts


def _case(case: CaseResult) -> list[str]:
    if case.exception:
        return [_exception(case.exception)]
    seen = list(dict.fromkeys(SEEN.get(mismatch.what, "it differs") for mismatch in case.mismatches))
    return [esc("; ".join(seen) or without_numbers(case.message) or "it fails")]


def _exception(info: ExceptionInfo) -> str:
    told = without_numbers(info.message)
    line = info.frames[-1] if info.frames else None
    where = f" at {line.place}: `{line.code}`" if line and line.code else ""
    return tag("span", prose(f"`{info.type}`{': ' + told if told else ''}{where}"))


def without_numbers(text: str) -> str:
    """A text whose numbers are left out: they may come from an input or from what is expected."""
    short = " ".join(text.split())
    return DIGITS.sub("…", short[:LONGEST])
