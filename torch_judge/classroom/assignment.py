"""The assignment: problems, points, due date, late rule, partial credit and what feedback shows, from a TOML file."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from torch_judge.bank import Bank
from torch_judge.errors import JudgeError

POINTS = 10.0
SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(m|min|h|d|w)")
UNITS = {"m": 60, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
EXAMPLE = """title = "Week 3: normalisation"
due = 2026-11-20T23:59:00+01:00
credit = "kinds"            # or "all": everything or nothing

[points]                    # which problems, and what each is worth
batchnorm = 10
layernorm = 5

[late]
per_day = 0.1               # a tenth of the mark is lost for each day that has begun
grace = "15m"
cutoff = "7d"               # later than this: 0

[feedback]
full = false                # true: shows expected values and inputs, too
"""
KEYS = {"title", "due", "credit", "points", "late", "feedback"}


@dataclass(frozen=True)
class Late:
    """What lateness costs: ``per_day`` of the mark for each day begun after ``grace``; all of it after ``cutoff``."""

    per_day: float = 0.0
    grace: timedelta = timedelta()
    cutoff: timedelta | None = None

    def factor(self, after: timedelta) -> float:
        """What is left of a mark, from 0 to 1, for a hand-in that came ``after`` it was due."""
        if after <= self.grace:
            return 1.0
        if self.cutoff is not None and after > self.cutoff:
            return 0.0
        days = -(-after // timedelta(days=1))
        return max(0.0, 1.0 - self.per_day * days)


@dataclass(frozen=True)
class Assignment:
    """What is to be handed in. ``points`` names the problems; none: all that were handed in, 10 points each."""

    title: str = "torch-judge"
    points: dict[str, float] = field(default_factory=dict)
    due: datetime | None = None
    credit: str = "kinds"
    late: Late = Late()
    full: bool = False

    def worth(self, problem: str) -> float:
        """The points that a problem is worth."""
        return self.points.get(problem, POINTS)

    def of(self, problems: tuple[str, ...]) -> Assignment:
        """The same assignment, of these problems where it names none."""
        return self if self.points else replace(self, points=dict.fromkeys(problems, POINTS))


def read_assignment(path: Path, bank: Bank) -> Assignment:
    """The assignment in a TOML file; raises JudgeError, naming the key and the remedy, if anything in it is wrong."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise JudgeError(f"`{path}` cannot be read: {why}.", f"A whole one reads:\n{EXAMPLE}") from None
    except tomllib.TOMLDecodeError as error:
        raise JudgeError(f"`{path}` is no TOML: {error}.", f"A whole one reads:\n{EXAMPLE}") from None
    try:
        return _assignment(data, bank)
    except JudgeError as error:
        raise JudgeError(f"`{path}`: {error.fact}", error.remedy) from None


def _assignment(data: dict[str, Any], bank: Bank) -> Assignment:
    _known(data, KEYS, "")
    late, feedback = _table(data, "late"), _table(data, "feedback")
    _known(late, {"per_day", "grace", "cutoff"}, "late.")
    _known(feedback, {"full"}, "feedback.")
    points = {bank.get(id).id: _number(worth, f"points.{id}") for id, worth in _table(data, "points").items()}
    credit = data.get("credit", "kinds")
    if credit not in ("kinds", "all"):
        raise JudgeError(
            f"`credit` is {credit!r}.", 'Use "kinds" (share of the kinds of case) or "all" (all or nothing).'
        )
    if not isinstance(full := feedback.get("full", False), bool):
        raise JudgeError("`feedback.full` is neither true nor false.", "Write `full = true` or leave it out.")
    per_day = _number(late.get("per_day", 0), "late.per_day")
    if per_day > 1:
        raise JudgeError(f"`late.per_day` is {per_day:g}.", "It is a share of the mark: 0.1 for a tenth.")
    rule = Late(per_day, _span(late, "grace") or timedelta(), _span(late, "cutoff"))
    return Assignment(str(data.get("title", "torch-judge")), points, _due(data.get("due")), credit, rule, full)


def _known(table: dict[str, Any], keys: set[str], prefix: str) -> None:
    if unknown := sorted(set(table) - keys):
        raise JudgeError(f"the key `{prefix}{unknown[0]}` is unknown.", f"The keys are {', '.join(sorted(keys))}.")


def _table(data: dict[str, Any], key: str) -> dict[str, Any]:
    table = data.get(key, {})
    if not isinstance(table, dict):
        raise JudgeError(f"`{key}` is no table.", f"Write `[{key}]`, then a line for each of its keys.")
    return table


def _number(value: object, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e6:
        raise JudgeError(f"`{key}` is {value!r}.", "Write a number that is not negative.")
    return float(value)


def _span(table: dict[str, Any], key: str) -> timedelta | None:
    if key not in table:
        return None
    match = SPAN.fullmatch(str(table[key]))
    if match is None:
        raise JudgeError(f"`late.{key}` is {table[key]!r}.", 'Write a span of time: "15m", "2h" or "7d".')
    return timedelta(seconds=float(match[1]) * UNITS[match[2]])


def _due(value: object) -> datetime | None:
    return None if value is None else due_date(value)


def due_date(value: object) -> datetime:
    """A due date from TOML or from ``--due``. A day ends at midnight; without a zone it is this machine's time."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        except ValueError:
            value = None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time.max)
    if not isinstance(value, datetime):
        raise JudgeError("The due date is no date.", "Write it as 2026-11-20 or 2026-11-20T23:59:00+01:00.")
    return (value if value.tzinfo else value.astimezone()).astimezone(UTC)
