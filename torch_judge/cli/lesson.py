"""`torch-judge lesson [TOPIC]`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from torch_judge.cli.console import problems_option


@click.command()
@click.argument("topic", required=False)
@problems_option
def lesson(topic: str | None, problems: Path | None) -> None:
    """Show a lesson's cheat sheet; without a topic, the lessons."""
    from rich.console import Console

    from torch_judge.bank import find_bank
    from torch_judge.bank.lessons import find_lessons
    from torch_judge.study.sheet import sheet
    from torch_judge.study.terminal import sheet as write

    lessons = find_lessons(find_bank(problems))
    if topic is not None:
        write(Console(file=sys.stdout), sheet(lessons.get(topic)))
        return
    for found in lessons.lessons():
        click.echo(f"{found.topic}: {found.title}, for {', '.join(found.problems)}")
