"""`torch-judge notebooks`."""

from __future__ import annotations

from pathlib import Path

import click

from torch_judge.cli.console import FAILED, options_of, problems_option, say


@click.command()
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 if any is not current.")
@click.option("--to", "root", metavar="DIR", type=click.Path(path_type=Path), default=Path(), help="Where.")
@click.option("--repository", metavar="OWNER/NAME", help="Where badges and links lead from now on.")
@problems_option
@click.pass_context
def notebooks(ctx: click.Context, only_check: bool, root: Path, repository: str | None, problems: Path | None) -> None:
    """Write templates/ and solutions/ from the problems; with --problems, of that folder's alone."""
    from torch_judge.bank import Bank, find_bank
    from torch_judge.notebooks import build as building
    from torch_judge.notebooks.settings import set_repository

    bank = find_bank(problems)
    if problems is not None:
        bank = Bank((problems,))
    whole = problems is None
    if repository is not None and not only_check:
        set_repository(root, repository)
    if not only_check:
        written = building.write_all(bank, root, whole=whole)
        click.echo(f"Notebooks written: {len(written)}; the others were current already.")
        return
    stale = building.stale(bank, root, repository, whole=whole)
    for path in stale:
        click.echo(f"`{path}` is not current.")
    if stale:
        say("", f"Run `torch-judge notebooks{options_of(problems)}`; delete by hand what belongs to no problem.")
        ctx.exit(FAILED)
    click.echo("All notebooks are current.")
