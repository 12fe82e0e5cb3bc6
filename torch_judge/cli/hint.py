"""`torch-judge hint ID`."""

from __future__ import annotations

from pathlib import Path

import click

from torch_judge.cli.console import problems_option, tell


@click.command()
@click.argument("id")
@problems_option
def hint(id: str, problems: Path | None) -> None:
    """Show the next of a problem's three hints."""
    from torch_judge.bank import HINTS, find_bank
    from torch_judge.learner.progress import Store
    from torch_judge.learner.shared import next_hint

    store = Store()
    level, text = next_hint(find_bank(problems).get(id), store)
    click.echo(f"Hint {level} of {HINTS}: {text}")
    tell(store)
