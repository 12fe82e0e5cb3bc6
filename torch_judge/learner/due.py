"""What is due today: cards, questions that were missed, and problems that were solved some time ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from torch_judge.bank import Bank
from torch_judge.bank.lessons import find_lessons
from torch_judge.learner import spacing
from torch_judge.learner.progress import Store, stamp
from torch_judge.show.words import counted

CARDS = "cards"
SOLVED_BY_DAY = """
SELECT problem, min(CASE WHEN accepted THEN at END) AS solved, min(id) = min(CASE WHEN accepted THEN id END) AS at_once
FROM attempts GROUP BY problem, date(at, 'localtime') HAVING solved NOT NULL ORDER BY solved
"""


class Due(NamedTuple):
    """Keys of cards and of questions, and ids of problems, what is due longest first."""

    cards: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.cards) + len(self.questions) + len(self.problems)

    def of(self, topic: str) -> int:
        """How many cards and questions of a lesson there are."""
        return sum(key.split("/")[0] == topic for key in (*self.cards, *self.questions) if not _drill(key))

    def sentence(self, how: str = "") -> str:
        """What is due, and with ``how`` what begins it; "" if nothing is."""
        named = ((self.cards, "card"), (self.questions, "question"), (self.problems, "problem"))
        parts = [counted(len(things), word) for things, word in named if things]
        if not parts:
            return ""
        listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
        return f"Due today: {listed}." + (f" {how} begins." if how else "")


def due(bank: Bank, store: Store, now: datetime | None = None) -> Due:
    """What is due by the end of the day ``now``, by this machine's calendar, of the bank and its lessons."""
    end = _midnight((now or datetime.now()).astimezone())
    rows = store.database.read("SELECT key FROM reviews WHERE due < ? ORDER BY due, key", stamp(end))
    keys = [row["key"] for row in rows]
    topics = set(find_lessons(bank).topics) if keys else set()
    known = [key for key in keys if key.split("/")[0] in (bank.ids if _drill(key) else topics)]
    return Due(
        tuple(key for key in known if _part(key) == CARDS),
        tuple(key for key in known if _part(key) != CARDS),
        _problems(bank, store, end),
    )


@dataclass(frozen=True)
class LessonRow:
    """One lesson and what was done of it. ``badge``: for its challenge. ``due``: cards and questions today."""

    topic: str
    title: str
    notebook: str
    problems: tuple[str, ...]
    begun: bool
    badge: bool
    due: int

    @property
    def state(self) -> str:
        """In words: "badge", "begun" or "to do"."""
        return "badge" if self.badge else "begun" if self.begun else "to do"


def lesson_rows(bank: Bank, store: Store, found: Due) -> tuple[LessonRow, ...]:
    """A row for each lesson, by topic; ``found`` is what is due."""
    begun = {
        row["key"].split("/")[0]
        for row in store.database.read("SELECT DISTINCT key FROM answers")
        if not _drill(row["key"])
    }
    badges = {row["key"] for row in store.database.read("SELECT key FROM badges")}
    return tuple(
        LessonRow(
            lesson.topic,
            lesson.title,
            lesson.notebook,
            lesson.problems,
            lesson.topic in begun,
            f"{lesson.topic}/challenge" in badges,
            found.of(lesson.topic),
        )
        for lesson in find_lessons(bank).lessons()
    )


def study_sentence(rows: Sequence[LessonRow], found: Due, how: str) -> str:
    """The lessons that were begun, with their badges, and what is due; "" if there is nothing to say."""
    named = [f"`{row.topic}`{' (badge)' if row.badge else ''}" for row in rows if row.begun]
    lessons = f"Lessons begun: {', '.join(named)}." if named else ""
    return " ".join(filter(None, (lessons, found.sentence(how))))


def _drill(key: str) -> bool:
    return _part(key) == "drill"


def _problems(bank: Bank, store: Store, end: datetime) -> tuple[str, ...]:
    """Solved problems that FSRS has come again, what each day brought being one review.

    Solved at the first attempt of a day is "good", after others "hard"; a day without success changes nothing.
    """
    if not spacing.can_space():
        return ()
    reviews: dict[str, list[tuple[int, datetime]]] = {}
    for row in store.database.read(SOLVED_BY_DAY):
        rating = spacing.GOOD if row["at_once"] else spacing.HARD
        reviews.setdefault(row["problem"], []).append((rating, datetime.fromisoformat(row["solved"])))
    dates = {id: spacing.due_after(tuple(found)) for id, found in reviews.items() if id in bank.ids}
    ready = {id: date for id, date in dates.items() if date is not None and date < end}
    return tuple(sorted(ready, key=lambda id: (ready[id], id)))


def _part(key: str) -> str:
    return key.split("/")[1] if "/" in key else ""


def _midnight(now: datetime) -> datetime:
    """The end of a day, in the zone of ``now``."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
