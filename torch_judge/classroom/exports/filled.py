"""Gradebooks that the instructor exported, filled in: Canvas's and Moodle's.

Both systems match columns by their headers and rows by ids, and both do harm with what they do not expect: so every
cell that is not a mark of ours stays as it was exported, and only marks that exist are written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from torch_judge.bank import Bank
from torch_judge.classroom.csvs import Sheet, read_sheet
from torch_judge.classroom.exports.tables import number, table
from torch_judge.classroom.grading import Class
from torch_judge.classroom.marks import totals
from torch_judge.classroom.roster import Roster, folded
from torch_judge.classroom.words import Student
from torch_judge.errors import JudgeError

CANVAS_KEYS = ("ID", "SIS User ID", "SIS Login ID", "Student")
NOT_STUDENTS = ("points possible", "manual posting", "student, test")
TITLE_ID = re.compile(r"(?P<title>.*?)\s*\((?P<id>\d+)\)\s*")
PARTICIPANT = re.compile(r"\D+?\s*\d+")
GRADES = {"grade", "bewertung", "note", "calificación", "nota", "cijfer", "karakter", "betyg", "ocena", "оценка",
          "評定", "成绩", "성적", "voto", "avaliação"}  # fmt: skip
MOST = {"maximum grade", "maximum mark", "höchstpunktzahl", "bestwertung", "note maximale", "calificación máxima",
        "valutazione massima", "nota máxima"}  # fmt: skip
TOTAL = ""


@dataclass
class Filled:
    """A filled-in file: its text, how many cells were written, and who is in the class but not in it."""

    text: str
    written: int = 0
    notes: list[str] = field(default_factory=list)


def canvas(found: Class, path: Path, bank: Bank, columns: Mapping[str, str]) -> Filled:
    """An exported Canvas gradebook with our marks in it.

    ``columns`` gives headers the problem that stands in them ("" for the sum); others are matched by their title.
    Raises JudgeError if the file is no Canvas gradebook, or no column or no student of it is ours.
    """
    sheet = read_sheet(path)
    if sheet.header[:1] != ["Student"] or "ID" not in sheet.header[1:2]:
        header = ", ".join(sheet.header[:3]) or "nothing"
        raise JudgeError(
            f"`{path}` is no Canvas gradebook: its header begins with {header}.", "Export it in Canvas: Grades."
        )
    places = {
        i: what for i, title in enumerate(sheet.header) if (what := _meant(title, found, bank, columns)) is not None
    }
    if not places:
        titles = ", ".join(f"`{title}`" for title in sheet.header[5:12])
        raise JudgeError(
            f"No column of `{path}` is a problem of this assignment: it has {titles}.",
            'Name it: --column "TITLE (ID)=problem"; leave the problem out for the sum.',
        )
    values, roster = _values(found), _roster(found)
    keys = [sheet.header.index(key) for key in CANVAS_KEYS if key in sheet.header]
    filled, met = Filled(""), set()
    for row in sheet.rows:
        if not row or folded(row[0]).lstrip() in NOT_STUDENTS:
            continue
        student = _met(roster, [row[i] for i in keys if i < len(row)])
        if student is None:
            continue
        met.add(student.id)
        for place, problem in places.items():
            value = values[problem].get(student.id)
            if value is not None:
                row[place] = number(value)
                filled.written += 1
    filled.text = sheet.text(sheet.rows)
    return _finished(filled, found, met, path)


def _meant(title: str, found: Class, bank: Bank, columns: Mapping[str, str]) -> str | None:
    """The problem whose marks stand under a header, "" for the sum, None for none of ours."""
    if title in columns:
        return columns[title]
    match = TITLE_ID.fullmatch(title)
    plain = folded(match["title"] if match else title)
    for problem in found.problems:
        names = {problem, problem.replace("_", " ")}
        if problem in bank:
            names |= {bank.get(problem).title, bank.get(problem).notebook}
        if plain in {folded(name) for name in names}:
            return problem
    return TOTAL if match and plain == folded(found.assignment.title) else None


def moodle_worksheet(found: Class, path: Path, problem: str, column: str | None) -> Filled:
    """An exported Moodle grading worksheet with our marks: those of ``problem``, or the sums ("").

    Only rows with a mark are written, for one that Moodle refuses makes it refuse all. ``column`` is the header of the
    grade, where we do not know the language. Raises JudgeError if the file is no worksheet or nobody of it is ours.
    """
    sheet = read_sheet(path)
    who = next((i for i in range(len(sheet.header)) if _participants(sheet.rows, i)), None)
    grade = sheet.header.index(column) if column in sheet.header else _column(sheet, GRADES)
    if who is None or grade is None:
        header = ", ".join(f"`{title}`" for title in sheet.header)
        lacks = "no column of identifiers (`Participant 1234`)" if who is None else "no column of grades that we know"
        raise JudgeError(f"`{path}` has {lacks}: its header is {header}.", "Name the grades: --grade-column HEADER.")
    most, values, roster = _column(sheet, MOST), _values(found)[problem], _roster(found)
    filled, kept, met = Filled(""), [], set()
    for row in sheet.rows:
        keys = [row[who], re.sub(r"\D", "", row[who]), *row[1:4]] if len(row) > who else []
        student = _met(roster, keys)
        value = values.get(student.id) if student else None
        if student is None or value is None:
            continue
        met.add(student.id)
        limit = _float(row[most]) if most is not None and most < len(row) else None
        if limit is not None and value > limit:
            filled.notes.append(
                f"{student.shown}: {number(value)} is above Moodle's maximum {number(limit)}; left out."
            )
            continue
        row[grade] = number(value)
        kept.append(row)
        filled.written += 1
    filled.text = sheet.text(kept)
    return _finished(filled, found, met, path)


def moodle_import(found: Class, problem: str) -> Filled:
    """A file for Moodle's grade import: ID number, e-mail address and mark, only of those who have one."""
    values, students = _values(found)[problem], found.recognition.students
    rows = [[id, students[id].email, number(value)] for id, value in values.items() if value is not None]
    title = problem or found.assignment.title
    absent = [students[id].shown for id, value in values.items() if value is None]
    notes = [f"Without a mark, and so not in the file: {_some(absent)}."] if absent else []
    return Filled(table(["ID number", "Email address", title], rows), len(rows), notes)


