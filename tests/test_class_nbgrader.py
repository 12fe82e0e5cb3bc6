"""Our nbgrader export, put into a real nbgrader gradebook and exported by nbgrader itself: the same rows come out."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from torch_judge.classroom.assignment import Assignment, Late
from torch_judge.classroom.exports.nbgrader import grades
from torch_judge.classroom.grading import Class
from torch_judge.classroom.ledger import Judgement, Ledger
from torch_judge.classroom.words import HandIn, Recognition, Student

pytestmark = pytest.mark.slow

DUE = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROUND_TRIP = """
import csv, sys
from types import SimpleNamespace
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin

rows = list(csv.DictReader(open(sys.argv[1], encoding="utf-8")))
with Gradebook("sqlite:///" + sys.argv[2]) as book:
    for row in rows:
        book.update_or_create_assignment(row["assignment"], duedate=row["duedate"] or None)
        book.update_or_create_notebook("work", row["assignment"])
        book.update_or_create_grade_cell("mark", "work", row["assignment"], max_score=float(row["max_score"]), cell_type="code")
        who = {key: row[key] for key in ("last_name", "first_name", "email")}
        book.update_or_create_student(row["student_id"], **who)
    for row in rows:
        sent = book.update_or_create_submission(row["assignment"], row["student_id"], timestamp=row["timestamp"] or None)
        (grade,) = sent.notebooks[0].grades
        grade.manual_score = float(row["raw_score"])
        sent.notebooks[0].late_submission_penalty = float(row["late_submission_penalty"])
        book.db.commit()
    plugin = CsvExportPlugin()
    plugin.to = sys.argv[3]
    plugin.export(book)
"""


def a_class() -> Class:
    students = {
        id: Student(id, name, f"{id}@example.org")
        for id, name in (("s1", "Ada Byron"), ("s2", "李 雷"), ("s3", "Absent"))
    }
    found, ledger = Recognition(students), Ledger()
    for id, problem, accepted, late in (
        ("s1", "softmax", True, 0),
        ("s1", "relu", False, 0),
        ("s2", "softmax", True, 30),
    ):
        time = DUE + timedelta(hours=late - 1)
        found.hand_ins.append(HandIn(id, problem, f"{id}.py", Path(), time, key="k"))
        report = {"problem": problem, "accepted": accepted, "seed": 0, "device": "cpu", "isolated": True, "duration_s": 0.1,
                  "cases": [], "violations": [], "diagnosis": [], "notes": [], "versions": {}, "error": None, "fault": None,
                  "exception": None, "schema": 1}  # fmt: skip
        status = "accepted" if accepted else "rejected"
        ledger.judgements[id, problem, "k"] = Judgement(id, problem, "k", f"{id}.py", status, report)
    rules = Assignment("Week", {"relu": 5.0, "softmax": 10.0}, DUE, late=Late(0.1))
    return Class(rules, found, ledger)


def test_nbgrader_reads_it_and_writes_the_same(tmp_path: Path) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "nbgrader"], check=True, capture_output=True)
    ours = grades(a_class())
    (tmp_path / "ours.csv").write_text(ours, encoding="utf-8")
    (tmp_path / "trip.py").write_text(ROUND_TRIP, encoding="utf-8")
    words = [python, tmp_path / "trip.py", tmp_path / "ours.csv", tmp_path / "book.db", tmp_path / "theirs.csv"]
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader calls its alembic by name
    done = subprocess.run(
        [str(w) for w in words],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    theirs = (tmp_path / "theirs.csv").read_text(encoding="utf-8")

    def rows(text: str) -> dict[tuple[str, str], dict[str, str]]:
        return {(row["assignment"], row["student_id"]): row for row in csv.DictReader(io.StringIO(text))}

    assert ours.splitlines()[0].replace('"', "") == theirs.splitlines()[0].replace('"', "")
    for key, row in rows(ours).items():
        came = rows(theirs)[key]
        for column in ("last_name", "first_name", "email", "duedate", "timestamp"):
            assert came[column] == row[column], column
        for column in ("raw_score", "late_submission_penalty", "score", "max_score"):
            assert float(came[column]) == float(row[column]), column
    assert len(rows(ours)) == 3
