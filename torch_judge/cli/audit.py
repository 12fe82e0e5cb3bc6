"""`torch-judge audit [ID]...`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from torch_judge.cli.console import FAILED, problems_option
from torch_judge.errors import JudgeError

if TYPE_CHECKING:
    from torch_judge.bank import Bank


@click.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--seeds", type=click.IntRange(1), default=3, show_default=True, help="How many seeds to try.")
@click.option("--no-mutants", is_flag=True, help="Leave out the mutants of the references.")
@click.option("--page", type=click.Path(path_type=Path), help="Write the table to this Markdown file, too.")
@click.option(
    "--record", type=click.Path(path_type=Path), help="Skip what this file says is proven, and keep it current."
)
@click.option("--lessons", "of_lessons", is_flag=True, help="Audit lessons instead; ID is then a lesson's topic.")
@click.option("--turn", type=click.IntRange(0), default=0, help="Which handful to prove again all the same.")
@problems_option
@click.pass_context
def audit(
    ctx: click.Context,
    ids: Sequence[str],
    seeds: int,
    no_mutants: bool,
    page: Path | None,
    record: Path | None,
    of_lessons: bool,
    turn: int,
    problems: Path | None,
) -> None:
    """Let problems prove their own tests; all problems if none is named."""
    from torch_judge import audit as auditing
    from torch_judge.audit.proofs import Proofs
    from torch_judge.bank import find_bank

    bank = find_bank(problems)
    if of_lessons:
        ctx.exit(0 if _lessons(bank, ids, seeds) else FAILED)
    chosen = tuple(bank.get(id) for id in ids) if ids else bank.problems()
    proofs = Proofs(record, bank.problems()) if record else None
    jobs = os.cpu_count() or 1
    proven = auditing.audit(chosen, seeds=seeds, mutate=not no_mutants, page=page, jobs=jobs, proofs=proofs, turn=turn)
    ctx.exit(0 if proven else FAILED)


def _lessons(bank: Bank, topics: Sequence[str], seeds: int) -> bool:
    from torch_judge.bank.lessons import find_lessons
    from torch_judge.study.proofs import audit

    found = find_lessons(bank)
    chosen = [found.get(topic) for topic in topics] if topics else found.lessons()
    if not chosen:
        raise JudgeError("There is no lesson.", "`torch-judge new --lesson TOPIC` begins one.")
    return audit(chosen, seeds, bank.ids)
