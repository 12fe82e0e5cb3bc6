"""`torch-judge trace TOPIC`."""

from __future__ import annotations

from pathlib import Path

import click

from torch_judge.cli.console import problems_option


@click.command()
@click.argument("topic")
@problems_option
def trace(topic: str, problems: Path | None) -> None:
    """Show how data goes through a lesson's model, and its training."""
    from torch_judge import show
    from torch_judge.bank import find_bank
    from torch_judge.bank.lessons import find_lessons
    from torch_judge.study.terminal import as_text
    from torch_judge.study.trace import traced
    from torch_judge.study.trace_page import trace_html
    from torch_judge.study.trace_text import trace_text

    found = traced(find_lessons(find_bank(problems)).get(topic))
    show.publish(as_text(trace_text(found)), lambda: trace_html(found))
