"""`torch-judge drill ID`."""

from __future__ import annotations

from pathlib import Path

import click

from torch_judge.cli.console import NOT_JUDGED, problems_option, tell


@click.command()
@click.argument("id")
@click.option("--unlock", is_flag=True, help="Although it is not solved: that is a look at its solution.")
@click.option("--seed", type=int, help="Draws which mistake comes, of those never shown.")
@problems_option
@click.pass_context
def drill(ctx: click.Context, id: str, unlock: bool, seed: int | None, problems: Path | None) -> None:
    """Find the mistake in the solution of a problem that you have solved."""
    from torch_judge.bank import find_bank
    from torch_judge.learner.progress import Store
    from torch_judge.study.practice import drill_of
    from torch_judge.study.shell import ask

    store = Store()
    done = ask(drill_of(id, find_bank(problems), store, unlock=unlock, seed=seed))
    tell(store)
    ctx.exit(0 if done else NOT_JUDGED)
