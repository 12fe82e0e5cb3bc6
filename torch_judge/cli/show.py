"""`torch-judge show ID`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from torch_judge.cli.console import format_option, problems_option, publish_json

if TYPE_CHECKING:
    from torch_judge.bank import Problem


@click.command()
@click.argument("id")
@format_option
@problems_option
def show(id: str, form: str, problems: Path | None) -> None:
    """Show a problem's statement, its formulas as text."""
    from rich.console import Console
    from rich.markdown import Markdown

    from torch_judge.bank import find_bank
    from torch_judge.show.formulas import readable

    problem = find_bank(problems).get(id)
    if form == "json":
        publish_json(_record(problem))
        return
    title = f"# {problem.number:02d} · {problem.title}\n\n**{problem.difficulty}** · {problem.topic}\n\n"
    Console(file=sys.stdout).print(Markdown(title + readable(problem.statement)))


def _record(problem: Problem) -> dict[str, Any]:
    """What a learner may know of a problem; the statement as it is written, in Markdown."""
    fields = ("id", "number", "title", "difficulty", "topic", "entry", "forbidden", "notebook", "statement")
    return {field: getattr(problem, field) for field in fields}
