"""`torch-judge list`."""

from __future__ import annotations

from pathlib import Path

import click

from torch_judge.cli.console import problems_option


@click.command("list")
@problems_option
def list_(problems: Path | None) -> None:
    """List the problems."""
    from torch_judge.bank import find_bank

    rows = [(str(p.number), p.id, p.title, p.difficulty, p.topic) for p in find_bank(problems).problems()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, *texts in rows:
        cells = [number.rjust(widths[0]), *(t.ljust(w) for t, w in zip(texts, widths[1:], strict=True))]
        click.echo("  ".join(cells).rstrip())
