"""Flash cards: read from a lesson's cards.md, run when they are shown, and laid out one at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from torch_judge.bank.lessons import Lesson
from torch_judge.errors import JudgeError
from torch_judge.learner.due import CARDS
from torch_judge.learner.progress import Store
from torch_judge.learner.spacing import AGAIN, EASY, GOOD, HARD
from torch_judge.show.words import counted
from torch_judge.study import record
from torch_judge.study.markdown import SETUP, SHOW, Piece, Section, block, fault, sections, slug
from torch_judge.study.running import execute, prepared, quiet
from torch_judge.study.sheet import RAISES

RATINGS = {AGAIN: "not known", HARD: "with effort", GOOD: "known", EASY: "easily"}
_RULE = "---"


@dataclass(frozen=True)
class Card:
    """One flash card. ``key``: topic/cards/slug. ``front`` and ``back`` are Markdown, their code run."""

    key: str
    title: str
    front: str
    back: str


def cards_of(lesson: Lesson) -> tuple[Card, ...]:
    """A lesson's cards; raises JudgeError if it has none, and ProblemError, by file and line, if one cannot be run."""
    path = lesson.folder / "cards.md"
    if not path.is_file():
        raise JudgeError(f"The lesson `{lesson.topic}` has no cards.", f'Try `quiz("{lesson.topic}")`.')
    return _cards_at(path, path.stat().st_mtime_ns, lesson)


@lru_cache(maxsize=64)
def _cards_at(path: Path, _: int, lesson: Lesson) -> tuple[Card, ...]:
    above, *rest = sections(lesson.text("cards.md"))
    return tuple(_card(lesson.topic, section, above.code(SETUP), path) for section in rest if section.level == 2)


def _card(topic: str, section: Section, setup: str, path: Path) -> Card:
    pieces = section.pieces
    at = next((n for n, piece in enumerate(pieces) if piece.info is None and piece.text.split("\n")[0] == _RULE), None)
    question = pieces[:at] if at is not None else []
    front = [block(piece.text, "python") if piece.info else piece.text for piece in question]
    with quiet():
        names = prepared(setup)
        asked = [_run(piece, names, path) for piece in question if piece.info]
        shown = [_run(piece, names, path) for piece in pieces[len(question) :]]
    key = f"{topic}/{CARDS}/{slug(section.title)}"
    outputs = [block(output, "text") for _, output in asked if output]
    back = [text for code, output in shown for text in (code, block(output, "text") if output else "")]
    return Card(key, section.title, "\n\n".join(front), "\n\n".join(filter(None, (*outputs, *back))))


def _run(piece: Piece, names: dict[str, object], path: Path) -> tuple[str, str]:
    """A piece as Markdown, and what it printed."""
    if piece.info is None:
        return piece.text.removeprefix(_RULE).strip("\n"), ""
    if piece.info not in (SHOW, RAISES):
        return block(piece.text, piece.info), ""
    ran = execute(piece.text, names)
    if (ran.error is not None) != (piece.info == RAISES):
        fault(path, piece.line + ran.line, "this block raises an error." if ran.error else "this block raises nothing.")
    return block(piece.text, "python"), ran.shown


class Deck:
    """Cards that are laid out one at a time. One that was not known comes again behind the others."""

    def __init__(
        self,
        title: str,
        cards: Sequence[Card],
        *,
        clock: Callable[[], float] = time.monotonic,
        keep: Callable[[str, int, float], None] = record.rated,
    ) -> None:
        self.title = title
        self.left = list(cards)
        self.total = len(self.left)
        self.known = 0
        self.changed: Callable[[], None] = lambda: None  # called after each rating
        self._clock, self._keep = clock, keep
        self._shown = clock()

    @property
    def card(self) -> Card | None:
        """The card on top; None when all are known."""
        return self.left[0] if self.left else None

    def rate(self, rating: int) -> None:
        """Keep how well the card was known, and lay out the next; raises JudgeError for no card, or no such rating."""
        if not self.left:
            raise JudgeError("There is no card left.", "Come back tomorrow: `review()` shows what is due.")
        self._keep(self.left[0].key, rating, self._clock() - self._shown)
        card = self.left.pop(0)
        if rating == AGAIN:
            self.left.append(card)
        else:
            self.known += 1
        self._shown = self._clock()
        self.changed()

    def place(self) -> str:
        """How far it is."""
        return f"{self.known} of {self.total} known" if self.known or not self.left else counted(self.total, "card")


def deck(lesson: Lesson, store: Store) -> Deck:
    """A lesson's cards: those rated before in the order in which they are due, then the new ones, as written."""
    found = cards_of(lesson)
    dates = record.due_dates((card.key for card in found), store)
    rated = sorted((card for card in found if card.key in dates), key=lambda card: dates[card.key])
    return Deck(f"{lesson.title}: cards", [*rated, *(card for card in found if card.key not in dates)])
