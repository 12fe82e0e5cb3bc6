"""`torch-judge new ID`."""

from __future__ import annotations

from pathlib import Path

import click

from torch_judge.cli.console import problems_option

OWN = 100
"""Numbers up to here are left to the problems that come with torch-judge, of which there will be more."""


@click.command()
@click.argument("id")
@problems_option
def new(id: str, problems: Path | None) -> None:
    """Begin a new problem: a folder with a small exercise that works."""
    from torch_judge.bank import find_bank
    from torch_judge.bank.scaffold import create

    root, bank = problems or Path("problems"), find_bank()
    taken = {problem.number for problem in bank.problems()}
    if root.resolve() not in [own.resolve() for own in bank.roots[:1]]:
        taken.add(OWN)
    folder = create(root, id, taken)
    click.echo(f"Wrote `{folder}`, an exercise that works. Make it yours, file by file.")
    click.echo(f"Then let it prove its tests: `torch-judge audit {id} --problems {root}`.")
