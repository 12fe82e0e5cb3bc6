"""`torch-judge show ID`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from torch_judge.cli.console import problems_option


@click.command()
@click.argument("id")
@problems_option
def show(id: str, problems: Path | None) -> None:
    """Show a problem's statement."""
    from rich.console import Console
    from rich.markdown import Markdown

    from torch_judge.bank import find_bank

    problem = find_bank(problems).get(id)
    title = f"# {problem.number:02d} · {problem.title}\n\n**{problem.difficulty}** · {problem.topic}\n\n"
    Console(file=sys.stdout).print(Markdown(title + problem.statement))
