"""The roster: a CSV of those who should have handed in, and which of them a hand-in belongs to."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from torch_judge.classroom.csvs import read_sheet
from torch_judge.classroom.words import Student
from torch_judge.errors import JudgeError

ID = (
    "id",
    "student_id",
    "student id",
    "sid",
    "sis user id",
    "sis_user_id",
    "login",
    "username",
    "identifier",
    "student",
)
KEYS = (
    *ID,
    "sis login id",
    "sis_login_id",
    "canvas_id",
    "moodle_id",
    "participant",
    "email",
    "e-mail",
    "email address",
)
NAME = ("name", "full name", "full_name", "display name")
FIRST, LAST = ("first name", "first_name", "firstname"), ("last name", "last_name", "lastname", "surname")
EMAIL = ("email", "e-mail", "email address")


class Roster:
    """Students by every key that a system may use for them."""

    def __init__(self, students: Iterable[Student]) -> None:
        self.students = {student.id: student for student in students}
        self._by_key: dict[str, set[str]] = defaultdict(set)
        for student in self.students.values():
            for key in (student.id, *student.keys, student.email, student.email.partition("@")[0], student.name):
                self._by_key[folded(key)].add(student.id)
            self._by_key[_joined(student.name)].add(student.id)
        self._by_key.pop("", None)

    def find(self, *keys: str) -> tuple[Student, ...]:
        """The students that the first key which anybody has belongs to: one, several of one name, or none."""
        for key in keys:
            if ids := self._by_key.get(folded(key)) or self._by_key.get(_joined(key)):
                return tuple(self.students[id] for id in sorted(ids))
        return ()


def read_roster(path: Path) -> Roster:
    """The roster in a CSV file with a header; raises JudgeError if it has no column of ids, or an id twice."""
    sheet = read_sheet(path)
    header = {column.strip().lower(): column for column in sheet.header}
    id = next((header[name] for name in ID if name in header), None)
    if id is None:
        found = ", ".join(f"`{column}`" for column in header.values()) or "nothing"
        raise JudgeError(f"The roster `{path}` has no column of ids: its header is {found}.", "Name one column `id`.")
    students: dict[str, Student] = {}
    for number, row in enumerate(sheet.records(), start=2):
        student = _student(row, header, id)
        if not student.id:
            continue
        if student.id in students:
            raise JudgeError(
                f"The roster `{path}` has the id `{student.id}` twice (line {number}).", "Mend the roster."
            )
        students[student.id] = student
    return Roster(students.values())


def _student(row: dict[str, str], header: dict[str, str], id: str) -> Student:
    def value(names: Iterable[str]) -> str:
        return next((row[header[name]].strip() for name in names if name in header and row[header[name]].strip()), "")

    name = value(NAME) or f"{value(FIRST)} {value(LAST)}".strip()
    keys = tuple(v for column in KEYS if column in header and (v := row[header[column]].strip()))
    return Student(row[id].strip(), name, value(EMAIL), keys)


def folded(text: str) -> str:
    """A key as keys are compared: without case, with one form for each character, spaces folded."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _joined(name: str) -> str:
    """A name as Canvas writes it in file names: "Doe, Jane" and "Jane Doe" are "doejane"."""
    last_first = name if "," in name else " ".join(name.split()[-1:] + name.split()[:-1])
    return "".join(ch for ch in folded(last_first) if ch.isalnum())
