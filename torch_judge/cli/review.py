"""`torch-judge review`."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from torch_judge.cli.console import NOT_JUDGED, problems_option, tell


@click.command()
@problems_option
@click.pass_context
def review(ctx: click.Context, problems: Path | None) -> None:
    """Go through what is due today, ten minutes of it."""
    from torch_judge.bank import find_bank
    from torch_judge.learner.progress import Store
    from torch_judge.show import show_message
    from torch_judge.study.cards import Deck
    from torch_judge.study.deck_shown import ask as ask_cards
    from torch_judge.study.quiz import Quiz
    from torch_judge.study.review import reviewing
    from torch_judge.study.shell import ask

    store = Store()
    found = reviewing(find_bank(problems), store, secrets.randbits(32))
    show_message(found.sentence or "Nothing is due today.")
    done = not found.cards or ask_cards(Deck("Review: cards", found.cards))
    done = done and (not found.questions or ask(Quiz("Review: questions", found.questions)))
    if done and found.problem:
        show_message(found.again(f"{found.problem.notebook}.ipynb"))
    tell(store)
    ctx.exit(0 if done else NOT_JUDGED)
