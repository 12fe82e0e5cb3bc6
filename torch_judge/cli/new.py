"""`torch-judge new ID`."""

from __future__ import annotations

from pathlib import Path

import click

from torch_judge.cli.console import problems_option

OWN = 100
"""Numbers up to here are left to the problems that come with torch-judge, of which there will be more."""


@click.command()
@click.argument("id")
@click.option("--lesson", is_flag=True, help="Begin a lesson; ID is its topic, its folder stands in lessons/.")
@problems_option
def new(id: str, lesson: bool, problems: Path | None) -> None:
    """Begin a new problem: a folder with a small exercise that works. Or a lesson."""
    if lesson:
        _lesson(id, problems)
    else:
        _problem(id, problems)


def _problem(id: str, problems: Path | None) -> None:
    from torch_judge.bank import find_bank
    from torch_judge.bank.scaffold import create

    root, bank = problems or Path("problems"), find_bank()
    taken = {problem.number for problem in bank.problems()}
    if root.resolve() not in [own.resolve() for own in bank.roots[:1]]:
        taken.add(OWN)
    folder = create(root, id, taken)
    click.echo(f"Wrote `{folder}`, an exercise that works. Make it yours, file by file.")
    click.echo(f"Then let it prove its tests: `torch-judge audit {id} --problems {root}`.")


def _lesson(topic: str, problems: Path | None) -> None:
    from torch_judge.bank.lesson_scaffold import create
    from torch_judge.cli.console import options_of

    folder = create((problems or Path("problems")).parent / "lessons", topic)
    click.echo(f"Wrote `{folder}`, a lesson that runs. Make it yours, file by file; docs/lessons.md tells how.")
    click.echo(f"Then let it prove itself: `torch-judge audit --lessons {topic}{options_of(problems)}`.")
