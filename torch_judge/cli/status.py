"""`torch-judge status`."""

from __future__ import annotations

from pathlib import Path

import click

from torch_judge.cli.console import problems_option, tell


@click.command()
@problems_option
def status(problems: Path | None) -> None:
    """Show what is solved, attempted and to do."""
    from torch_judge.bank import find_bank
    from torch_judge.learner.progress import Store
    from torch_judge.learner.shared import status_rows
    from torch_judge.show import show_status

    store = Store()
    rows, summary = status_rows(find_bank(problems), store)
    show_status(rows, summary=summary)
    tell(store)
