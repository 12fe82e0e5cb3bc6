"""`torch-judge cards TOPIC`."""

from __future__ import annotations

from pathlib import Path

import click

from torch_judge.cli.console import NOT_JUDGED, problems_option, tell


@click.command()
@click.argument("topic")
@problems_option
@click.pass_context
def cards(ctx: click.Context, topic: str, problems: Path | None) -> None:
    """Show a lesson's flash cards, one at a time."""
    from torch_judge.bank import find_bank
    from torch_judge.bank.lessons import find_lessons
    from torch_judge.learner.progress import Store
    from torch_judge.study.cards import deck
    from torch_judge.study.deck_shown import ask

    store = Store()
    done = ask(deck(find_lessons(find_bank(problems)).get(topic), store))
    tell(store)
    ctx.exit(0 if done else NOT_JUDGED)
