"""The ledger: the append-only record of judgements and rulings, a JSON line each.

A line is written whole and flushed, so a run that is killed loses at most the line it was writing. Ledgers merge by
concatenation: of several lines about one thing the last one counts. All files `ledger*.jsonl` of a folder are read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from torch_judge.classroom.words import NOT_JUDGED
from torch_judge.errors import JudgeError

VERSION = 1
NAME = "ledger"


@dataclass(frozen=True)
class Line:
    """A line of a ledger, by its file and its first byte."""

    path: Path
    start: int

    def report(self, student: str, problem: str, key: str) -> dict[str, Any]:
        """The report that it holds; raises JudgeError if it is not there any more, or is of another hand-in."""
        with suppress(OSError, ValueError, TypeError, KeyError), self.path.open("rb") as file:
            file.seek(self.start)
            data = json.loads(file.readline())
            if (data["student"], data["problem"], data["key"]) == (student, problem, key):
                return dict(data["report"])
        raise JudgeError(f"`{self.path}` was changed while it was read.", "Run the same command again.")


@dataclass(frozen=True)
class Judgement:
    """What came of one hand-in; ``key`` says of what it is.

    ``written`` is the report as JSON data, or the line that holds it: a class of thousands keeps none in memory.
    """

    student: str
    problem: str
    key: str
    place: str
    status: str
    written: dict[str, Any] | Line
    seconds: float = 0.0

    @property
    def report(self) -> dict[str, Any]:
        """The whole report as JSON data. Raises JudgeError if its line is not there any more."""
        if isinstance(self.written, Line):
            return self.written.report(self.student, self.problem, self.key)
        return self.written


@dataclass(frozen=True)
class Ruling:
    """A person's word about a mark: it stands, with its reason, whatever is judged before or after."""

    student: str
    problem: str
    points: float
    because: str


@dataclass
class Ledger:
    """All that is on record in a folder: judgements by (student, problem, key), rulings by (student, problem)."""

    judgements: dict[tuple[str, str, str], Judgement] = field(default_factory=dict)
    rulings: dict[tuple[str, str], Ruling] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def judged(self, student: str, problem: str, key: str) -> Judgement | None:
        """The judgement of exactly this, if it was judged."""
        found = self.judgements.get((student, problem, key))
        return found if found is not None and found.status != NOT_JUDGED else None


def read_ledger(folder: Path) -> Ledger:
    """All ledgers of a folder, together. A line that is no record is left out with a note."""
    ledger = Ledger()
    for path in sorted(folder.glob(f"{NAME}*.jsonl")):
        for number, start, line in _lines(path):
            record = _record(line, Line(path, start))
            if isinstance(record, Judgement):
                ledger.judgements[record.student, record.problem, record.key] = record
            elif isinstance(record, Ruling):
                ledger.rulings[record.student, record.problem] = record
            else:
                ledger.notes.append(f"{path.name}, line {number}: no whole record; it was left out.")
    return ledger


def _lines(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """The lines that are not blank, with their number and their first byte."""
    start = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, start, line
                start += len(line)
    except OSError as error:
        raise JudgeError(f"`{path}` cannot be read: {error.strerror}.", "Mend its permissions.") from None


def _record(text: bytes, line: Line) -> Judgement | Ruling | None:
    try:
        data = json.loads(text)
        if data.pop("version") != VERSION:
            return None
        what = data.pop("what")
        if what == "judgement":
            dict(data.pop("report"))
            return Judgement(**data, written=line)
        return Ruling(**data) if what == "ruling" else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


class Pen:
    """Appends records to one ledger file."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file, self._path = file, path

    def write(self, record: Judgement | Ruling) -> None:
        """Append a record, and let go of it: whoever is killed next, it is there."""
        data = dict(vars(record))
        if isinstance(record, Judgement):
            del data["written"]
            data["report"] = record.report
        what = "judgement" if isinstance(record, Judgement) else "ruling"
        line = json.dumps({"version": VERSION, "what": what, **data}, ensure_ascii=True)
        start = self._file.tell()
        try:
            rest = line.encode() + b"\n"
            while rest:  # an unbuffered write may take only a part of it, without an error
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            self._forget(start)
            raise JudgeError(
                f"`{self._path}` cannot be written: {error.strerror}. What was judged before is kept.",
                "Make room, then run the same command again: it goes on where it stopped.",
            ) from None

    def _forget(self, start: int) -> None:
        """Cut off the half line, if that can be done; a reader leaves it out in any case."""
        try:
            self._file.truncate(start)
        except OSError:
            return


@contextmanager
def opened(folder: Path, name: str = NAME) -> Iterator[Pen]:
    """A pen for ``folder/name.jsonl``, which nobody else writes meanwhile.

    Raises JudgeError if another run does, or if the file cannot be written. A half line at its end is cut off.
    """
    import fcntl  # here: there is no official verdict where there is none

    path = folder / f"{name}.jsonl"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("r+b", buffering=0) if path.exists() else path.open("x+b", buffering=0)
    except OSError as error:
        raise JudgeError(
            f"`{path}` cannot be written: {error.strerror}.", "Name another folder with `--out`."
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise JudgeError(
                f"Another run is writing `{path}`.",
                "Wait for it, or share the work with `--shard 1/2` and `--shard 2/2`.",
            ) from None
        file.truncate(_whole(file))
        file.seek(0, 2)
        yield Pen(file, path)


def _whole(file: IO[bytes]) -> int:
    """Where the last whole line ends."""
    end = file.seek(0, 2)
    while end:
        start = max(0, end - (1 << 16))
        file.seek(start)
        if (place := file.read(end - start).rfind(b"\n")) >= 0:
            return start + place + 1
        end = start
    return 0
