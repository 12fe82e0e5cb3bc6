"""`torch-judge reset ID` and `torch-judge reset NOTEBOOK`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from torch_judge.cli.console import problems_option, tell
from torch_judge.errors import JudgeError

if TYPE_CHECKING:
    from torch_judge.bank import Bank


@click.command()
@click.argument("what", metavar="ID|NOTEBOOK", required=False)
@click.option("--all", "every", is_flag=True, help="Forget what you did on all problems; asks first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@problems_option
def reset(what: str | None, every: bool, yes: bool, problems: Path | None) -> None:
    """Forget what you did on a problem, or put the blank notebook back.

    `torch-judge reset batchnorm` forgets attempts, hints and whether you looked at the solution. `torch-judge reset
    07_batchnorm.ipynb` makes the notebook blank again and keeps your work beside it.
    """
    from torch_judge.bank import find_bank

    if (what is None) is not every:
        raise click.UsageError("Name a problem or a notebook, or give --all.")
    bank = find_bank(problems)
    if what is not None and Path(what).suffix == ".ipynb":
        _blank(Path(what), bank)
        return
    from torch_judge.learner.progress import Store

    id = bank.get(what).id if what is not None else None
    if id is None and not yes:
        click.confirm("Forget every attempt, hint and look at a solution?", abort=True)
    store = Store()
    store.reset(id)
    click.echo(f"The progress of {f'`{id}`' if id else 'all problems'} was reset.")
    tell(store)


def _blank(path: Path, bank: Bank) -> None:
    from torch_judge.notebooks.workspace import Workspace, problem_of

    if not path.is_file():
        raise JudgeError(f"There is no file `{path}`.", "`torch-judge start ID` writes a problem's notebook.")
    id = problem_of(path)
    if not isinstance(id, str):
        raise JudgeError(f"`{path}` does not say whose notebook it is.", "Begin anew with `torch-judge start ID`.")
    kept = Workspace(path.parent, bank).reset(path, bank.get(id))
    click.echo(f"`{path}` is blank again. Your work is in `{path.with_name(kept.name)}`.")
