"""nbgrader's `grades.csv`: the columns of its export, quoted."""

from __future__ import annotations

import csv

from torch_judge.classroom.exports.tables import number, table
from torch_judge.classroom.grading import Class

COLUMNS = ("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
           "late_submission_penalty", "score", "max_score")  # fmt: skip


def grades(found: Class) -> str:
    """A row for each mark that there is; an assignment of nbgrader's is a problem of ours."""
    due = f"{found.assignment.due:%Y-%m-%d %H:%M:%S}" if found.assignment.due else ""
    times = {(h.student, h.problem): h.submitted for h in found.recognition.hand_ins}
    rows = []
    for mark in found.marks:
        if mark.points is None:
            continue
        student = found.recognition.students[mark.student]
        first, _, last = student.name.rpartition(" ")
        time = times.get((mark.student, mark.problem))
        raw = mark.points if mark.ruling or mark.share is None else mark.share * mark.of
        rows.append([
            mark.problem, due, f"{time:%Y-%m-%d %H:%M:%S}" if time else "", mark.student, last, first, student.email,
            number(raw), number(raw - mark.points), number(mark.points), number(mark.of),
        ])  # fmt: skip
    return table(COLUMNS, rows, csv.QUOTE_ALL)
