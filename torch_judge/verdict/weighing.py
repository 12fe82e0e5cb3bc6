"""Costs seen from outside: what an accepted submission holds in memory, by the system's own count of its process.

Meters that run beside a learner's code can be silenced or passed by. The size of a process cannot.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from torch_judge.bank import Problem
from torch_judge.cases.authoring import Weighing
from torch_judge.isolate import Job, Limits, Outcome, Worker
from torch_judge.observe import Setting
from torch_judge.report import CaseResult, Report
from torch_judge.submission import Cell, Program
from torch_judge.verdict.known import known
from torch_judge.verdict.one_case import judge_case

LIMITS = Limits(wall_s=240.0, cpu_s=90, case_s=75.0)
"""The reference takes about a second. Whoever takes longer than this has not computed the same in another order."""
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

_references: dict[tuple[str, str], int] = {}


def weighed(problem: Problem, program: Program, report: Report, worker: Worker, roots: Sequence[Path]) -> Report:
    """The report with a row for each weighing of the problem, if it accepts and the process runs on a CPU."""
    weighings = known(problem).weighings
    if not weighings or not report.accepted or report.device != "cpu":
        return report
    quiet = definitions(program, problem.entry)
    for weighing in weighings:
        outcome = _run(problem, quiet, weighing, worker, roots)
        if outcome.missing is not None:
            outcome = _run(problem, program, weighing, worker, roots)
        row = _row(problem, weighing, outcome, _of_reference(problem, weighing, worker, roots))
        # The guard's row stays the last.
        cases = [*report.cases, row] if not problem.forbidden else [*report.cases[:-1], row, report.cases[-1]]
        report = replace(report, cases=tuple(cases), accepted=report.accepted and row.passed)
    return report


def definitions(program: Program, entry: str) -> Program:
    """The program without its top-level calls and loops: an experiment beside the solution is not what is weighed."""
    trees = [ast.parse(cell.source) for cell in program.cells]
    used = {entry}.union(*(_free_names(n) for tree in trees for n in tree.body if isinstance(n, DEFINITIONS)))
    cells = []
    for cell, tree in zip(program.cells, trees, strict=True):
        kept = [node for node in tree.body if _defines(node, used)]
        lines = cell.source.splitlines(keepends=True)
        wanted = {n for node in kept for n in range(_first_line(node), (node.end_lineno or node.lineno) + 1)}
        # Blank lines keep the numbers of the others as they were.
        cells.append(Cell(cell.label, "".join(line if n in wanted else "\n" for n, line in enumerate(lines, 1))))
    return replace(program, cells=tuple(cells))


def _defines(node: ast.stmt, used: set[str]) -> bool:
    if not isinstance(node, (ast.Assign, ast.AnnAssign)):
        return isinstance(node, (*DEFINITIONS, ast.Import, ast.ImportFrom, ast.If, ast.Try))
    stored = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return not stored or not used.isdisjoint(stored)


def _first_line(node: ast.stmt) -> int:
    return int(min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]))


def _free_names(node: ast.stmt) -> set[str]:
    """The names that a definition takes from outside."""
    inner = list(ast.walk(node))
    bound = {n.arg for n in inner if isinstance(n, ast.arg)}
    bound |= {n.id for n in inner if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return {n.id for n in inner if isinstance(n, ast.Name)} - bound


def _run(problem: Problem, program: Program, weighing: Weighing, worker: Worker, roots: Sequence[Path]) -> Outcome:
    job = Job(
        program=program,
        entry=problem.entry,
        problem=problem.id,
        cases_source=problem.cases,
        case_names=(weighing.case.name,),
        forbidden=problem.forbidden,
        limits=LIMITS,
        protected=tuple(str(root) for root in (*roots, problem.folder)),
    )
    return worker.run(job)


def _of_reference(problem: Problem, weighing: Weighing, worker: Worker, roots: Sequence[Path]) -> int:
    """The reference's peak in KiB, measured once."""
    key = (problem.solution + problem.cases, weighing.case.name)
    if key not in _references:
        program = Program("solution.py", (Cell("solution.py", problem.solution),))
        _references[key] = _run(problem, program, weighing, worker, roots).peak_kb
    return int(_references[key])


def _row(problem: Problem, weighing: Weighing, outcome: Outcome, reference_kb: int) -> CaseResult:
    setting, solutions = Setting(problem.id), known(problem)
    seen = solutions.with_inputs(weighing.case, outcome.seen[0], setting.seed)
    row = judge_case(weighing.case, seen, solutions.expected(weighing.case, setting.seed), setting, problem)
    more = (outcome.peak_kb - reference_kb) >> 10
    if row.passed and more > weighing.spare_mb:
        message = (
            f"Your process held {more} MB more than the reference's; {weighing.spare_mb} MB more are allowed. Look for "
            "the tensor that must not be there, or for parts of it that are all kept."
        )
        return replace(row, passed=False, message=message)
    return row
