"""Copies of what was taken away: library code that a learner's code reads at run time and runs again.

Python tells every `exec`, every function made of code and every library that ctypes opens to its audit hooks, which
cannot be removed.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

from torch_judge.cases.frames import is_learners
from torch_judge.guard.absent import refuse

LONG = 30
"""So many instructions in the same order, whatever their names and constants, are a copy."""
LOADED = ("ctypes.dlopen", "ctypes.dlsym")

Hook = Callable[[str, tuple[Any, ...]], None]

# The compiler puts these, or not, by what surrounds a function.
_DROPPED = bytes(
    dis.opmap[name]
    for name in ("CACHE", "PRECALL", "PUSH_NULL", "NOP", "RESUME", "EXTENDED_ARG", "COPY_FREE_VARS", "MAKE_CELL")
    if name in dis.opmap
)
_SAME = bytes.maketrans(bytes([dis.opmap.get("LOAD_METHOD", dis.opmap["LOAD_ATTR"])]), bytes([dis.opmap["LOAD_ATTR"]]))


@dataclass(frozen=True)
class Originals:
    """Instructions of the functions that were taken away, and the files of their modules, each with its name."""

    instructions: dict[bytes, str]
    files: dict[str, str]


@lru_cache(maxsize=64)
def originals(functions: tuple[tuple[FunctionType, str], ...]) -> Originals:
    """What tells a copy of ``functions``; to be asked while they have their code."""
    marks = {_instructions(function.__code__): api for function, api in functions}
    homes = {
        module: getattr(sys.modules.get(module), "__file__", None) for module in {f.__module__ for f, _ in functions}
    }
    # A named tuple's functions come from no file, a context manager's from contextlib.
    files = {file: module for module, file in homes.items() if file}
    return Originals({mark: api for mark, api in marks.items() if len(mark) >= LONG}, files)


def hook_against(known: Originals) -> Hook:
    """An audit hook for the rest of this process's life: it refuses to run copies, and to open compiled libraries.

    An "import" event has a file's name if the module is compiled.
    """
    instructions, files = known.instructions, known.files

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("exec", "function.__new__"):
            code = arguments[0]
            if type(code) is not CodeType:
                return
            if is_learners(sys._getframe(1).f_code.co_filename):
                for inner in _all_codes(code):
                    api = files.get(inner.co_filename) or instructions.get(_instructions(inner))
                    if api:
                        refuse(api)
            elif event == "exec" and code.co_filename in files:
                refuse(files[code.co_filename])  # by an importer: the module was imported long ago
        elif event in LOADED or (event == "import" and arguments[1] and is_learners(arguments[1])):
            raise ImportError("no compiled library is opened here: what runs is Python, torch and numpy")

    return hook


def _instructions(code: CodeType) -> bytes:
    return code.co_code[::2].translate(_SAME, _DROPPED)


def _all_codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from _all_codes(const)
