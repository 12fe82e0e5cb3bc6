"""What a learner has done: every attempt is kept, and nothing about keeping it can break a check."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

from torch_judge.home import home
from torch_judge.learner.storage import Database
from torch_judge.report import Report

VERSION = 1
FILE = "progress.sqlite3"
TABLES = {
    "attempts": {
        "id": "INTEGER PRIMARY KEY",
        "at": "TEXT NOT NULL",
        "problem": "TEXT NOT NULL",
        "accepted": "INTEGER NOT NULL",
        "failed": "TEXT NOT NULL",
        "passed": "INTEGER NOT NULL",
        "total": "INTEGER NOT NULL",
        "seconds": "REAL NOT NULL",
        "source_hash": "TEXT NOT NULL",
        "seed": "TEXT NOT NULL",  # a seed may have 64 bits, an INTEGER has 63
        "device": "TEXT NOT NULL",
        "isolated": "INTEGER NOT NULL",
    },
    "hints": {"problem": "TEXT PRIMARY KEY", "level": "INTEGER NOT NULL"},
    "peeks": {"problem": "TEXT PRIMARY KEY", "at": "TEXT NOT NULL"},
}
ADDED = {
    "answers": {
        "id": "INTEGER PRIMARY KEY",
        "at": "TEXT NOT NULL",
        "key": "TEXT NOT NULL",
        "right": "INTEGER NOT NULL",
        "seconds": "REAL NOT NULL",
        "attempt": "INTEGER NOT NULL",
    },
    "badges": {"key": "TEXT PRIMARY KEY", "at": "TEXT NOT NULL"},
    "reviews": {"key": "TEXT PRIMARY KEY", "state": "TEXT NOT NULL", "due": "TEXT NOT NULL"},
}
DRILL = "{}/drill/"  # how the keys of a problem's drills begin
INDEXES = {"attempts_at_problem": "attempts (problem)"}

# Where nothing can be kept, a kernel at least remembers which hint comes next.
_UNKEPT_HINTS: dict[Path, dict[str, int]] = {}


@dataclass(frozen=True)
class Attempt:
    """A judged attempt, the ``number``-th at its problem. ``solved``: it or an earlier one was accepted."""

    at: datetime
    problem: str
    accepted: bool
    failed: tuple[str, ...]
    passed: int
    total: int
    seconds: float
    source_hash: str
    seed: int
    device: str
    isolated: bool
    number: int
    solved: bool


@dataclass(frozen=True)
class Summary:
    """All that was done on one problem. ``state`` is "solved", "attempted" or "to do".

    ``peeked``: its solution was looked at before it was solved.
    """

    problem: str
    state: Literal["solved", "attempted", "to do"] = "to do"
    attempts: int = 0
    best_s: float | None = None
    solved_at: datetime | None = None
    peeked: bool = False


class Store:
    """The progress kept in one folder. Nothing raises: what went wrong is told in ``notices``."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = Database((folder or home()) / FILE, TABLES, VERSION, INDEXES, ADDED)
        self._unkept_hints = _UNKEPT_HINTS.setdefault(self.path, {})

    @property
    def path(self) -> Path:
        """The progress file."""
        return self._file.path

    @property
    def database(self) -> Database:
        """The file's tables, for what else is remembered in it."""
        return self._file

    @property
    def notices(self) -> list[str]:
        """What went wrong with keeping progress, a sentence each, the remedy last."""
        return self._file.notices

    def record(self, report: Report, source_hash: str = "", *, at: datetime | None = None) -> None:
        """Keep an attempt. A report that judged nothing, through no fault of the learner's, is none."""
        if report.error is not None and report.fault == "judge":
            return
        row = {
            "at": stamp(at),
            "problem": report.problem,
            "accepted": report.accepted,
            "failed": json.dumps([case.name for case in report.failed]),
            "passed": report.passed,
            "total": len(report.counted),
            "seconds": report.duration_s,
            "source_hash": source_hash,
            "seed": str(report.seed),
            "device": report.device,
            "isolated": report.isolated,
        }
        marks = ", ".join(f":{column}" for column in row)
        self._file.write((f"INSERT INTO attempts ({', '.join(row)}) VALUES ({marks})", row))

    def record_hint(self, problem: str, level: int) -> None:
        """Keep that the hint of this level was shown; a level never falls."""
        sql = (
            "INSERT INTO hints VALUES (:problem, :level)"
            " ON CONFLICT (problem) DO UPDATE SET level = max(level, excluded.level)"
        )
        if not self._file.write((sql, {"problem": problem, "level": level})):
            self._unkept_hints[problem] = max(level, self._unkept_hints.get(problem, 0))

    def hint_level(self, problem: str) -> int:
        """The level of the last hint that was shown, 0 if none was."""
        rows = self._file.read("SELECT level FROM hints WHERE problem = ?", problem)
        return max(rows[0]["level"] if rows else 0, self._unkept_hints.get(problem, 0))

    def record_peek(self, problem: str) -> None:
        """Keep that the solution was looked at, and when first."""
        row = {"problem": problem, "at": stamp(None)}
        self._file.write(("INSERT OR IGNORE INTO peeks VALUES (:problem, :at)", row))

    def last(self, problem: str) -> Attempt | None:
        """The latest attempt at a problem, None if there is none."""
        rows = self._file.read(
            "SELECT *, (SELECT count(*) FROM attempts WHERE problem = a.problem) AS number,"
            " (SELECT max(accepted) FROM attempts WHERE problem = a.problem) AS solved"
            " FROM attempts a WHERE problem = ? ORDER BY id DESC LIMIT 1",
            problem,
        )
        if not rows:
            return None
        row = dict(rows[0])
        del row["id"]
        row |= {key: bool(row[key]) for key in ("accepted", "isolated", "solved")}
        row |= {"at": datetime.fromisoformat(row["at"]), "seed": int(row["seed"])}
        return Attempt(**{**row, "failed": tuple(json.loads(row["failed"]))})

    def latest(self) -> str | None:
        """The problem of the very last attempt, None if there is none."""
        rows = self._file.read("SELECT problem FROM attempts ORDER BY id DESC LIMIT 1")
        return rows[0]["problem"] if rows else None

    def summary(self, problem: str) -> Summary:
        """What was done on one problem."""
        return self.summaries().get(problem, Summary(problem))

    def summaries(self) -> dict[str, Summary]:
        """What was done, for every problem on which anything was."""
        peeks = {row["problem"]: row["at"] for row in self._file.read("SELECT problem, at FROM peeks")}
        rows = self._file.read(
            "SELECT problem, count(*) AS attempts, min(CASE WHEN accepted THEN seconds END) AS best_s,"
            " min(CASE WHEN accepted THEN at END) AS solved_at FROM attempts GROUP BY problem"
        )
        found = {id: Summary(id, peeked=True) for id in peeks}
        for row in rows:
            id, solved_at = row["problem"], row["solved_at"]
            found[id] = Summary(
                id,
                "solved" if solved_at else "attempted",
                row["attempts"],
                row["best_s"],
                datetime.fromisoformat(solved_at) if solved_at else None,
                id in peeks and (not solved_at or peeks[id] < solved_at),
            )
        return found

    def streak_days(self, today: date | None = None) -> int:
        """How many consecutive days, up to today or yesterday by this machine's calendar, have an attempt."""
        stamps = self._file.read("SELECT at FROM attempts")
        return streak({datetime.fromisoformat(row["at"]).astimezone().date() for row in stamps}, today)

    def reset(self, problem: str | None = None) -> None:
        """Forget one problem (attempts, hints, peeks, drills), or all that was done."""
        own = {"problem": problem, "drill": DRILL.format(problem)}
        conditions = dict.fromkeys(TABLES, "problem = :problem")
        conditions |= dict.fromkeys(ADDED, "substr(key, 1, length(:drill)) = :drill")
        self._file.write(
            *((f"DELETE FROM {table} WHERE :problem IS NULL OR {where}", own) for table, where in conditions.items())
        )
        for id in list(self._unkept_hints) if problem is None else [problem]:
            self._unkept_hints.pop(id, None)


