"""One run of `torch-judge grade`: judge what is not on record yet, and keep everything in the folder of grades."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from torch_judge.classroom.assignment import Assignment, Late
from torch_judge.classroom.ledger import NAME, Judgement, Ledger, Ruling, opened, read_ledger
from torch_judge.classroom.marks import Mark, marks_of, status_of
from torch_judge.classroom.recognise import share_of
from torch_judge.classroom.words import UNREADABLE, HandIn, LeftOut, Recognition, Student
from torch_judge.errors import JudgeError, SubmissionError
from torch_judge.report import Report
from torch_judge.submission import read_program
from torch_judge.verdict.many import HandIn as Work
from torch_judge.verdict.many import Judged

CLASS = "class.json"
SCHEMA = 1

Judge = Callable[[Iterable[Work]], Iterator[Judged]]


@dataclass
class Class:
    """All that a folder of grades holds: what was recognised, by which assignment, and what is on record."""

    assignment: Assignment
    recognition: Recognition
    ledger: Ledger = field(default_factory=Ledger)

    @cached_property
    def marks(self) -> list[Mark]:
        """A mark for each student and problem."""
        found = self.recognition
        return marks_of(self.assignment, found.students, found.hand_ins, self.ledger)

    @property
    def problems(self) -> list[str]:
        """The ids of the assignment's problems."""
        return list(self.assignment.points)


def pending(
    hand_ins: Sequence[HandIn], ledger: Ledger, *, again: Sequence[str] = (), shard: tuple[int, int] = (1, 1)
) -> list[HandIn]:
    """The hand-ins of this share that have no judgement yet, or whose student or problem is to be judged ``again``."""
    return [
        hand_in
        for hand_in in hand_ins
        if share_of(hand_in, shard[1]) == shard[0]
        and (
            hand_in.student in again
            or hand_in.problem in again
            or ledger.judged(hand_in.student, hand_in.problem, hand_in.key or hand_in.place) is None
        )
    ]


def judge_pending(
    hand_ins: Sequence[HandIn],
    folder: Path,
    judge: Judge,
    *,
    shard: tuple[int, int] = (1, 1),
    told: Callable[[Judgement], None] = lambda _: None,
) -> None:
    """Judge hand-ins and write each judgement into the ledger as it comes; ``told`` hears of each.

    Raises JudgeError if the ledger cannot be written or is being written by another run.
    """
    name = NAME if shard[1] == 1 else f"{NAME}-{shard[0]}-of-{shard[1]}"
    with opened(folder, name) as pen:

        def keep(judgement: Judgement) -> None:
            pen.write(judgement)
            told(judgement)

        waiting: dict[str, HandIn] = {}

        def work() -> Iterator[Work]:
            for number, hand_in in enumerate(hand_ins):
                try:
                    if hand_in.fault:
                        raise SubmissionError(hand_in.fault)
                    program = read_program(hand_in.path)
                except JudgeError as error:
                    keep(_unreadable(hand_in, error))
                    continue
                waiting[str(number)] = hand_in
                yield Work(str(number), dataclasses.replace(program, name=Path(hand_in.place).name), hand_in.problem)

        for judged in judge(work()):
            keep(_judgement(waiting.pop(judged.label), judged))


def _judgement(hand_in: HandIn, judged: Judged) -> Judgement:
    status, report = status_of(judged.report), dataclasses.asdict(judged.report)
    seconds = round(judged.report.duration_s, 3)
    return Judgement(hand_in.student, hand_in.problem, hand_in.key, hand_in.place, status, report, seconds)


def _unreadable(hand_in: HandIn, error: JudgeError) -> Judgement:
    report = Report(hand_in.problem, False, 0, isolated=True, error=str(error), fault="learner")
    key = hand_in.key or hand_in.place
    return Judgement(hand_in.student, hand_in.problem, key, hand_in.place, UNREADABLE, dataclasses.asdict(report))


def rule(folder: Path, ruling: Ruling) -> None:
    """Put a person's word on record; raises JudgeError unless the class has that student and problem."""
    found = load_class(folder)
    if ruling.student not in found.recognition.students:
        raise JudgeError(f"There is no student `{ruling.student}` in `{folder}`.", "Use the id that the marks show.")
    if ruling.problem not in found.problems:
        raise JudgeError(
            f"The assignment has no problem `{ruling.problem}`.", f"Its problems are {', '.join(found.problems)}."
        )
    with opened(folder) as pen:
        pen.write(ruling)


