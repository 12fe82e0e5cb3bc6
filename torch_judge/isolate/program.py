"""Executes a submission's cells as a notebook would, in the learner's process, where nothing can harm the judge."""

from __future__ import annotations
import __future__

import ast
import builtins
import linecache
import os
import sys
import threading
import types
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from typing import Any

from torch_judge import surroundings
from torch_judge.cases.frames import exception_info
from torch_judge.guard import absent, patches
from torch_judge.guard.source import PUBLIC
from torch_judge.isolate.wire import Loaded
from torch_judge.observe import BoundedText, TimeLimitError, capturing, time_limit
from torch_judge.report import ExceptionInfo
from torch_judge.submission import Cell, File, Program

MAX_NOTES = 20
MAX_NAMES = 100
_FUTURES = {name: getattr(__future__, name).compiler_flag for name in __future__.all_feature_names}


def load(program: Program, entry: str, limit_s: float) -> tuple[Any, Loaded]:
    """Execute the program and find ``entry`` (None where it is missing). Never raises on the learner's account."""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    cells = _Cells(vars(module), entry)
    output = BoundedText()
    with capturing(output):
        try:
            with time_limit(limit_s):
                cells.notes += _placed(program.files)
                for cell in program.cells:
                    cells.execute(cell)
        except TimeLimitError:
            cells.notes.append(f"{cells.at} still ran after {limit_s:g} s and was stopped; what follows it was not run")
    sys.settrace(None)
    sys.setprofile(None)
    threading.settrace(None)
    names = vars(module)
    # Settings are the usual ones in every case, but torch's functions stay as they are now.
    notes = (*cells.notes[:MAX_NOTES], *surroundings.note_of(surroundings.unusual()))
    notes = (*notes, *patches.note_of(tuple(patches.put_back())))
    if entry in names:
        return names[entry], Loaded(notes, output.getvalue())
    return None, Loaded(notes, output.getvalue(), tuple(_defined(names)), cells.error)


def _placed(files: tuple[File, ...]) -> list[str]:
    """Put the files that come along into this process's own folder, where imports find them; what did not work."""
    sys.path.insert(0, os.getcwd())
    notes = []
    for file in files:
        try:
            os.makedirs(os.path.dirname(file.path) or ".", exist_ok=True)
            with open(file.path, "w", encoding="utf-8", errors="surrogatepass", newline="") as target:
                target.write(file.text)
        except OSError as error:
            notes.append(f"`{file.path}` could not be written: {error.strerror}")
    return notes


class _Cells:
    """Executes cells statement by statement: one that raises does not keep the others from being judged.

    Beside a solution people compare it with torch's own. Where that has been taken away, such a statement is passed
    over without a word, and so is what needed its names.
    """

    def __init__(self, names: dict[str, Any], entry: str) -> None:
        self.names = names
        self.entry = entry
        self.notes: list[str] = []
        self.error: ExceptionInfo | None = None
        self.at = ""
        self._flags = 0
        self._passed_over: set[str] = set()

    def execute(self, cell: Cell) -> None:
        """Run a cell. Only its first exception is noted: what follows in the same cell is likely its consequence."""
        filename = f"<{cell.label}>"
        linecache.cache[filename] = len(cell.source), None, cell.source.splitlines(keepends=True), filename
        self.at = cell.label
        quiet = False
        try:
            statements = ast.parse(cell.source, filename).body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            self._note(cell, 1, error)
            return
        for statement in statements:
            self.at = f"{cell.label}, line {statement.lineno}"
            calls = absent.calls()
            try:
                self._statement(statement, filename)
            except TimeLimitError:
                raise
            except BaseException as error:
                if absent.calls() > calls or (isinstance(error, NameError) and error.name in self._passed_over):
                    self._passed_over |= _stored(statement)
                    self.error = self.error or exception_info(error)  # told only if the entry itself is missing
                    continue
                if self.entry in _stored(statement):  # of all errors, this one says why the entry is not there
                    self.error = exception_info(error)
                if not quiet:
                    self._note(cell, statement.lineno, error)
                quiet = True

    def _statement(self, statement: ast.stmt, filename: str) -> None:
        code = compile(ast.Module([statement], []), filename, "exec", flags=self._flags, dont_inherit=True)
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for alias in statement.names:
                self._flags |= _FUTURES.get(alias.name, 0)
        exec(code, self.names)

    def _note(self, cell: Cell, line: int, error: BaseException) -> None:
        info = exception_info(error)
        self.error = self.error or info
        # A SyntaxError's own frame is its last; another error's first frame is the cell's own line.
        frames = info.frames[-1:] if isinstance(error, SyntaxError) else info.frames[:1]
        where = frames[0].place if frames else f"{cell.label}, line {line}"
        # A SyntaxError's text ends with its place, which stands at the beginning here.
        text = str(error.msg) if isinstance(error, SyntaxError) else info.message
        first = (text.splitlines() or [""])[0][:200]
        self.notes.append(f"{where} raised {info.type}{': ' if first else ''}{first}; the rest was judged")


EXECUTES = _Cells._statement.__code__
"""What executes the statements of a program."""


def _stored(statement: ast.stmt) -> set[str]:
    """The names that a statement binds."""
    names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return names | (
        {statement.name} if isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) else set()
    )


def hide_judge() -> dict[str, types.ModuleType]:
    """Replace our package by an inert stub, so that a notebook's own ``check()`` does nothing here.

    Our running code keeps its modules through its own globals; it must import nothing of ours from here on. Returns
    what was hidden.
    """
    hidden = [n for n in sys.modules if n == "torch_judge" or n.startswith("torch_judge.")]
    modules = {name: sys.modules.pop(name) for name in hidden}
    stub = types.ModuleType("torch_judge", "Stands for the judge while a submission is judged.")
    stub.__spec__ = ModuleSpec("torch_judge", None)  # the install cell of our notebooks asks whether it can be found
    for name in PUBLIC:
        setattr(stub, name, _Inert())
    sys.modules["torch_judge"] = stub
    vars(builtins).update(get_ipython=_Inert(), display=_Inert())
    return modules


class _Inert:
    """Does nothing, whatever is called on it."""

    def __call__(self, *_: object, **__: object) -> _Inert:
        return self

    def __getattr__(self, name: str) -> _Inert:
        if name.startswith("__"):
            raise AttributeError(name)
        return self


def _defined(names: dict[str, Any]) -> Iterator[str]:
    found = (n for n, v in names.items() if not n.startswith("_") and not isinstance(v, types.ModuleType))
    yield from list(found)[:MAX_NAMES]
