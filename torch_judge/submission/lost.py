"""Why an entry that a submission does define is not there: the statement that defines it raised."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from torch_judge.errors import SubmissionError
from torch_judge.report import ExceptionInfo
from torch_judge.submission.magics import parsed
from torch_judge.submission.program import Program


def lost_entry(
    entry: str, program: Program, error: ExceptionInfo | None, notes: Iterable[str] = ()
) -> SubmissionError | None:
    """The error to raise if ``error`` is what the definition of ``entry`` raised; None if it is of another statement.

    An annotation, a decorator, a base class or a default that needs an absent package is such a case. ``notes`` tell
    which imports failed before.
    """
    if error is None or not error.frames or error.frames[0].place not in set(_places(entry, program)):
        return None
    what = f"{error.type}: {error.message}" if error.message else error.type
    fact = f"`{entry}` is not defined: its definition ({error.frames[0].place}) raised `{what[:300]}`."
    absent = re.findall(r"No module named '([\w.]+)'", "\n".join((what, *notes)))
    if not absent:
        return SubmissionError(fact, "Mend that line and run again.")
    packages = ", ".join(f"`{name.split('.')[0]}`" for name in dict.fromkeys(absent))
    return SubmissionError(fact, f"Not installed here: {packages}. Define `{entry}` without what comes from there.")


def _places(entry: str, program: Program) -> Iterator[str]:
    """The lines of every top-level definition of ``entry``, as messages name them."""
    for cell in program.cells:
        tree = parsed(cell.source)
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name == entry:
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                yield from (f"{cell.label}, line {line}" for line in range(first, (node.end_lineno or first) + 1))
            elif isinstance(node, ast.Assign) and any(getattr(t, "id", "") == entry for t in node.targets):
                yield from (f"{cell.label}, line {line}" for line in range(node.lineno, (node.end_lineno or 0) + 1))
