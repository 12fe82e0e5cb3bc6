"""`torch-judge check FILE`: the official verdict."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from torch_judge.cli.console import (
    FAILED,
    NOT_JUDGED,
    format_option,
    numbered,
    options_of,
    problems_option,
    say,
    tell,
)

if TYPE_CHECKING:
    from torch_judge.bank import Bank
    from torch_judge.learner.progress import Store
    from torch_judge.report import Report


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--problem", metavar="ID", help="Which problem it solves, where the file does not say.")
@click.option("--seed", type=int, default=0, show_default=True, help="Draw other inputs.")
@click.option("--device", type=click.Choice(["cpu", "cuda", "mps"]), default="cpu", show_default=True)
@click.option("--case", metavar="CASE", help="Look at one case (number or name), with everything that you printed.")
@click.option("--remember", "keep", is_flag=True, help="Keep it as an attempt of yours, as in a workspace.")
@format_option
@problems_option
@click.pass_context
def check(
    ctx: click.Context,
    path: Path,
    problem: str | None,
    seed: int,
    device: str,
    case: str | None,
    keep: bool,
    form: str,
    problems: Path | None,
) -> None:
    """Judge a notebook or a Python file, isolated: the official verdict.

    Exit status 0: accepted. 1: not accepted. 2: nothing could be judged. It is kept as an attempt of yours only in a
    workspace (a folder that `torch-judge lab` filled), or with --remember.
    """
    from torch_judge.bank import find_bank
    from torch_judge.isolate.client import Client
    from torch_judge.learner.progress import Store
    from torch_judge.learner.shared import remember
    from torch_judge.notebooks.workspace import is_ones_own

    bank = find_bank(problems)
    # In JSON, stdout is the document and nothing else, whatever prints meanwhile.
    aside = contextlib.redirect_stdout(sys.stderr) if form == "json" else contextlib.nullcontext()
    client = Client() if hasattr(os, "fork") else None  # imports torch while this process does
    from torch_judge.isolate import Worker
    from torch_judge.verdict.official import judge_file

    with aside, Worker(client) as worker:
        report = judge_file(path, problem=problem, seed=seed, device=device, bank=bank, worker=worker)
    store = Store()
    sentence = ""
    if case is not None:  # a look, not an attempt
        report = _one_case(report, bank, numbered(case))
    elif keep or is_ones_own(path):
        sentence = remember(report, store, _source_hash(path))
    if form == "json":
        click.echo(report.to_json(indent=2))
        say(sentence)
    else:
        options = options_of(problems)
        following = _following(report, bank, store, options)
        _show(report, bank, sentence, path, unfold=case is not None, following=following, options=options)
    tell(store)
    ctx.exit(0 if report.accepted else NOT_JUDGED if report.fault == "judge" else FAILED)


def _one_case(report: Report, bank: Bank, which: int | str) -> Report:
    """What a report says of one case; raises JudgeError if the problem has no such case."""
    from torch_judge.verdict.known import known

    name = known(bank.get(report.problem)).case(which).name
    row = next((row for row in report.cases if row.name == name), None)
    if row is None:  # nothing ran
        return report
    return replace(
        report,
        accepted=row.passed and not report.violations,
        cases=(row,),
        diagnosis=tuple(d for d in report.diagnosis if name in d.cases),
    )


def _following(report: Report, bank: Bank, store: Store, options: str) -> str:
    """What comes next, after work that is accepted and kept."""
    from torch_judge.learner.shared import next_problem, next_sentence

    if not report.accepted or store.latest() != report.problem:
        return ""
    return next_sentence(next_problem(bank, store), shell=True, options=options)


def _show(report: Report, bank: Bank, sentence: str, path: Path, *, unfold: bool, following: str, options: str) -> None:
    from torch_judge.show import show

    title, entry, numbers = report.problem, "", None
    if report.problem in bank:
        problem = bank.get(report.problem)
        title, entry = problem.title, problem.entry
        if report.cases:
            from torch_judge.verdict.known import known

            numbers = {case.name: number for number, case in enumerate(known(problem).cases, start=1)}
    show(
        report,
        title=title,
        entry=entry,
        progress=sentence,
        unfold=unfold,
        numbers=numbers,
        file=str(path),
        following=following,
        options=options,
    )


def _source_hash(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
