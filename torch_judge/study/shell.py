"""Asks the questions of a quiz in a shell, one after the other."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from torch_judge.errors import JudgeError
from torch_judge.show.terminal import BAD, DIM, message, put
from torch_judge.study import saying, terminal
from torch_judge.study.quiz import Quiz

if TYPE_CHECKING:
    from rich.console import Console

HINT, LEAVE = "h", "q"


def ask(asking: Quiz, read: Callable[[], str] | None = None) -> bool:
    """Ask until every question is answered or the learner leaves; False if questions are left.

    ``read`` gives the next line that was typed and raises EOFError at the end of the input. A timed question that is
    left open counts as missed.
    """
    from rich.console import Console

    console = Console(file=sys.stdout, force_jupyter=False)
    put(console, message(asking.title, "bold"))
    try:
        while number := asking.current:
            terminal.question(console, asking, number)
            while not asking.asked[number - 1].over:
                if not _turn(console, asking, number, read or input):
                    return False
    except EOFError:
        ended = f"The input ended at question {asking.current} of {len(asking.asked)}. Type one letter a line."
        put(console, message(f"\n{ended}", BAD))
        return False
    finally:
        asking.leave()
        for notice in asking.notices():
            put(console, message(f"\n{notice}", DIM))
    put(console, message(f"\n{saying.summary(asking)}"))
    return True


def _turn(console: Console, asking: Quiz, number: int, read: Callable[[], str]) -> bool:
    """One thing typed; False if it means to leave."""
    asked = asking.asked[number - 1]
    hint = f", {HINT} for a hint" if asked.question.hint else ""
    left = asking.left(number)
    time = "" if left is None else f" ({saying.clock(left)} left)"
    console.print(message(f"\n{', '.join(asked.options)}{hint}, {LEAVE} to leave{time}: ", DIM), end="")
    typed = read().strip()
    if typed.lower() == LEAVE:
        return False
    if typed.lower() == HINT and hint:
        terminal.markdown(console, asked.question.hint, 2)
        return True
    try:
        terminal.reply(console, asking.answer(number, typed), asked)
    except JudgeError as error:
        put(console, message(f"{error.fact} {error.remedy}", BAD))
    return True
