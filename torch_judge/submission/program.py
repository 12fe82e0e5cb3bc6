"""What a learner hands in: a live notebook, an ``.ipynb`` or a ``.py``."""

from __future__ import annotations

import ast
import dataclasses
import difflib
import json
import re
import symtable
import tokenize
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch_judge.errors import JudgeError, SubmissionError
from torch_judge.submission.magics import inert, parsed

if TYPE_CHECKING:
    from torch_judge.bank import Bank

LARGEST = 64 * 2**20
SAVE_AGAIN = "Save or download the notebook again."
GIVE = "Give a notebook (`.ipynb`) or a Python file (`.py`)."


@dataclass(frozen=True)
class Cell:
    """A piece of a learner's source. ``label`` is how messages name it: "cell 3", or the file's name."""

    label: str
    source: str


@dataclass(frozen=True)
class Program:
    """A submission read from a file: Python cells, magics already made inert. Nothing has been executed."""

    name: str
    cells: tuple[Cell, ...]
    problem: str | None = None
    notes: tuple[str, ...] = ()


def read_program(path: Path) -> Program:
    """The cells of a notebook or of a Python file, magics made inert.

    Raises JudgeError if the file cannot be read as either, SubmissionError if it holds no code.
    """
    _refuse_unreadable(path)
    problem: str | None = None
    if path.suffix.lower() == ".py":
        sources = [(path.name, _python(path))]
    else:
        notebook = _notebook(path)
        sources = list(_code_cells(path, notebook))
        problem = _named_problem(notebook)
    cells, notes = [], []
    for label, source in sources:
        if not source.strip():
            continue
        source, left_out = inert(source.replace("\r\n", "\n").replace("\r", "\n"))
        cells.append(Cell(label, source))
        if left_out:
            notes.append(f"{label}: {left_out}")
    if not cells:
        raise SubmissionError(f"`{path.name}` holds no code.", "Write your solution in it and save it first.")
    return Program(path.name, tuple(cells), problem, tuple(notes))


def syntax_check(program: Program) -> None:
    """Raise SubmissionError, naming cell, line and text, if a cell is no valid Python."""
    for cell in program.cells:
        if fault := _fault(cell):
            raise SubmissionError(f"{fault}.", "Mend it and run again.")


def clean(program: Program, entry: str) -> Program:
    """The program without its broken cells, each with a note, where another cell defines ``entry``.

    Raises SubmissionError about the broken cell (the one that would define ``entry``, if any) where none does.
    """
    faults = [(cell, fault) for cell in program.cells if (fault := _fault(cell))]
    if not faults:
        return program
    broken = [cell for cell, _ in faults]
    kept = dataclasses.replace(program, cells=tuple(cell for cell in program.cells if cell not in broken))
    if entry not in defined_names(kept):
        wanted = re.compile(rf"^\s*((def|class)\s+{re.escape(entry)}\b|{re.escape(entry)}\s*=)", re.M)
        fault = next((fault for cell, fault in faults if wanted.search(cell.source)), faults[0][1])
        raise SubmissionError(f"{fault}.", "Mend it and run again.")
    skipped = (f"{fault}: this cell was skipped." for _, fault in faults)
    return dataclasses.replace(kept, notes=(*program.notes, *skipped))


def find_problem(program: Program, bank: Bank) -> str:
    """The id of the problem that ``program`` solves: by its metadata, its ``check("id")``, or the entry it defines.

    Raises JudgeError asking for ``--problem`` if these name none or several, SubmissionError if none and a cell is
    no valid Python.
    """
    if program.problem is not None:
        return bank.get(program.problem).id
    checked = list(dict.fromkeys(_checked(program)))
    known = [id for id in checked if id in bank]
    if len(known) > 1:
        raise JudgeError(f"`{program.name}` checks several problems: {_list(known)}.", _choose(known))
    if checked:
        return bank.get((known or checked)[0]).id
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


def defined_names(program: Program) -> set[str]:
    """The names that the cells bind at top level: functions, classes, variables, imports. Broken cells have none."""
    return {name for cell in program.cells for name in _bound(cell)}


def missing_entry(entry: str, names: Iterable[str], live: bool = False) -> SubmissionError:
    """The error to raise when ``entry`` is not among the ``names`` of a submission (of a live notebook: ``live``)."""
    plain = {name: _plain(name) for name in names if name != entry}
    near = set(difflib.get_close_matches(_plain(entry), plain.values(), n=2, cutoff=0.8))
    meant = [f"`{name}`" for name in plain if plain[name] in near][:2]
    if live:
        fact = f"`{entry}` is not defined: no cell that defines it has been run."
        remedy = "Run the cell that defines it, then check again."
    else:
        fact = f"`{entry}` is not defined: nothing at the top level of the submission has this name."
        remedy = f"Define `{entry}` outside any other function or class."
    if meant:
        question = "is: was it meant?" if len(meant) == 1 else "are: was one of them meant?"
        remedy = f"{' and '.join(meant)} {question} {remedy}"
    return SubmissionError(fact, remedy)


