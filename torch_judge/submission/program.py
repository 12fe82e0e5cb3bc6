"""What a learner hands in: a live notebook, an ``.ipynb`` or a ``.py``."""

from __future__ import annotations

import ast
import dataclasses
import re
import symtable
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from torch_judge.errors import SubmissionError
from torch_judge.submission.files import Along, File, gather
from torch_judge.submission.formats import code_of
from torch_judge.submission.magics import inert, parsed, written
from torch_judge.submission.missing import async_entry
from torch_judge.submission.size import refuse_too_much


@dataclass(frozen=True)
class Cell:
    """A piece of a learner's source. ``label`` is how messages name it: "cell 3", or the file's name."""

    label: str
    source: str


@dataclass(frozen=True)
class Program:
    """A submission read from a file: Python cells, magics already made inert. Nothing has been executed.

    ``files`` come along: those that cells write with ``%%writefile``, and Python files beside it that it names.
    """

    name: str
    cells: tuple[Cell, ...]
    problem: str | None = None
    notes: tuple[str, ...] = ()
    files: tuple[File, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """All of the learner's text: the cells', then the files'."""
        return (*(cell.source for cell in self.cells), *(file.text for file in self.files))


def read_program(path: Path) -> Program:
    """The cells of a notebook or of a Python file, magics made inert.

    Raises JudgeError if the file cannot be read as either, SubmissionError if it holds no code or too much of it.
    """
    sources, problem = code_of(path)
    refuse_too_much(path.name, (source for _, source in sources))
    cells, along = [], Along()
    for label, source in sources:
        if not source.strip():
            continue
        source = source.replace("\r\n", "\n").replace("\r", "\n")
        if file := written(source):
            along.write(*file)
            source = "pass" + "\n" * source.count("\n")
        source, left_out = inert(source)
        cells.append(Cell(label, source))
        if left_out:
            along.notes.append(f"{label}: {left_out}")
    if not cells:
        raise SubmissionError(f"`{path.name}` holds no code.", "Write your solution in it and save it first.")
    files = gather(along, path.parent, [cell.source for cell in cells], path.name)
    return Program(path.name, tuple(cells), problem, tuple(along.notes), files)


def syntax_check(program: Program) -> None:
    """Raise SubmissionError, naming cell, line and text, if a cell is no valid Python."""
    for cell in program.cells:
        if fault := _fault(cell):
            raise SubmissionError(f"{fault}.", "Mend it and run again.")


def clean(program: Program, entry: str) -> Program:
    """The program without its broken cells, each with a note, where another cell defines ``entry``.

    Raises SubmissionError about the broken cell (the one that would define ``entry``, if any) where none does, and
    about an ``entry`` that is an ``async def``.
    """
    if any(_is_async(cell, entry) for cell in program.cells):
        raise async_entry(entry)
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


def defined_names(program: Program) -> set[str]:
    """The names that cells and files bind at top level, imports included. Broken ones have none."""
    files = (Cell(file.path, file.text) for file in program.files if file.path.endswith(".py"))
    return {name for cell in (*program.cells, *files) for name in _bound(cell)}


def _is_async(cell: Cell, entry: str) -> bool:
    """Whether the last top-level definition of ``entry`` in a cell is an ``async def``."""
    tree = parsed(cell.source) if "async" in cell.source else None
    found = [n for n in (tree.body if tree else ()) if getattr(n, "name", None) == entry]
    return bool(found) and isinstance(found[-1], ast.AsyncFunctionDef)


def defines(source: str, entry: str) -> bool:
    """Whether a cell means to define ``entry``, as far as its text shows."""
    return re.search(rf"^\s*(def|class)\s+{re.escape(entry)}\b", source, re.MULTILINE) is not None


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
        what = str(error) if isinstance(error, ValueError) else "too deeply nested"
    lines = cell.source.split("\n")
    if not line or line > len(lines):
        return f"{cell.label}: {what}"
    text = lines[line - 1].strip()
    if re.match(r"<{7}|={7}$|>{7}", text):
        what = "a merge conflict was left here; keep one of its two sides"
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
