"""What is due today, as much of it as ten minutes hold: cards, missed questions, and a problem to write again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from torch_judge.bank import Bank, Problem
from torch_judge.bank.lessons import find_lessons
from torch_judge.errors import JudgeError
from torch_judge.learner.due import due
from torch_judge.learner.progress import Store
from torch_judge.study import record
from torch_judge.study.asking import Question
from torch_judge.study.cards import Card, cards_of
from torch_judge.study.lessons import by_key

MINUTES = 10
CARD_S, QUESTION_S = 20, 60
CARDS_FIRST = 0.5
"""The share of the time that cards may take while questions wait."""

T = TypeVar("T")


@dataclass(frozen=True)
class Review:
    """What comes now. ``sentence`` says all that is due, "" if nothing is; ``seed`` is one for the problem."""

    sentence: str
    cards: tuple[Card, ...] = ()
    questions: tuple[Question, ...] = ()
    problem: Problem | None = None
    seed: int = field(default=0, compare=False)

    def again(self, file: str = "") -> str:
        """What to do with the problem, "" without one; ``file``: in a shell, its notebook."""
        if self.problem is None:
            return ""
        id = self.problem.id
        how = f"`torch-judge check {file} --seed {self.seed}`" if file else f'`check("{id}", seed={self.seed})`'
        return f"Write `{id}` again from a blank page, without looking. Then {how}."


def reviewing(bank: Bank, store: Store, seed: int) -> Review:
    """Ten minutes of what is due; what no longer exists is forgotten. A problem comes if there is time for it left."""
    found = due(bank, store)
    seconds = MINUTES * 60
    for_cards = seconds * (CARDS_FIRST if found.questions else 1)
    cards = _first(found.cards, int(for_cards // CARD_S), lambda key: _card(bank, key), store)
    left = seconds - CARD_S * len(cards)
    questions = _first(found.questions, int(left // QUESTION_S), lambda key: _question(bank, key, seed), store)
    left -= QUESTION_S * len(questions)
    problem = bank.get(found.problems[0]) if found.problems and left >= seconds / 3 else None
    fresh = 1 + seed % 9999
    return Review(found.sentence(), cards, questions, problem, fresh)


def _first(keys: tuple[str, ...], most: int, found: Callable[[str], T], store: Store) -> tuple[T, ...]:
    return tuple(thing for _, thing in zip(range(most), _found(keys, found, store), strict=False))


def _found(keys: tuple[str, ...], found: Callable[[str], T], store: Store) -> Iterator[T]:
    for key in keys:
        try:
            yield found(key)
        except JudgeError:
            record.forget(key, store)


def _card(bank: Bank, key: str) -> Card:
    for card in cards_of(find_lessons(bank).get(key.split("/")[0])):
        if card.key == key:
            return card
    raise JudgeError(f"There is no card `{key}`.", "The lesson may have changed.")


def _question(bank: Bank, key: str, seed: int) -> Question:
    if "/drill/" not in key:
        return by_key(key)
    from torch_judge.study.drill import of_key
    from torch_judge.verdict.known import known

    for question in of_key(known(bank.get(key.split("/")[0])), key, seed):
        if question.key == key:
            return question
    raise JudgeError(f"There is no question `{key}`.", "The problem may have changed.")
