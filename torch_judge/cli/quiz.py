"""`torch-judge quiz TOPIC`."""

from __future__ import annotations

from pathlib import Path

import click

from torch_judge.cli.console import NOT_JUDGED, problems_option, say

SETS = ("quick", "practice", "challenge", "trace")


@click.command()
@click.argument("topic")
@click.option("--set", "name", type=click.Choice(SETS), default="quick", show_default=True, help="Which questions.")
@problems_option
@click.pass_context
def quiz(ctx: click.Context, topic: str, name: str, problems: Path | None) -> None:
    """Ask a lesson's questions; the challenge is timed."""
    from torch_judge.bank import find_bank
    from torch_judge.bank.lessons import find_lessons
    from torch_judge.study.lessons import series
    from torch_judge.study.session import of_series
    from torch_judge.study.shell import ask

    found = series(find_lessons(find_bank(problems)).get(topic), name)
    for fault in found.faults:
        say("A question is left out.", str(fault))
    ctx.exit(0 if ask(of_series(found)) else NOT_JUDGED)
