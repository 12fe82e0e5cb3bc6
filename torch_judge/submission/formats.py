"""The file formats that are read: notebooks of every version, and Python files in any declared encoding."""

from __future__ import annotations

import json
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch_judge.errors import JudgeError

LARGEST = 64 * 2**20
SAVE_AGAIN = "Save or download the notebook again."
GIVE = "Give a notebook (`.ipynb`) or a Python file (`.py`)."


def code_of(path: Path) -> tuple[list[tuple[str, str]], str | None]:
    """The code of a notebook or a Python file as labels and texts, and the problem that its metadata names.

    Raises JudgeError if the file cannot be read as either.
    """
    _refuse_unreadable(path)
    if path.suffix.lower() == ".py":
        return [(path.name, _python(path))], None
    notebook = _notebook(path)
    return list(_code_cells(path, notebook)), _named_problem(notebook)


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
        if conflict := re.search(rb"^(?:<{7}|>{7}) ", text, re.MULTILINE):
            line = text.count(b"\n", 0, conflict.start()) + 1
            raise JudgeError(
                f"`{path}` holds the marks of a merge conflict, the first in line {line}.",
                "Keep one of the two sides, e.g. `git checkout --ours FILE`, then save it again.",
            ) from None
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
