"""The folder in which a learner works. Notebooks are written there, never over anybody's work."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from torch_judge.errors import JudgeError
from torch_judge.submission import LARGEST

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from torch_judge.bank import Bank, Problem
    from torch_judge.bank.lessons import Lesson

WELCOME = "00_welcome.ipynb"
SOLUTIONS = "solutions"
WRITTEN = ".torch-judge.json"  # the SHA-256 of every notebook as it was written: one that still has it is nobody's work

T = TypeVar("T")


class Workspace:
    """``00_welcome.ipynb``, a notebook for each problem and each lesson, and ``solutions/`` in one folder.

    Every method raises JudgeError where the folder cannot be read or written.
    """

    def __init__(self, root: Path, bank: Bank) -> None:
        self.root = root.absolute()
        self.bank = bank

    def fill(self) -> list[Path]:
        """Write the notebooks that are missing, and anew those that nobody has edited; returns what was written."""
        return self._guarded(lambda: self._write_all(self._notebooks()))

    def notebook(self, problem: Problem) -> Path:
        """The problem's notebook, written if it is missing. A file of that name that is of something else stays."""
        from torch_judge.notebooks.build import template

        return self._guarded(lambda: self._own(problem, f"{problem.notebook}.ipynb", template))

    def solution(self, problem: Problem) -> Path:
        """The problem's solution notebook, written if it is missing."""
        from torch_judge.notebooks.build import solution

        return self._guarded(lambda: self._own(problem, f"{SOLUTIONS}/{problem.notebook}_solution.ipynb", solution))

    def lesson(self, found: Lesson) -> Path:
        """The lesson's notebook, written if it is missing."""
        from torch_judge.notebooks.lessons import lesson
        from torch_judge.notebooks.settings import repository

        return self._guarded(
            lambda: self._there(f"{found.notebook}.ipynb", lambda: lesson(found, self.bank, repository()))
        )

    def welcome(self) -> Path:
        """The welcome notebook, written if it is missing."""
        from torch_judge.notebooks.build import welcome
        from torch_judge.notebooks.settings import repository

        return self._guarded(lambda: self._there(WELCOME, lambda: welcome(self.bank, repository())))

    def existing(self, problem: Problem) -> Path | None:
        """The problem's notebook if it is there."""
        for path in _names(self.root / f"{problem.notebook}.ipynb"):
            if not path.exists():
                return None
            if problem_of(path) == problem.id:
                return path
        return None

    def reset(self, path: Path, problem: Problem) -> Path:
        """Put the blank notebook of the problem at ``path``; returns the numbered copy that keeps the old work."""
        from torch_judge.notebooks.build import template
        from torch_judge.notebooks.cells import dumped
        from torch_judge.notebooks.settings import repository

        def work() -> Path:
            old = _content(path) or b""
            kept = next(copy for copy in _numbered(path, "-old-", 1) if _claimed(copy, old))
            _replace(path, dumped(template(problem, repository())).encode())
            return kept

        return self._guarded(work)

    def find(self, name: str) -> Path:
        """The file of this name, relative to the workspace; raises JudgeError if there is none or it lies outside."""
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root.resolve()):
            raise JudgeError(f"`{name}` lies outside of the workspace.", "Name a notebook in it.")
        if not path.is_file():
            raise JudgeError(f"`{name}` is not in the workspace.", "Save the notebook first.")
        return path

    def _notebooks(self) -> Iterator[tuple[str, str]]:
        from torch_judge.bank.lessons import find_lessons
        from torch_judge.notebooks.build import solution, template, welcome
        from torch_judge.notebooks.cells import dumped
        from torch_judge.notebooks.lessons import lesson
        from torch_judge.notebooks.settings import repository

        place = repository()
        yield WELCOME, dumped(welcome(self.bank, place))
        for problem in self.bank.problems():
            yield f"{problem.notebook}.ipynb", dumped(template(problem, place))
            yield f"{SOLUTIONS}/{problem.notebook}_solution.ipynb", dumped(solution(problem, place))
        for found in find_lessons(self.bank).lessons():
            yield f"{found.notebook}.ipynb", dumped(lesson(found, self.bank, place))

    def _write_all(self, notebooks: Iterator[tuple[str, str]]) -> list[Path]:
        written, known = [], self._hashes()
        for name, text in notebooks:
            path, new = self.root / name, text.encode()
            if _claimed(path, new):
                written.append(path)
            elif (old := _content(path)) is not None and old != new and known.get(name) == _hash(old):
                _replace(path, new)
                written.append(path)
            else:
                continue
            known[name] = _hash(new)
        if written:
            _replace(self.root / WRITTEN, json.dumps(known, indent=1, sort_keys=True).encode())
        return written

    def _own(self, problem: Problem, name: str, build: Callable[[Problem, str | None], NotebookNode]) -> Path:
        from torch_judge.notebooks.cells import dumped
        from torch_judge.notebooks.settings import repository

        for path in _names(self.root / name):
            if not path.exists():
                made = [(str(path.relative_to(self.root)), dumped(build(problem, repository())))]
                self._write_all(iter(made))
                return path
            if problem_of(path) == problem.id:
                return path
        raise AssertionError  # the numbers never end

    def _there(self, name: str, build: Callable[[], NotebookNode]) -> Path:
        from torch_judge.notebooks.cells import dumped

        path = self.root / name
        if not path.exists():
            self._write_all(iter([(name, dumped(build()))]))
        return path

    def _hashes(self) -> dict[str, str]:
        with contextlib.suppress(OSError, ValueError):
            known = json.loads(_content(self.root / WRITTEN) or b"")
            if isinstance(known, dict):
                return known
        return {}

    def _guarded(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except OSError as error:
            place = error.filename or self.root
            fact = f"`{place}` cannot be written: {error.strerror or error}."
            raise JudgeError(fact, "Choose a folder of yours as the workspace.") from None


def _names(path: Path) -> Iterator[Path]:
    """``a.ipynb``, ``a-2.ipynb``, ``a-3.ipynb``, …"""
    yield path
    yield from _numbered(path, "-", 2)


def _numbered(path: Path, joint: str, start: int) -> Iterator[Path]:
    return (path.with_name(f"{path.stem}{joint}{number}{path.suffix}") for number in itertools.count(start))


def is_ones_own(path: Path) -> bool:
    """Whether a file lies in a workspace as work of the learner's own: not among the solutions that come with it."""
    folder = path.absolute().parent
    return folder.name != SOLUTIONS and (folder / WELCOME).is_file()


def problem_of(path: Path) -> object:
    """The problem that a notebook's metadata names, None if none."""
    try:
        return json.loads(_content(path) or b"")["metadata"]["torch_judge"]["problem"]
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _content(path: Path) -> bytes | None:
    """What a file holds; None if it is none (a folder, a pipe named like a notebook) or larger than LARGEST."""
    if not path.is_file() or path.stat().st_size > LARGEST:
        return None
    return path.read_bytes()


def _claimed(path: Path, content: bytes) -> bool:
    """Write a file that is not there yet; False, and nothing is touched, if it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True


def _replace(path: Path, content: bytes) -> None:
    """Replace a file in one step: whoever reads it sees the old or the new, and a full disk loses nothing."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
