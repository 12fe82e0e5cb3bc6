"""`torch-judge lab [DIR]`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument(
    "folder", metavar="[DIR]", type=click.Path(path_type=Path, file_okay=False), default=Path("torch-judge")
)
@click.argument("options", metavar="[JUPYTER OPTION]...", nargs=-1, type=click.UNPROCESSED)
def lab(folder: Path, options: Sequence[str]) -> None:
    """Open JupyterLab with torch-judge's buttons on a workspace (default: ./torch-judge).

    Notebooks that are missing in the workspace are written; a file of yours is never overwritten. What follows the
    folder is passed on, e.g. `torch-judge lab work --no-browser --port 8889`.
    """
    from torch_judge.bank import find_bank
    from torch_judge.notebooks.lab import launch
    from torch_judge.notebooks.workspace import Workspace

    launch(Workspace(folder, find_bank()), options)