def _column(sheet: Sheet, names: set[str]) -> int | None:
    """The place of the first column whose header is one of ``names``."""
    return next((i for i, title in enumerate(sheet.header) if folded(title) in names), None)


def _participants(rows: Sequence[Sequence[str]], place: int) -> bool:
    cells = [row[place].strip() for row in rows if place < len(row)]
    return bool(cells) and all(PARTICIPANT.fullmatch(cell) for cell in cells)


def _values(found: Class) -> dict[str, dict[str, float | None]]:
    """Problem to student to points; "" for the sums."""
    values: dict[str, dict[str, float | None]] = {problem: {} for problem in found.problems}
    for mark in found.marks:
        values[mark.problem][mark.student] = mark.points
    return {**values, TOTAL: totals(found.marks)}


def _roster(found: Class) -> Roster:
    return Roster(found.recognition.students.values())


def _met(roster: Roster, keys: Sequence[str]) -> Student | None:
    """The one student whom the first key that fits belongs to; two of one name are nobody."""
    for key in keys:
        meant = roster.find(key)
        if len(meant) == 1:
            return meant[0]
    return None


def _finished(filled: Filled, found: Class, met: set[str], path: Path) -> Filled:
    if not met:
        raise JudgeError(
            f"Nobody of this class is in `{path}`: is it another course's?",
            "Export it anew, or give `grade` a roster with the ids that the file has.",
        )
    absent = [s.shown for id, s in found.recognition.students.items() if id not in met]
    if absent:
        filled.notes.append(f"Not in the file, or without a mark: {_some(absent)}.")
    return filled


def _some(names: Sequence[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _float(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
