"""`torch-judge check FILE`: the official verdict."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from torch_judge.cli.console import FAILED, NOT_JUDGED, problems_option, say, tell

if TYPE_CHECKING:
    from torch_judge.bank import Bank
    from torch_judge.report import Report


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--problem", metavar="ID", help="Which problem it solves, where the file does not say.")
@click.option("--seed", type=int, default=0, show_default=True, help="Draw other inputs.")
@click.option("--device", type=click.Choice(["cpu", "cuda", "mps"]), default="cpu", show_default=True)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@problems_option
@click.pass_context
def check(
    ctx: click.Context,
    path: Path,
    problem: str | None,
    seed: int,
    device: str,
    form: str,
    problems: Path | None,
) -> None:
    """Judge a notebook or a Python file, isolated: the official verdict.

    Exit status 0: accepted. 1: not accepted. 2: nothing could be judged.
    """
    from torch_judge.bank import find_bank
    from torch_judge.isolate.client import Client
    from torch_judge.learner.progress import Store
    from torch_judge.learner.shared import remember

    bank = find_bank(problems)
    # In JSON, stdout is the document and nothing else, whatever prints meanwhile.
    aside = contextlib.redirect_stdout(sys.stderr) if form == "json" else contextlib.nullcontext()
    client = Client() if hasattr(os, "fork") else None  # imports torch while this process does
    from torch_judge.isolate import Worker
    from torch_judge.verdict.official import judge_file

    with aside, Worker(client) as worker:
        report = judge_file(path, problem=problem, seed=seed, device=device, bank=bank, worker=worker)
    store = Store()
    sentence = remember(report, store, _source_hash(path))
    if form == "json":
        click.echo(report.to_json(indent=2))
        say(sentence)
    else:
        _show(report, bank, sentence)
    tell(store)
    ctx.exit(0 if report.accepted else NOT_JUDGED if report.fault == "judge" else FAILED)


def _show(report: Report, bank: Bank, sentence: str) -> None:
    from torch_judge.show import show

    problem = bank.get(report.problem) if report.problem in bank else None
    title, entry = (problem.title, problem.entry) if problem else (report.problem, "")
    show(report, title=title, entry=entry, progress=sentence)


def _source_hash(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