def _refuse_unreadable(path: Path) -> None:
    try:
        if path.is_dir():
            raise JudgeError(f"`{path}` is a directory.", "Name a notebook (`.ipynb`) or a Python file (`.py`) in it.")
        if not path.exists():
            raise JudgeError(f"`{path}` does not exist.", "Check its path.")
        if path.suffix.lower() not in (".ipynb", ".py") or not path.is_file():
            raise JudgeError(f"`{path}` is neither a notebook nor a Python file.", GIVE)
        if path.stat().st_size > LARGEST:
            raise JudgeError(f"`{path}` is larger than {LARGEST >> 20} MiB.", "Clear its outputs and save it again.")
        path.open("rb").close()
    except OSError as error:
        raise JudgeError(f"`{path}` cannot be read: {error.strerror or error}.", "Check the permissions.") from None


def _python(path: Path) -> str:
    """The text of a Python file, in the encoding that its first lines declare (PEP 263)."""
    try:
        with tokenize.open(path) as file:
            text = file.read()
    except (SyntaxError, UnicodeError, LookupError, OSError) as error:
        raise JudgeError(
            f"`{path}` is not text in the encoding that it declares: {error}.",
            "Save it as UTF-8, or declare its encoding in the first line: `# coding: latin-1`.",
        ) from None
    if "\0" in text:
        raise JudgeError(f"`{path}` holds null bytes: it is no Python text.", "Save it as UTF-8 text.")
    return text


def _notebook(path: Path) -> dict[str, Any]:
    """A notebook of version 4; older ones are upgraded."""
    text = b""
    try:
        text = path.read_bytes()
        data = json.loads(text)
    except (ValueError, RecursionError, OSError) as error:
        if text.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            raise JudgeError(f"`{path}` is damaged or cut off: {error}.", SAVE_AGAIN) from None
        raise JudgeError(f"`{path}` is not a notebook: it is not JSON.", GIVE) from None
    if not isinstance(data, dict) or not ("cells" in data or "worksheets" in data):
        raise JudgeError(f"`{path}` is not a notebook: it is JSON without cells.", GIVE)
    version = data.get("nbformat", 4 if "cells" in data else 3)
    if version in (1, 2, 3):
        return _upgraded(path, data)
    if version != 4:
        raise JudgeError(f"`{path}` is a notebook of version {version!r}.", "Save it as version 4.")
    return data


def _upgraded(path: Path, data: dict[str, Any]) -> dict[str, Any]:
    import nbformat

    try:
        upgraded: dict[str, Any] = nbformat.convert(nbformat.from_dict(data), 4)  # type: ignore[no-untyped-call]
    except Exception as error:
        # Whatever nbformat trips over, the file is the cause.
        raise JudgeError(f"`{path}` is damaged: version {data.get('nbformat')!r}, {error!r}.", SAVE_AGAIN) from None
    return upgraded


def _code_cells(path: Path, notebook: dict[str, Any]) -> Iterator[tuple[str, str]]:
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise JudgeError(f"`{path}` is damaged: its cells are no list of objects.", SAVE_AGAIN)
    code = (cell.get("source", "") for cell in cells if cell.get("cell_type") == "code")
    for number, source in enumerate(code, 1):
        lines = source if isinstance(source, list) else [source]
        if not all(isinstance(line, str) for line in lines):
            raise JudgeError(f"`{path}` is damaged: the source of cell {number} is no text.", SAVE_AGAIN)
        yield f"cell {number}", "".join(lines)


def _named_problem(notebook: dict[str, Any]) -> str | None:
    match notebook:
        case {"metadata": {"torch_judge": {"problem": str(problem)}}}:
            return problem
    return None


def _fault(cell: Cell) -> str | None:
    """What is wrong with the syntax of a cell, where, and the text; None if it compiles."""
    line: int | None = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(cell.source, cell.label, "exec", dont_inherit=True)
        return None
    except SyntaxError as error:
        line, what = error.lineno, error.msg
    except (ValueError, OverflowError, MemoryError, RecursionError) as error:
        what = str(error) or "too deeply nested"
    lines = cell.source.split("\n")
    if not line or line > len(lines):
        return f"{cell.label}: {what}"
    text = lines[line - 1].strip()
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    return f"{cell.label}, line {line}: {what}" + (f": `{shown}`" if shown else "")


def _bound(cell: Cell) -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = symtable.symtable(cell.source, cell.label, "exec")
    except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError):
        return
    for symbol in table.get_symbols():
        if symbol.is_assigned() or symbol.is_imported():
            yield symbol.get_name()


def _checked(program: Program) -> Iterator[str]:
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


def _plain(name: str) -> str:
    """A name as people confuse it: without case, underscores and a leading "my"."""
    return name.lower().replace("_", "").removeprefix("my")


def _list(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:6])
    return shown if len(names) <= 6 else f"{shown} and {len(names) - 6} more"


def _choose(ids: list[str]) -> str:
    return f"Choose one with `--problem`, as in `--problem {ids[0]}`."
