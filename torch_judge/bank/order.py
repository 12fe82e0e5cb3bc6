"""The order in which problems are studied, and which one comes next: the same wherever problems are shown."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar


class Placed(Protocol):
    """What a problem's place depends on."""

    @property
    def id(self) -> str:
        """The problem's id."""

    @property
    def number(self) -> int:
        """Its number."""

    @property
    def topic(self) -> str:
        """Its topic."""

    @property
    def difficulty(self) -> str:
        """Easy, Medium or Hard."""


P = TypeVar("P", bound=Placed)


@dataclass(frozen=True)
class Heading:
    """What a problem is called, and its place."""

    id: str
    number: int
    title: str
    topic: str
    difficulty: str


def heading(folder: Path) -> Heading | None:
    """The heading of a problem's folder, without the records of its mistakes, which take ten times as long to read.

    None where it cannot be read.
    """
    try:
        head, _, _ = (folder / "problem.toml").read_text(encoding="utf-8").partition("\n[[")
        data = tomllib.loads(head)
        return Heading(folder.name, int(data["number"]), data["title"], data["topic"], data["difficulty"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def by_topic(problems: Iterable[P]) -> dict[str, list[P]]:
    """The topics in the order of their lowest numbers; within one the easy problems first, then by number."""
    groups: dict[str, list[P]] = {}
    for problem in sorted(problems, key=lambda p: p.number):
        groups.setdefault(problem.topic, []).append(problem)
    return {topic: sorted(group, key=lambda p: (p.difficulty != "Easy", p.number)) for topic, group in groups.items()}


def following(problems: Iterable[P], after: str | None, solved: Collection[str]) -> P | None:
    """The next problem that is not solved, from ``after`` on and around the end; None if there is no other."""
    order = [problem for group in by_topic(problems).values() for problem in group]
    at = next((place for place, problem in enumerate(order, start=1) if problem.id == after), 0)
    return next((p for p in order[at:] + order[:at] if p.id not in solved and p.id != after), None)
