"""`torch-judge solution ID`."""

from __future__ import annotations

from pathlib import Path

import click

from torch_judge.cli.console import problems_option, tell


@click.command()
@click.argument("id")
@problems_option
def solution(id: str, problems: Path | None) -> None:
    """Print a problem's reference solution. That you looked is remembered."""
    from torch_judge.bank import find_bank
    from torch_judge.learner.progress import Store

    problem, store = find_bank(problems).get(id), Store()
    store.record_peek(problem.id)
    click.echo(problem.solution, nl=False)
    tell(store)
