"""`torch-judge export GRADES`: marks in the form that other systems read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from torch_judge.cli.console import problems_option, say

if TYPE_CHECKING:
    from torch_judge.bank import Bank
    from torch_judge.classroom.exports.filled import Filled
    from torch_judge.classroom.grading import Class

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("folder", metavar="GRADES", type=click.Path(path_type=Path))
@click.option("--canvas", metavar="CSV", type=FILE, help="Fill in a gradebook that you exported from Canvas.")
@click.option("--column", "columns", metavar="HEADER=PROBLEM", multiple=True, help="Whose marks stand under a header.")
@click.option("--moodle", metavar="CSV", type=FILE, help="Fill in a grading worksheet that you exported from Moodle.")
@click.option("--grade-column", metavar="HEADER", help="The worksheet's column of grades, in its language.")
@click.option("--moodle-import", is_flag=True, help="A file for Moodle's grade import.")
@click.option("--problem", metavar="ID", default="", help="For Moodle: this problem's marks instead of the sums.")
@click.option("--gradescope", metavar="JSON", type=FILE, help="Gradescope's results.json of one --student.")
@click.option("--student", metavar="ID", default="", help="The student of --gradescope.")
@click.option("--gradescope-autograder", "autograder", metavar="DIR", type=click.Path(path_type=Path),
              help="A folder to zip and upload as an autograder; needs --assignment, --wheel.")  # fmt: skip
@click.option("--assignment", metavar="TOML", type=FILE, help="The assignment of --gradescope-autograder.")
@click.option("--wheel", metavar="WHL", type=FILE, help="torch-judge's wheel, for --gradescope-autograder.")
@click.option("--nbgrader", is_flag=True, help="nbgrader's columns.")
@click.option("--junit", is_flag=True, help="JUnit XML.")
@click.option("--csv", "wide", is_flag=True, help="A row for each student.")
@click.option("--long", is_flag=True, help="A row for each mark.")
@click.option("--json", "as_json", is_flag=True, help="Everything, with the reports.")
@click.option("--to", metavar="FILE", type=FILE, help="Where to write (default: standard output).")
@problems_option
@click.pass_context
def export(ctx: click.Context, /, folder: Path, to: Path | None, problems: Path | None, **asked: object) -> None:
    """Write the marks of GRADES in the form that another system reads."""
    from torch_judge.bank import find_bank
    from torch_judge.classroom.grading import load_class, write_whole

    bank = find_bank(problems)
    if asked["autograder"]:
        _autograder(ctx, asked, bank)
        return
    found = load_class(folder)
    filled = _made(ctx, found, bank, asked)
    target = to or asked["gradescope"]
    if isinstance(target, Path):
        write_whole(target, filled.text)
        click.echo(f"Wrote `{target}`" + (f": {filled.written} marks." if filled.written else "."))
    else:
        click.echo(filled.text, nl=False)
    for note in filled.notes:
        say(note)


def _made(ctx: click.Context, found: Class, bank: Bank, asked: dict[str, object]) -> Filled:
    from torch_judge.classroom.exports import filled, gradescope, junit, nbgrader, tables

    problem = str(asked["problem"])
    problem = bank.get(problem).id if problem else ""
    if problem and problem not in found.problems:
        raise click.UsageError(f"The assignment has no problem `{problem}`: it has {', '.join(found.problems)}.", ctx)
    if isinstance(path := asked["canvas"], Path):
        return filled.canvas(found, path, bank, _columns(ctx, found, asked["columns"]))
    if isinstance(path := asked["moodle"], Path):
        column = asked["grade_column"]
        return filled.moodle_worksheet(found, path, problem, column if isinstance(column, str) else None)
    if asked["moodle_import"]:
        return filled.moodle_import(found, problem)
    if asked["gradescope"]:
        return filled.Filled(gradescope.results(found, str(asked["student"]), bank))
    plain = {"nbgrader": nbgrader.grades, "junit": junit.junit, "wide": tables.wide, "long": tables.long,
             "as_json": tables.as_json}  # fmt: skip
    for name, make in plain.items():
        if asked[name]:
            return filled.Filled(make(found))
    raise click.UsageError(
        "Say for whom: --canvas, --moodle, --gradescope, --nbgrader, --junit, --csv, --long, --json.", ctx
    )


def _columns(ctx: click.Context, found: Class, given: object) -> dict[str, str]:
    assert isinstance(given, Sequence)
    columns = {}
    for text in given:
        header, equals, problem = str(text).rpartition("=")
        if not equals or (problem and problem not in found.problems):
            raise click.UsageError(
                f"--column {text}: write HEADER=PROBLEM; problems are {', '.join(found.problems)}.", ctx
            )
        columns[header] = problem
    return columns


def _autograder(ctx: click.Context, asked: dict[str, object], bank: Bank) -> None:
    from torch_judge.classroom.assignment import read_assignment
    from torch_judge.classroom.exports.gradescope import autograder

    folder, assignment, wheel = asked["autograder"], asked["assignment"], asked["wheel"]
    if not isinstance(assignment, Path) or not isinstance(wheel, Path):
        raise click.UsageError("--gradescope-autograder needs --assignment TOML and --wheel WHL.", ctx)
    assert isinstance(folder, Path)
    read_assignment(assignment, bank)  # what is wrong with it is said now, not to the students
    autograder(folder, assignment, wheel)
    click.echo(f"Wrote `{folder}`. Zip what is in it and upload the zip to Gradescope as the autograder.")
