"""What a learner types to keep what was learned: ``drill``."""

from __future__ import annotations

import secrets

from torch_judge.bank import Bank
from torch_judge.learner.progress import Store
from torch_judge.study import drill as drills
from torch_judge.study.lessons import bank
from torch_judge.study.quiz import Quiz
from torch_judge.study.session import present, told


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
