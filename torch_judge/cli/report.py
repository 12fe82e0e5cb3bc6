"""`torch-judge report GRADES`: class page, marks and feedback anew from what is on record."""

from __future__ import annotations

from pathlib import Path

import click

from torch_judge.cli.console import problems_option


@click.command()
@click.argument("folder", metavar="GRADES", type=click.Path(path_type=Path))
@problems_option
def report(folder: Path, problems: Path | None) -> None:
    """Write the class page and the feedback pages of a folder of grades anew."""
    from torch_judge.bank import find_bank
    from torch_judge.classroom.grading import load_class
    from torch_judge.classroom.publish import FEEDBACK, publish

    found = load_class(folder)
    page = publish(found, folder, find_bank(problems))
    click.echo(f"Class page: {page}")
    click.echo(f"Feedback: {folder / FEEDBACK}, one page for each of {len(found.recognition.students)} students.")
