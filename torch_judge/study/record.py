"""What is remembered of studying, in the progress file: answers, badges, and when a card or a question comes again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from torch_judge.errors import JudgeError
from torch_judge.learner import spacing
from torch_judge.learner.progress import Store, stamp

Statement = tuple[str, dict[str, object]]


def answered(
    key: str, right: bool, seconds: float, attempt: int = 1, *, store: Store | None = None, at: datetime | None = None
) -> None:
    """Keep an answer to the question ``key`` (topic/set/slug), the ``attempt``-th since it was asked.

    A question that was missed is due the next day, and again until it has been right for long; a second attempt that
    is right does not make up for the first.
    """
    found = store or Store()
    statements = [_answer(key, right, seconds, attempt, at)]
    state = _state(found, key)
    if spacing.can_space() and (not right or (attempt == 1 and state is not None)):
        statements.append(_review(key, state, spacing.GOOD if right else spacing.AGAIN, at, minutes=False))
    found.database.write(*statements)


def rated(
    key: str, rating: int, seconds: float = 0.0, *, store: Store | None = None, at: datetime | None = None
) -> None:
    """Keep how well a card was known, from 1 (not at all) to 4 (easily); raises JudgeError for any other rating."""
    if rating not in (spacing.AGAIN, spacing.HARD, spacing.GOOD, spacing.EASY):
        raise JudgeError(
            f"`{rating}` is no rating.", "Rate the card 1 (not known), 2 (with effort), 3 (known) or 4 (easily)."
        )
    found = store or Store()
    statements = [_answer(key, rating > spacing.AGAIN, seconds, 1, at)]
    if spacing.can_space():
        statements.append(_review(key, _state(found, key), rating, at, minutes=True))
    found.database.write(*statements)


def badge(topic: str, set: str, *, store: Store | None = None, at: datetime | None = None) -> None:
    """Keep that a set of questions was all right; the first time counts."""
    row: dict[str, object] = {"key": f"{topic}/{set}", "at": stamp(at)}
    (store or Store()).database.write(("INSERT OR IGNORE INTO badges VALUES (:key, :at)", row))


def last_answered(keys: Iterable[str], store: Store) -> dict[str, datetime]:
    """When each of these was last answered; a key that never was is left out."""
    wanted = frozenset(keys)
    rows = store.database.read("SELECT key, max(at) AS at FROM answers GROUP BY key")
    return {row["key"]: datetime.fromisoformat(row["at"]) for row in rows if row["key"] in wanted}


def due_dates(keys: Iterable[str], store: Store) -> dict[str, datetime]:
    """When each of these comes again; a key that was never rated or missed is left out."""
    wanted = frozenset(keys)
    rows = store.database.read("SELECT key, due FROM reviews")
    return {row["key"]: datetime.fromisoformat(row["due"]) for row in rows if row["key"] in wanted}


def forget(key: str, store: Store) -> None:
    """Let a card or question never come again: there is no such thing any more."""
    store.database.write(("DELETE FROM reviews WHERE key = :key", {"key": key}))


def _answer(key: str, right: bool, seconds: float, attempt: int, at: datetime | None) -> Statement:
    row: dict[str, object] = {"at": stamp(at), "key": key, "right": right, "seconds": seconds, "attempt": attempt}
    return f"INSERT INTO answers (at, key, right, seconds, attempt) VALUES ({', '.join(f':{c}' for c in row)})", row


def _state(store: Store, key: str) -> str | None:
    rows = store.database.read("SELECT state FROM reviews WHERE key = ?", key)
    return rows[0]["state"] if rows else None


def _review(key: str, state: str | None, rating: int, at: datetime | None, *, minutes: bool) -> Statement:
    now = at or datetime.now().astimezone()
    spaced = spacing.reviewed(state, rating, now, minutes=minutes)
    row: dict[str, object] = {"key": key, "state": spaced.state, "due": stamp(spaced.due)}
    return "INSERT OR REPLACE INTO reviews VALUES (:key, :state, :due)", row
