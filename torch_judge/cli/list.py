"""`torch-judge list`."""

from __future__ import annotations

from pathlib import Path

import click

from torch_judge.cli.console import filters, format_option, problems_option, publish_json, say, tell


@click.command("list")
@filters
@format_option
@problems_option
def list_(topic: str | None, difficulty: str | None, state: str | None, form: str, problems: Path | None) -> None:
    """List the problems, one line each.

    A line is as wide as the terminal; into a pipe or a file it goes whole.
    """
    from dataclasses import asdict

    from torch_judge.bank import find_bank
    from torch_judge.learner.progress import Store
    from torch_judge.learner.shared import chosen, status_rows
    from torch_judge.show import show_list

    store = Store()
    rows = chosen(status_rows(find_bank(problems), store)[0], topic, difficulty, state)
    if form == "json":
        publish_json([asdict(row) for row in rows])
    elif rows:
        show_list(rows)
    else:
        say("No problem is of this kind.", "Leave out a filter.")
    tell(store)
