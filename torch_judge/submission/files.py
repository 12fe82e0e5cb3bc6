"""Files that come along with a submission: those that its cells write, and the Python files beside it that it names.

In the notebook they are there; in the separate process they are put into its own folder before the first cell runs.
"""

from __future__ import annotations

import ast
import contextlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from torch_judge.submission.magics import parsed
from torch_judge.submission.size import refuse_too_much

MAX_FILES = 50
MAX_BYTES = 1 << 20  # of all files together
MAX_DEPTH = 4
IMPORTERS = {"import_module", "__import__", "run_module", "reload", "find_spec"}
ELSEWHERE = sys.stdlib_module_names | {"torch", "numpy", "torch_judge", "IPython"}


@dataclass(frozen=True)
class File:
    """A text file that comes along. ``path`` is relative to the submission's folder, with slashes."""

    path: str
    text: str


@dataclass
class Along:
    """The files gathered so far, within MAX_FILES and MAX_BYTES, and what is to be said of them."""

    files: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, path: str, text: str) -> bool:
        """Take a file in; False, with a note, where there is no room."""
        size = sum(len(t) for p, t in self.files.items() if p != path) + len(text)
        if size > MAX_BYTES or len(self.files) == MAX_FILES:
            limits = f"{MAX_FILES} files and {MAX_BYTES >> 20} MB"
            self.notes.append(f"`{path}` did not come along: with it there would be more than {limits}.")
            return False
        self.files[path] = text
        return True

    def write(self, path: str, text: str, append: bool) -> None:
        """A cell writes a file; what the last one wrote stays."""
        plain = relative(path)
        if plain is None:
            self.notes.append(f"`{path}` was not written: only files below the notebook's folder come along.")
        else:
            self.add(plain, (self.files.get(plain, "") if append else "") + text)


def gather(along: Along, folder: Path, sources: Iterable[str], itself: str) -> tuple[File, ...]:
    """The written files, and those of ``folder`` that the sources name, directly or through one another.

    Raises SubmissionError if they are too much to read.
    """
    written = set(along.files)
    sources = list(sources)
    work = [*sources, *along.files.values()]
    read = -1
    while work:
        # Before anything is parsed: all of it together must stay cheap to read.
        if read != (read := len(along.files)):
            refuse_too_much(itself, [*sources, *(t for p, t in along.files.items() if p.endswith(".py"))])
        for name in named(work.pop()):
            for path in found(folder, name):
                if path in along.files or path == itself:
                    continue
                text = _text(folder / path)
                if text is None:
                    along.notes.append(f"`{path}` did not come along: it is no plain UTF-8 file.")
                elif along.add(path, text):
                    work.append(text)
    if beside := [f"`{path}`" for path in along.files if path not in written]:
        along.notes.append(f"Came along, since your code names it and it lies beside: {', '.join(beside)}.")
    return tuple(File(path, text) for path, text in along.files.items())


def named(source: str) -> Iterator[str]:
    """What a source may mean by a file beside it: modules that it imports ("a"), paths that it spells ("a/b.py")."""
    tree = parsed(source)
    for node in ast.walk(tree) if tree else ():
        match node:
            case ast.Import(names=names):
                yield from (alias.name.split(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.split(".")[0]
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=[ast.Constant(str(name)), *_]):
                if called in IMPORTERS:
                    yield name.split(".")[0]
            case ast.Constant(value=str(text)) if text.endswith(".py") and len(text) < 256:
                yield text


def found(folder: Path, name: str) -> Iterator[str]:
    """The paths in ``folder`` that ``name`` stands for: a file, a module, or all modules of a package."""
    if name.endswith(".py"):
        if (path := relative(name)) and _plain_file(folder / path):
            yield path
        return
    if not name.isidentifier() or name in ELSEWHERE:
        return
    if _plain_file(folder / f"{name}.py"):
        yield f"{name}.py"
    elif (folder / name).is_dir() and not (folder / name).is_symlink():
        yield from _package(folder, folder / name, MAX_DEPTH)


def relative(path: str) -> str | None:
    """``path`` as it is written below a folder, or None if it leads out of it."""
    parts = PurePosixPath(path.removeprefix("/content/")).parts
    plain = all(part not in ("..", "/", "~") and "\\" not in part and "\0" not in part for part in parts)
    return "/".join(parts) if parts and plain and len(path) < 256 else None


def _package(root: Path, folder: Path, depth: int) -> Iterator[str]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda e: e.name)[: 4 * MAX_FILES]:
            if entry.is_dir(follow_symlinks=False) and depth and entry.name.isidentifier():
                yield from _package(root, Path(entry.path), depth - 1)
            elif entry.name.endswith(".py") and entry.is_file(follow_symlinks=False):
                yield Path(entry.path).relative_to(root).as_posix()


def _plain_file(path: Path) -> bool:
    """Whether there is something to read. A link is none: it could lead to what the learner may not see."""
    with contextlib.suppress(OSError, ValueError):
        return path.is_file() and path.resolve() == path.parent.resolve() / path.name
    return False


def _text(path: Path) -> str | None:
    """What a plain file holds; None if it is a link, too large or no text."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with contextlib.suppress(OSError, ValueError), open(os.open(path, flags), "rb") as file:
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            data = file.read(MAX_BYTES + 1)
            return data.decode("utf-8-sig") if len(data) <= MAX_BYTES and b"\0" not in data else None
    return None
