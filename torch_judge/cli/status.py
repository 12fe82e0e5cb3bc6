"""`torch-judge status`."""

from __future__ import annotations

from pathlib import Path

import click

from torch_judge.cli.console import filters, format_option, options_of, problems_option, publish_json, tell


@click.command()
@filters
@format_option
@problems_option
def status(topic: str | None, difficulty: str | None, state: str | None, form: str, problems: Path | None) -> None:
    """Show what is solved, attempted and to do, and what is next."""
    from dataclasses import asdict

    from torch_judge.bank import find_bank
    from torch_judge.learner import shared
    from torch_judge.learner.progress import Store
    from torch_judge.show import show_status

    store = Store()
    rows, summary = shared.status_rows(find_bank(problems), store)
    shown = shared.chosen(rows, topic, difficulty, state)
    following = shared.next_row(rows, store)
    if form == "json":
        publish_json({**summary, "next": following and following.id, "problems": [asdict(row) for row in shown]})
    else:
        sentence = shared.next_sentence(following, shell=True, options=options_of(problems))
        show_status(shown, summary=summary, following=sentence, filtered=len(shown) < len(rows))
    tell(store)
