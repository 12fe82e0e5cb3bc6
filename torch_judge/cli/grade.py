"""`torch-judge grade SUBMISSIONS --out GRADES`: a folder of submissions becomes marks."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from torch_judge.cli.console import NOT_JUDGED, problems_option, say
from torch_judge.errors import JudgeError

if TYPE_CHECKING:
    from torch_judge.bank import Bank
    from torch_judge.classroom.assignment import Assignment
    from torch_judge.classroom.roster import Roster
    from torch_judge.classroom.words import Recognition

FEW = 12
"""How many left-out files are listed on the screen; the folder of grades lists all."""


class Share(click.ParamType):  # type: ignore[type-arg]
    """K/N, with 1 ≤ K ≤ N."""

    name = "K/N"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """The two numbers."""
        if isinstance(value, tuple):
            return value
        k, slash, n = str(value).partition("/")
        if not (slash and k.isdecimal() and n.isdecimal() and 1 <= int(k) <= int(n)):
            self.fail(f"{value!r} is no share; write 1/4, 2/4, 3/4 and 4/4 for four runs.", param, ctx)
        return int(k), int(n)


@click.command()
@click.argument("sources", metavar="SUBMISSIONS...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--out", metavar="GRADES", type=click.Path(path_type=Path), default=Path("grades"), show_default=True)
@click.option(
    "--assignment", metavar="TOML", type=click.Path(path_type=Path), help="Problems, points, due date, rules."
)
@click.option("--problem", "ids", metavar="ID", multiple=True, help="Judge this problem only (may be repeated).")
@click.option("--roster", metavar="CSV", type=click.Path(path_type=Path), help="Who should have handed in.")
@click.option("--names", metavar="REGEX", help="How paths name the groups `student` and `problem`.")
@click.option("--due", metavar="DATE", help="When it was due, e.g. 2026-11-20 or 2026-11-20T23:59:00+01:00.")
@click.option("--dry-run", is_flag=True, help="Say what is recognised, and stop.")
@click.option("--again", metavar="STUDENT|PROBLEM", multiple=True, help="Judge this student or problem anew.")
@click.option("--set", "ruling", metavar="STUDENT PROBLEM POINTS", nargs=3, help="Your word on a mark: it stands.")
@click.option("--because", metavar="REASON", help="The reason of --set; it is shown with the mark.")
@click.option("--workers", type=click.IntRange(1), help="How many processes judge (default: the processors).")
@click.option("--shard", type=Share(), default=(1, 1), help="Judge only this share, e.g. 3/40; ledgers merge.")
@click.option("--on", type=click.Choice(["pool", "ray"]), default="pool", show_default=True, help="Where to judge.")
@problems_option
@click.pass_context
def grade(
    ctx: click.Context,
    sources: Sequence[Path],
    out: Path,
    assignment: Path | None,
    ids: Sequence[str],
    roster: Path | None,
    names: str | None,
    due: str | None,
    dry_run: bool,
    again: Sequence[str],
    ruling: tuple[str, str, str] | None,
    because: str | None,
    workers: int | None,
    shard: tuple[int, int],
    on: str,
    problems: Path | None,
) -> None:
    """Judge a folder or a zip of submissions, officially; run again, it judges only what changed.

    Exit status 0: all were judged. 2: some could not be.
    """
    from torch_judge.bank import find_bank
    from torch_judge.classroom.roster import read_roster

    if ruling is not None or because is not None:
        _rule(out, ruling, because)
        if not sources:
            _publish(out, find_bank(problems))
            return
    if not sources:
        raise click.UsageError("Name a folder or a zip of submissions.", ctx)
    bank = find_bank(problems)
    plan = _plan(assignment, ids, due, bank)
    with tempfile.TemporaryDirectory(prefix="torch-judge-") as scratch:
        found = _recognised(sources, bank, Path(scratch), plan, read_roster(roster) if roster else None, names)
        _tell_recognised(found, bank)
        if dry_run:
            return
        if not found.hand_ins:
            raise JudgeError(
                "No hand-in was recognised.", "Say how paths name student and problem with `--names REGEX`."
            )
        plan = plan.of(tuple(dict.fromkeys(hand_in.problem for hand_in in found.hand_ins)))
        _judge(found, plan, out, bank, again, shard, workers, on)
    left = _left(found, out, shard)
    del found  # what is published is read from the folder of grades
    _publish(out, bank)
    ctx.exit(_status(left))


def _rule(out: Path, ruling: tuple[str, str, str] | None, because: str | None) -> None:
    from torch_judge.classroom.grading import rule
    from torch_judge.classroom.ledger import Ruling

    if ruling is None or not (because or "").strip():
        raise click.UsageError('A mark is set with its reason: --set STUDENT PROBLEM POINTS --because "…".')
    student, problem, points = ruling
    try:
        worth = float(points)
    except ValueError:
        raise click.UsageError(f"{points!r} is no number of points.") from None
    if not 0 <= worth < 1e6:
        raise click.UsageError(f"{points} points cannot be given: write a number that is not negative.")
    rule(out, Ruling(student, problem, worth, str(because)))


def _plan(path: Path | None, ids: Sequence[str], due: str | None, bank: Bank) -> Assignment:
    from torch_judge.classroom.assignment import POINTS, Assignment, due_date, read_assignment

    plan = read_assignment(path, bank) if path else Assignment()
    if ids:
        chosen = [bank.get(id).id for id in ids]
        plan = replace(plan, points={id: plan.points.get(id, POINTS) for id in chosen})
    return replace(plan, due=due_date(due)) if due else plan


def _recognised(
    sources: Sequence[Path], bank: Bank, scratch: Path, plan: Assignment, roster: Roster | None, names: str | None
) -> Recognition:
    from torch_judge.classroom.recognise import Recogniser

    recogniser = Recogniser(bank, scratch, problems=tuple(plan.points), roster=roster, pattern=names)
    return recogniser.read(sources)


def _tell_recognised(found: Recognition, bank: Bank) -> None:
    """The table of what was recognised, then what was left out, and why."""
    per_problem = Counter(hand_in.problem for hand_in in found.hand_ins)
    count = len({hand_in.student for hand_in in found.hand_ins})
    click.echo(f"Recognised {len(found.hand_ins)} hand-ins of {count} students.")
    width = max(map(len, [*per_problem, *found.layouts]), default=0)
    for layout, number in sorted(found.layouts.items()):
        click.echo(f"  {layout.ljust(width)}  {number:5d}  files")
    for problem in sorted(per_problem, key=lambda id: bank.get(id).number):
        click.echo(f"  {problem.ljust(width)}  {per_problem[problem]:5d}  hand-ins")
    if found.older:
        click.echo(f"{len(found.older)} older hand-ins do not count: a newer one of the same student is there.")
    for left in found.left_out[:FEW]:
        say(f"Left out: {left.place}: {left.why}.")
    if len(found.left_out) > FEW:
        say(f"Left out: {len(found.left_out) - FEW} more; class.json lists all.")
    for note in found.notes[:FEW]:
        say(note)


def _judge(
    found: Recognition,
    plan: Assignment,
    out: Path,
    bank: Bank,
    again: Sequence[str],
    shard: tuple[int, int],
    workers: int | None,
    on: str,
) -> None:
    from torch_judge.classroom.grading import judge_pending, pending, save_class
    from torch_judge.classroom.ledger import read_ledger
    from torch_judge.classroom.publish import save_pairs
    from torch_judge.cli.progress import telling

    _check_again(found, again)
    save_class(out, plan, found)
    ledger = read_ledger(out)
    for note in ledger.notes:
        say(note)
    todo = pending(found.hand_ins, ledger, again=again, shard=shard)
    todo.sort(key=lambda hand_in: hand_in.problem)
    click.echo(f"{len(todo)} to judge.")
    save_pairs(out, found.hand_ins, bank)
    if todo:
        with telling(len(todo)) as told:
            judge_pending(todo, out, _judge_on(on, bank, workers), shard=shard, told=told)


def _judge_on(on: str, bank: Bank, workers: int | None):  # type: ignore[no-untyped-def]
    if on == "ray":
        from torch_judge.classroom.on_ray import judge_on_ray

        return lambda work: judge_on_ray(work, bank=bank, workers=workers)
    from torch_judge.verdict.many import judge_many

    return lambda work: judge_many(work, bank=bank, workers=workers)


def _check_again(found: Recognition, again: Sequence[str]) -> None:
    names = {hand_in.student for hand_in in found.hand_ins} | {hand_in.problem for hand_in in found.hand_ins}
    for name in again:
        if name not in names:
            raise JudgeError(f"`--again {name}`: no hand-in is of such a student or problem.", "Use an id as shown.")


def _left(found: Recognition, out: Path, shard: tuple[int, int]) -> int:
    """How many hand-ins of this share are not judged."""
    from torch_judge.classroom.grading import pending
    from torch_judge.classroom.ledger import read_ledger

    return len(pending(found.hand_ins, read_ledger(out), shard=shard))


def _status(left: int) -> int:
    """The exit status; where hand-ins are left that are not judged, what to do about them is said."""
    if not left:
        return 0
    say(f"{left} hand-ins are not judged.", "Run the same command again; `export GRADES --json` says why.")
    return NOT_JUDGED


def _publish(out: Path, bank: Bank) -> None:
    """Write marks, feedback and the class page."""
    from torch_judge.classroom.grading import load_class
    from torch_judge.classroom.publish import publish

    found = load_class(out)
    page = publish(found, out, bank)
    counts = Counter(mark.status for mark in found.marks)
    click.echo(", ".join(f"{number} {status}" for status, number in counts.most_common()) + ".")
    click.echo(f"Class page: {page}")
