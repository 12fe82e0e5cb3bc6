"""What a learner reads when the entry is not there: never defined, its definition raised, a coroutine."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from torch_judge.errors import SubmissionError
from torch_judge.report import ExceptionInfo
from torch_judge.submission.magics import parsed

if TYPE_CHECKING:
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


def missing_entry(
    entry: str, names: Iterable[str], live: bool = False, raised: ExceptionInfo | None = None
) -> SubmissionError:
    """The error to raise when ``entry`` is not among the ``names`` of a submission (of a live notebook: ``live``).

    ``raised`` is what the cell raised that should have defined it, as far as is known.
    """
    plain = {name: _plain(name) for name in names if name != entry}
    near = set(difflib.get_close_matches(_plain(entry), plain.values(), n=2, cutoff=0.8))
    meant = [f"`{name}`" for name in plain if plain[name] in near][:2]
    if raised is not None and raised.frames:
        fact = f"`{entry}` is not defined: {raised.frames[0].place} raised `{raised.type}: {raised.message}`."
        remedy = "Mend that first; after an error the rest of a cell does not run."
        remedy += " An import that is missing belongs into a cell before it." if raised.type == "NameError" else ""
    elif live:
        fact = f"`{entry}` is not defined: no cell that defines it has been run."
        remedy = "Run the cell that defines it, then check again."
    else:
        fact = f"`{entry}` is not defined: nothing at the top level of the submission has this name."
        remedy = f"Define `{entry}` outside any other function or class."
    if meant:
        question = "is: was it meant?" if len(meant) == 1 else "are: was one of them meant?"
        remedy = f"{' and '.join(meant)} {question} {remedy}"
    return SubmissionError(fact, remedy)


def async_entry(entry: str) -> SubmissionError:
    """The error to raise when calling ``entry`` would give a coroutine."""
    return SubmissionError(
        f"`{entry}` is an `async def`: calling it gives a coroutine and computes nothing.",
        f"Write `def {entry}` without `async`.",
    )


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


def _plain(name: str) -> str:
    """A name as people confuse it: without case, underscores and a leading "my"."""
    return name.lower().replace("_", "").removeprefix("my")
