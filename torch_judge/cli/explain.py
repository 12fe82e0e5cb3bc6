"""`torch-judge explain TOPIC TEXT`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from torch_judge.cli.console import problems_option


@click.command()
@click.argument("topic")
@click.argument("text", default="")
@click.option("--prompt", default="1", show_default=True, help="Which prompt you answer: its number or its name.")
@problems_option
def explain(topic: str, text: str, prompt: str, problems: Path | None) -> None:
    """Say which concepts your explanation has, and which it lacks.

    Without a TEXT, show what to explain; "-" reads it from the standard input.
    """
    from torch_judge import show
    from torch_judge.bank import find_bank
    from torch_judge.bank.lessons import find_lessons
    from torch_judge.study.explain import explained, explained_html, explained_text, listed
    from torch_judge.study.terminal import as_text

    lesson = find_lessons(find_bank(problems)).get(topic)
    given = sys.stdin.read() if text == "-" else text
    if not given.strip():
        show.show_message(*listed(lesson, f'torch-judge explain {lesson.topic} --prompt {{}} "…"'))
        return
    found = explained(lesson, given, prompt)
    show.publish(as_text(explained_text(found)), lambda: explained_html(found))
