"""Which problem a submission solves: its file name, its metadata, its ``check("…")`` and the entry that it defines."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torch_judge.errors import JudgeError
from torch_judge.submission.magics import parsed
from torch_judge.submission.program import Program, defined_names, syntax_check

if TYPE_CHECKING:
    from torch_judge.bank import Bank

# "06_mha", "mha (1)", "06_mha_solution-2": a number in front, an id, and what a browser or a person appends.
_NAMED = re.compile(r"(?:\d+[_ -]+)?(.+?)(?:[_ -]*(?:solution|copy|final|v?\d+|\(\d+\)))*")


def find_problem(program: Program, bank: Bank) -> str:
    """The id of the problem that ``program`` solves: by its file name, metadata and ``check("id")``, else by its entry.

    Raises JudgeError asking for ``--problem`` if these disagree or name none or several, SubmissionError if none and a
    cell is no valid Python.
    """
    named = {"its file name": _by_file_name(program, bank), "its metadata": _by_metadata(program, bank)}
    ids = {by: id for by, id in named.items() if id is not None}
    checked = list(dict.fromkeys(bank.get(name).id for name in checked_ids(program) if name in bank))
    # One that checks its own problem may check others beside it.
    if len(checked) > 1 and not ids:
        raise JudgeError(f"`{program.name}` checks several problems: {_list(checked)}.", _choose(checked))
    if checked and not set(ids.values()) & set(checked):
        ids[f'its `check("{checked[0]}")`'] = checked[0]
    if len(set(ids.values())) > 1:
        said = ", ".join(f"{by} names `{id}`" for by, id in ids.items())
        raise JudgeError(
            f"`{program.name}` does not say clearly which problem it solves: {said}.", _choose(list(ids.values()))
        )
    return next(iter(ids.values()), None) or _by_unknown_check(program, bank) or _by_entry(program, bank)


def _by_metadata(program: Program, bank: Bank) -> str | None:
    return None if program.problem is None else bank.get(program.problem).id


def _by_file_name(program: Program, bank: Bank) -> str | None:
    """The problem that a file name spells, whole: "relu_vs_gelu.ipynb" spells none."""
    stem = program.name.rpartition(".")[0].lower()
    match = _NAMED.fullmatch(stem)
    spelled = {stem, match[1]} if match else {stem}
    if id := next((id for id in bank.ids if id in spelled), None):
        return id
    # Some notebooks have a longer name than their problem: "05_multihead_attention". Our own begin with the number.
    ours = bank.problems() if stem[:1].isdecimal() else ()
    return next((p.id for p in ours if match and p.notebook.partition("_")[2] == match[1]), None)


def _by_unknown_check(program: Program, bank: Bank) -> str | None:
    """Raises JudgeError about a misspelled ``check("id")``."""
    for name in checked_ids(program):
        return bank.get(name).id
    return None


def _by_entry(program: Program, bank: Bank) -> str:
    names = defined_names(program)
    solved = [problem for problem in bank.problems() if problem.entry in names]
    if len(solved) == 1:
        return solved[0].id
    if solved:
        entries = ", ".join(f"`{problem.entry}` of `{problem.id}`" for problem in solved)
        raise JudgeError(
            f"`{program.name}` defines the entries of several problems: {entries}.", _choose([p.id for p in solved])
        )
    syntax_check(program)
    found = f"it defines {_list(sorted(names))}" if names else "it defines nothing"
    raise JudgeError(
        f'`{program.name}` does not say which problem it solves: no `check("…")`, no problem\'s entry; {found}.',
        "Name the problem with `--problem ID`; `torch-judge list` shows the ids.",
    )


def checked_ids(program: Program) -> Iterator[str]:
    """The ids of literal ``check("id")`` calls, in order."""
    nodes = [node for cell in program.cells if (tree := parsed(cell.source)) for node in ast.walk(tree)]
    imports = (alias for node in nodes if isinstance(node, ast.Import) for alias in node.names)
    modules = {alias.asname or alias.name for alias in imports if alias.name == "torch_judge"}
    for node in nodes:
        match node:
            case ast.Call(func=ast.Name(id="check"), args=[ast.Constant(value=str(id)), *_]):
                yield id
            case ast.Call(func=ast.Attribute(ast.Name(module), "check"), args=[ast.Constant(value=str(id)), *_]):
                if module in {"torch_judge", *modules}:
                    yield id


def _list(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:6])
    return shown if len(names) <= 6 else f"{shown} and {len(names) - 6} more"


def _choose(ids: list[str]) -> str:
    return f"Choose one with `--problem`, as in `--problem {ids[0]}`."
