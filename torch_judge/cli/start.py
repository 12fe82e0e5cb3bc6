"""`torch-judge start ID`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from torch_judge.cli.console import options_of, problems_option


@click.command()
@click.argument("id")
@click.option("--to", metavar="PATH", type=click.Path(path_type=Path), help="The new notebook, or its folder.")
@click.option("--colab", is_flag=True, help="Let it carry the judge: upload that one file to Colab and it runs.")
@problems_option
def start(id: str, to: Path | None, colab: bool, problems: Path | None) -> None:
    """Copy a problem's notebook to the current folder."""
    from torch_judge.bank import find_bank
    from torch_judge.learner.shared import start_notebook

    target = start_notebook(find_bank(problems).get(id), to or Path(), carried=colab)
    command = f"torch-judge check {shlex.quote(str(target))}{options_of(problems)}"
    if colab:
        size = target.stat().st_size / 1e6
        click.echo(
            f"Wrote `{target}` ({size:.1f} MB), which carries the judge. Upload it to Colab (File, Upload notebook)."
        )
        click.echo(f"What you download from there, `{command}` judges.")
        return
    bank = f" with `TORCH_JUDGE_PROBLEMS={shlex.quote(str(problems.resolve()))}` set" if problems else ""
    click.echo(f"Wrote `{target}`. Open it in Jupyter{bank}, or judge it with `{command}`.")
