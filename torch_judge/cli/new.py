"""`torch-judge new ID`."""

from __future__ import annotations

from pathlib import Path

import click

from torch_judge.cli.console import problems_option


@click.command()
@click.argument("id")
@problems_option
def new(id: str, problems: Path | None) -> None:
    """Begin a new problem: a folder with a small exercise that works."""
    from torch_judge.bank.scaffold import create

    root = problems or Path("problems")
    folder = create(root, id)
    click.echo(f"Wrote `{folder}`, an exercise that works. Make it yours, file by file.")
    click.echo(f"Then let it prove its tests: `torch-judge audit {id} --problems {root}`.")
