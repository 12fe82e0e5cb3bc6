"""Marks as CSV, a row for each student or for each mark, and as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence

from torch_judge.classroom.grading import Class
from torch_judge.classroom.marks import Mark, totals

LONG = ("student", "name", "email", "problem", "status", "points", "of", "share", "late", "factor", "mistakes",
        "violations", "seconds", "place", "set_because")  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def wide(found: Class) -> str:
    """A row for each student, a column for each problem, then the sum. What has no mark is blank."""
    marks = found.marks
    by, sums = {(mark.student, mark.problem): mark.points for mark in marks}, totals(marks)
    rows = [
        [id, s.name, s.email, *(number(by[id, problem]) for problem in found.problems), number(sums.get(id))]
        for id, s in found.recognition.students.items()
    ]
    return table(["student", "name", "email", *found.problems, "sum"], map(harmless, rows))


def long(found: Class) -> str:
    """A row for each mark."""
    return table(LONG, (harmless(_row(found, mark)) for mark in found.marks))


def _row(found: Class, mark: Mark) -> list[str]:
    student, report = found.recognition.students[mark.student], mark.report
    mistakes = ";".join(d.mistake for d in report.diagnosis) if report else ""
    violations = ";".join(dict.fromkeys(v.api for v in report.violations)) if report else ""
    return [
        mark.student,
        student.name,
        student.email,
        mark.problem,
        mark.status,
        number(mark.points),
        number(mark.of),
        "" if mark.share is None else f"{mark.share:.4f}",
        "yes" if mark.late else "",
        f"{mark.factor:.4f}",
        mistakes,
        violations,
        f"{mark.judgement.seconds:.3f}" if mark.judgement else "",
        mark.place,
        mark.ruling.because if mark.ruling else "",
    ]


def as_json(found: Class) -> str:
    """Every mark with its whole report, as JSON."""
    data = {
        "schema": 1,
        "title": found.assignment.title,
        "points": found.assignment.points,
        "marks": [_mark(found, mark) for mark in found.marks],
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _mark(found: Class, mark: Mark) -> dict[str, object]:
    student = found.recognition.students[mark.student]
    return {
        "student": mark.student,
        "name": student.name,
        "email": student.email,
        "problem": mark.problem,
        "status": mark.status,
        "points": mark.points,
        "of": mark.of,
        "share": mark.share,
        "late": mark.late,
        "factor": mark.factor,
        "place": mark.place,
        "because": mark.ruling.because if mark.ruling else None,
        "report": mark.judgement.report if mark.judgement else None,
    }


def number(value: float | None) -> str:
    """Points with two decimals and no thousands separator; blank for none."""
    return "" if value is None else f"{value:.2f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], quoting: int = csv.QUOTE_MINIMAL) -> str:
    """A CSV text."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n", quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue()


def harmless(row: Iterable[str]) -> list[str]:
    """A row in which no spreadsheet sees a formula: names come from files that students have named."""
    return [f"'{cell}" if cell.startswith(FORMULA) and not _is_number(cell) else cell for cell in row]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
