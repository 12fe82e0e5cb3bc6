"""What a learner types to keep what was learned: ``cards`` and ``rate``, ``drill``, ``review``."""

from __future__ import annotations

import secrets

from torch_judge import show
from torch_judge.bank import Bank
from torch_judge.errors import JudgeError
from torch_judge.learner.progress import Store
from torch_judge.study import deck_shown, terminal, widgets
from torch_judge.study import drill as drills
from torch_judge.study.cards import Deck, deck
from torch_judge.study.lessons import bank, lessons
from torch_judge.study.quiz import Quiz
from torch_judge.study.review import reviewing
from torch_judge.study.session import present, told

NOTHING = ("Nothing is due today.", '`cards("…")` and `quiz("…")` bring something new; `drill("…")` what you know.')
_DECKS: list[Deck] = []  # the deck that `rate` speaks to is the last one


def cards(topic: str) -> None:
    """Show a lesson's flash cards, one at a time: think of the answer, look, and say how well you knew it.

    Parameters
    ----------
    topic: the lesson, or how its topic alone begins.

    Answer by a click, or with `rate(3)`. Each card comes again when you are about to forget it: `review()`.
    """
    told(lambda: _lay_out(deck(lessons().get(topic), Store())))


def rate(rating: int) -> None:
    """Say how well you knew the card that was shown last, and see the next.

    1 not known (it comes again at once), 2 with effort, 3 known, 4 easily.
    """

    def tell() -> None:
        if not _DECKS:
            raise JudgeError("No card has been shown.", 'Show some first: `cards("batchnorm")`.')
        _DECKS[-1].rate(rating)
        _show(_DECKS[-1])

    told(tell)


def drill(problem: str, *, unlock: bool = False, seed: int | None = None) -> None:
    """Find the mistake in a problem's solution: which line, and what is wrong; then the case that shows it.

    Parameters
    ----------
    problem: the problem's id, its number, or how its id alone begins.
    unlock: show it although the problem is not solved. That is a look at its solution, and kept as one.
    seed: draws which of the mistakes that were never shown comes, and its options.

    Answer by a click, or with `answer(1, "C")`. Each time it is another mistake, the one seen longest ago first.
    """
    told(lambda: present(drill_of(problem, bank(), Store(), unlock=unlock, seed=seed)))


def drill_of(problem: str, bank: Bank, store: Store, *, unlock: bool = False, seed: int | None = None) -> Quiz:
    """The next drill of a problem; raises JudgeError for an unknown problem, or one that is not solved."""
    from torch_judge.verdict.known import known

    found = bank.get(problem)
    if unlock:
        store.record_peek(found.id)
    else:
        drills.refuse_unseen(found, store)
    drawn = secrets.randbits(32) if seed is None else seed
    again = f'Next mistake: `drill("{found.id}")`.'
    return Quiz(f"Drill: {found.title}", drills.next_drill(known(found), store, drawn), seed=drawn, won=lambda: again)


def review() -> None:
    """Go through what is due today, ten minutes of it: cards, questions that you missed, a problem to write again."""

    def tell() -> None:
        found = reviewing(bank(), Store(), secrets.randbits(32))
        show.show_message(*((found.sentence, "") if found.sentence else NOTHING))
        if found.cards:
            _lay_out(Deck("Review: cards", found.cards))
        if found.questions:
            present(Quiz("Review: questions", found.questions))
        if found.problem:
            show.show_message(found.again())

    told(tell)


def _lay_out(deck: Deck) -> None:
    _DECKS[:] = [deck]
    if widgets.available():
        text = terminal.as_text(deck_shown.text(deck))
        widgets.display(deck_shown.CardBoard(deck).box, deck_shown.html(deck), text())
    else:
        _show(deck)


def _show(deck: Deck) -> None:
    show.publish(terminal.as_text(deck_shown.text(deck)), lambda: deck_shown.html(deck))
