"""The command line. Exit status 0: accepted; 1: the learner's code is at fault; 2: nothing could be judged."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from torch_judge import __version__
from torch_judge.console import FAILED, NOT_JUDGED, Commands, say

if TYPE_CHECKING:
    from torch_judge.bank import Bank
    from torch_judge.progress import Store
    from torch_judge.report import Report

problems_option = click.option(
    "--problems", metavar="DIR", type=click.Path(path_type=Path), help="A folder of further problem folders."
)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="torch-judge")
def main() -> None:
    """Exercises for PyTorch: write a building block, and be told what is wrong with it."""


@main.command()
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
    from torch_judge.learner import remember
    from torch_judge.progress import Store

    bank = find_bank(problems)
    # In JSON, stdout is the document and nothing else, whatever prints meanwhile.
    aside = contextlib.redirect_stdout(sys.stderr) if form == "json" else contextlib.nullcontext()
    client = Client() if hasattr(os, "fork") else None  # imports torch while this process does
    from torch_judge.isolate import Worker
    from torch_judge.official import judge_file

    with aside, Worker(client) as worker:
        report = judge_file(path, problem=problem, seed=seed, device=device, bank=bank, worker=worker)
    store = Store()
    sentence = remember(report, store, _source_hash(path))
    if form == "json":
        click.echo(report.to_json(indent=2))
        say(sentence)
    else:
        _show(report, bank, sentence)
    _tell(store)
    ctx.exit(0 if report.accepted else NOT_JUDGED if report.fault == "judge" else FAILED)


@main.command("list")
@problems_option
def list_(problems: Path | None) -> None:
    """List the problems."""
    from torch_judge.bank import find_bank

    rows = [(str(p.number), p.id, p.title, p.difficulty, p.topic) for p in find_bank(problems).problems()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, *texts in rows:
        cells = [number.rjust(widths[0]), *(t.ljust(w) for t, w in zip(texts, widths[1:], strict=True))]
        click.echo("  ".join(cells).rstrip())


@main.command()
@click.argument("id")
@problems_option
def show(id: str, problems: Path | None) -> None:
    """Show a problem's statement."""
    from rich.console import Console
    from rich.markdown import Markdown

    from torch_judge.bank import find_bank

    problem = find_bank(problems).get(id)
    title = f"# {problem.number:02d} · {problem.title}\n\n**{problem.difficulty}** · {problem.topic}\n\n"
    Console(file=sys.stdout).print(Markdown(title + problem.statement))


@main.command()
@click.argument("id")
@click.option("--to", metavar="PATH", type=click.Path(path_type=Path), help="The new notebook, or its folder.")
@problems_option
def start(id: str, to: Path | None, problems: Path | None) -> None:
    """Copy a problem's notebook to the current folder."""
    from torch_judge.bank import find_bank
    from torch_judge.learner import start_notebook

    target = start_notebook(find_bank(problems).get(id), to or Path())
    click.echo(
        f"Wrote `{target}`. Open it in Jupyter, or judge it with `torch-judge check {shlex.quote(str(target))}`."
    )


@main.command(context_settings={"ignore_unknown_options": True})
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
    from torch_judge.lab import launch
    from torch_judge.workspace import Workspace

    launch(Workspace(folder, find_bank()), options)


@main.command()
@click.argument("id")
@problems_option
def hint(id: str, problems: Path | None) -> None:
    """Show the next of a problem's three hints."""
    from torch_judge.bank import HINTS, find_bank
    from torch_judge.learner import next_hint
    from torch_judge.progress import Store

    store = Store()
    level, text = next_hint(find_bank(problems).get(id), store)
    click.echo(f"Hint {level} of {HINTS}: {text}")
    _tell(store)


@main.command()
@problems_option
def status(problems: Path | None) -> None:
    """Show what is solved, attempted and to do."""
    from torch_judge.bank import find_bank
    from torch_judge.learner import status_rows
    from torch_judge.progress import Store
    from torch_judge.show import show_status

    store = Store()
    rows, summary = status_rows(find_bank(problems), store)
    show_status(rows, summary=summary)
    _tell(store)


@main.command()
@click.argument("id")
@problems_option
def new(id: str, problems: Path | None) -> None:
    """Begin a new problem: a folder with a small exercise that works."""
    from torch_judge.scaffold import create

    root = problems or Path("problems")
    folder = create(root, id)
    click.echo(f"Wrote `{folder}`, an exercise that works. Make it yours, file by file.")
    click.echo(f"Then let it prove its tests: `torch-judge audit {id} --problems {root}`.")


@main.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--seeds", type=click.IntRange(1), default=3, show_default=True, help="How many seeds to try.")
@click.option("--no-mutants", is_flag=True, help="Leave out the mutants of the references.")
@click.option("--page", type=click.Path(path_type=Path), help="Write the table to this Markdown file, too.")
@problems_option
@click.pass_context
def audit(
    ctx: click.Context, ids: Sequence[str], seeds: int, no_mutants: bool, page: Path | None, problems: Path | None
) -> None:
    """Let problems prove their own tests; all problems if none is named."""
    from torch_judge import audit as auditing
    from torch_judge.bank import find_bank

    bank = find_bank(problems)
    chosen = tuple(bank.get(id) for id in ids) if ids else bank.problems()
    jobs = os.cpu_count() or 1
    ctx.exit(0 if auditing.audit(chosen, seeds=seeds, mutate=not no_mutants, page=page, jobs=jobs) else FAILED)


@main.command()
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 if any is not current.")
@click.option("--to", "root", metavar="DIR", type=click.Path(path_type=Path), default=Path(), help="Where.")
@click.option("--repository", metavar="OWNER/NAME", help="Where badges and links lead from now on.")
@problems_option
@click.pass_context
def notebooks(ctx: click.Context, only_check: bool, root: Path, repository: str | None, problems: Path | None) -> None:
    """Write templates/ and solutions/ from the problems."""
    from torch_judge import notebooks as building
    from torch_judge.bank import find_bank
    from torch_judge.settings import set_repository

    bank = find_bank(problems)
    if repository is not None and not only_check:
        set_repository(root, repository)
    if not only_check:
        click.echo(f"Notebooks written: {len(building.write_all(bank, root))}; the others were current already.")
        return
    stale = building.stale(bank, root, repository)
    for path in stale:
        click.echo(f"`{path}` is not current.")
    if stale:
        say("", "Run `torch-judge notebooks`; delete by hand what belongs to no problem.")
        ctx.exit(FAILED)
    click.echo("All notebooks are current.")


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


def _tell(store: Store) -> None:
    for notice in store.notices:
        say(notice)
