"""The words of the class as values: students, hand-ins, statuses, judgements, rulings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

ACCEPTED, REJECTED, CRASHED, OVER_LIMIT = "accepted", "rejected", "crashed", "over limit"
MISSING_ENTRY, UNREADABLE, MISSING, NOT_JUDGED = "missing entry", "unreadable", "missing", "not judged"
STATUSES = (ACCEPTED, REJECTED, CRASHED, OVER_LIMIT, MISSING_ENTRY, UNREADABLE, MISSING, NOT_JUDGED)


@dataclass(frozen=True)
class Student:
    """Who handed in, or should have. ``keys`` are all ids under which systems know the student, ``id`` the first."""

    id: str
    name: str = ""
    email: str = ""
    keys: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The name if there is one, else the id."""
        return self.name or self.id


@dataclass(frozen=True)
class HandIn:
    """One file of one student for one problem.

    ``place`` is its path as people see it, zips as folders; ``path`` where its text lies now. ``submitted`` is known
    where the system that exported it says so; ``late`` is True where it says no more than that. ``key`` is the hash of
    everything that its judgement depends on ("" for a file that cannot be read; ``fault`` then says why).
    ``named``: the file's name names the problem, so that no module beside it that defines the same takes its place.
    """

    student: str
    problem: str
    place: str
    path: Path
    submitted: datetime | None = None
    late: bool = False
    attempt: int = 0
    key: str = ""
    fault: str = ""
    named: bool = False

    @property
    def order(self) -> tuple[float, int, bool, str]:
        """What sorts the hand-ins of one student for one problem: the last one counts."""
        return (self.submitted.timestamp() if self.submitted else 0.0, self.attempt, self.named, self.place)


@dataclass(frozen=True)
class LeftOut:
    """A file that is no hand-in, and why."""

    place: str
    why: str


@dataclass
class Recognition:
    """What was found: the hand-ins that count, the older ones, what was left out, and how each lay-out was read."""

    students: dict[str, Student] = field(default_factory=dict)
    hand_ins: list[HandIn] = field(default_factory=list)
    older: list[HandIn] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    layouts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
