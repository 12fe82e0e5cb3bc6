"""When something is due again: FSRS without its random spread, so that one history has one date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from fsrs import Scheduler

AGAIN, HARD, GOOD, EASY = 1, 2, 3, 4


class Spaced(NamedTuple):
    """What FSRS knows of a thing, as JSON, and when it is due."""

    state: str
    due: datetime


def can_space() -> bool:
    """Whether FSRS is installed. A notebook that carries the judge does without it."""
    return find_spec("fsrs") is not None


def reviewed(state: str | None, rating: int, at: datetime, *, minutes: bool) -> Spaced:
    """The state after a review with a rating from 1 (again) to 4 (easy); ``state`` is None at the first.

    ``minutes``: what is not known comes again within minutes, as a card does; else nothing does before the next day.
    """
    from fsrs import Card, Rating

    at = at.astimezone(UTC)
    card = Card(card_id=0, due=at) if state is None else Card.from_json(state)
    card, _ = _scheduler(minutes and rating == AGAIN).review_card(card, Rating(rating), at)
    return Spaced(card.to_json(), card.due)


@lru_cache(maxsize=1024)  # every accepted check asks for every solved problem, of which one has changed
def due_after(reviews: tuple[tuple[int, datetime], ...]) -> datetime | None:
    """When something is due that was reviewed with these ratings at these times, oldest first; None without any."""
    spaced = None
    for rating, at in reviews:
        spaced = reviewed(spaced and spaced.state, rating, at, minutes=False)
    return spaced and spaced.due


@lru_cache(maxsize=2)
def _scheduler(minutes: bool) -> Scheduler:
    from fsrs import Scheduler

    steps = (timedelta(minutes=1),) if minutes else ()
    return Scheduler(enable_fuzzing=False, learning_steps=steps, relearning_steps=steps)