def save_class(folder: Path, assignment: Assignment, found: Recognition) -> None:
    """Write what was recognised, whole or not at all."""
    lists = {
        "students": (dataclasses.asdict(student) for student in found.students.values()),
        "hand_ins": map(_hand_in_data, found.hand_ins),
        "older": map(_hand_in_data, found.older),
        "left_out": map(dataclasses.asdict, found.left_out),
    }
    rest = {
        "schema": SCHEMA,
        "assignment": _assignment_data(assignment),
        "layouts": found.layouts,
        "notes": found.notes,
    }
    write_whole(folder / CLASS, _json(lists, rest))


def _json(lists: Mapping[str, Iterable[Any]], rest: dict[str, Any]) -> Iterator[str]:
    """A JSON object in pieces, a line for each item of its lists: of a class of thousands, never all at once."""
    yield "{"
    for name, items in lists.items():
        yield f"{json.dumps(name)}: ["
        for number, item in enumerate(items):
            yield f"{',' if number else ''}\n {json.dumps(item, ensure_ascii=False, sort_keys=True)}"
        yield "\n],\n"
    yield json.dumps(rest, ensure_ascii=False, sort_keys=True).removeprefix("{") + "\n"


def load_class(folder: Path) -> Class:
    """Read a folder of grades; raises JudgeError if it is none."""
    try:
        data = json.loads((folder / CLASS).read_text(encoding="utf-8"))
        if data["schema"] != SCHEMA:
            raise ValueError(f"schema {data['schema']}")
        found = Recognition(
            {s["id"]: Student(**{**s, "keys": tuple(s["keys"])}) for s in data["students"]},
            [_hand_in(h) for h in data["hand_ins"]],
            [_hand_in(h) for h in data["older"]],
            [LeftOut(**left) for left in data["left_out"]],
            data["layouts"],
            data["notes"],
        )
        assignment = _assignment(data["assignment"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = "it holds no grades" if isinstance(error, FileNotFoundError) else f"{CLASS} cannot be read"
        raise JudgeError(
            f"`{folder}`: {why}.", "Write them with `torch-judge grade SUBMISSIONS --out FOLDER`."
        ) from None
    return Class(assignment, found, read_ledger(folder))


def write_whole(path: Path, content: str | bytes | Iterable[str]) -> None:
    """Write a file whole or not at all; raises JudgeError if it cannot be written."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    pieces = (content,) if isinstance(content, (str, bytes)) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with half.open("wb") as file:
            for piece in pieces:
                file.write(piece.encode("utf-8", "surrogatepass") if isinstance(piece, str) else piece)
        os.replace(half, path)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise JudgeError(
            f"`{path}` cannot be written: {error.strerror}.", "Make room, or name another folder."
        ) from None


def _hand_in_data(hand_in: HandIn) -> dict[str, Any]:
    data = dataclasses.asdict(hand_in)
    del data["path"]
    data["submitted"] = hand_in.submitted.isoformat() if hand_in.submitted else None
    return data


def _hand_in(data: dict[str, Any]) -> HandIn:
    submitted = datetime.fromisoformat(data["submitted"]) if data["submitted"] else None
    return HandIn(**{**data, "submitted": submitted, "path": Path()})


def _assignment_data(assignment: Assignment) -> dict[str, Any]:
    late = assignment.late
    return {
        "title": assignment.title,
        "points": list(assignment.points.items()),  # their order is the columns'
        "due": assignment.due.isoformat() if assignment.due else None,
        "credit": assignment.credit,
        "full": assignment.full,
        "late": [late.per_day, late.grace.total_seconds(), late.cutoff.total_seconds() if late.cutoff else None],
    }


def _assignment(data: dict[str, Any]) -> Assignment:
    per_day, grace, cutoff = data["late"]
    late = Late(per_day, timedelta(seconds=grace), None if cutoff is None else timedelta(seconds=cutoff))
    due = datetime.fromisoformat(data["due"]) if data["due"] else None
    return Assignment(data["title"], dict(data["points"]), due, data["credit"], late, data["full"])