def streak(days: Collection[date], today: date | None = None) -> int:
    """How many consecutive days of ``days`` end today or yesterday."""
    day = today or date.today()
    if day not in days:
        day -= timedelta(days=1)
    end = day
    while day in days:
        day -= timedelta(days=1)
    return (end - day).days


def compare_with_last(report: Report, last: Attempt | None) -> str:
    """The sentence about progress since the last attempt; "" if there was none or nothing ran now."""
    total, passed = len(report.counted), report.passed
    if last is None or total == 0:
        return ""
    if report.accepted:
        return "Solved again." if last.solved else f"Solved on attempt {last.number + 1}."
    now = f"{passed} of {total} {'case passes' if total == 1 else 'cases pass'}"
    if last.total == 0:
        return f"{now}; last time the code did not run."
    if last.total != total:
        return f"{now}; last time it was {last.passed} of {last.total}."
    if passed != last.passed:
        more = f"{passed - last.passed} more" if passed > last.passed else f"{last.passed - passed} fewer"
        return f"{now}, {more} than last time."
    if new := [f"`{case.name}`" for case in report.failed if case.name not in last.failed]:
        return f"{now}, as many as last time, but now others fail: {', '.join(new)}."
    return f"{now}, the same as last time."


def stamp(at: datetime | None) -> str:
    """The instant in UTC, always with microseconds: so the texts sort as the instants do."""
    return (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds")
