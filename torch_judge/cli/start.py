"""`torch-judge start ID`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from torch_judge.cli.console import problems_option


@click.command()
@click.argument("id")
@click.option("--to", metavar="PATH", type=click.Path(path_type=Path), help="The new notebook, or its folder.")
@problems_option
def start(id: str, to: Path | None, problems: Path | None) -> None:
    """Copy a problem's notebook to the current folder."""
    from torch_judge.bank import find_bank
    from torch_judge.learner.shared import start_notebook

    target = start_notebook(find_bank(problems).get(id), to or Path())
    click.echo(
        f"Wrote `{target}`. Open it in Jupyter, or judge it with `torch-judge check {shlex.quote(str(target))}`."
    )
