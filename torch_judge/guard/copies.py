"""Copies of what was taken away: library code that a learner's code reads at run time and runs again.

Python tells every `exec`, every function made of code and every library that ctypes opens to its audit hooks, which
cannot be removed.
"""

from __future__ import annotations

import dis
import gc
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.machinery import SourceFileLoader, SourcelessFileLoader
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from torch_judge.cases.frames import is_learners
from torch_judge.guard.absent import refuse, take_functions
from torch_judge.guard.concepts import LIBRARIES, Matcher, matcher
from torch_judge.guard.libraries import late

NO_LIBRARY = "no compiled library is opened here: what runs is Python, torch and numpy"

LONG = 30
"""So many instructions in the same order, whatever their names and constants, are a copy."""
OPENERS = ("_cffi_backend", "_tkinter", "_xxsubinterpreters", "_interpreters", "_testcapi", "_testinternalcapi")
"""Compiled modules that open libraries, or run code, where no audit hook hears of it."""
OPENED = (
    "ctypes.dlopen", "ctypes.dlsym", "sqlite3.load_extension", "sqlite3.enable_load_extension",
    "cpython.PyInterpreterState_New",
)  # fmt: skip
"""Events that open a library or another interpreter, which has audit hooks of its own."""

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
    """What tells a copy of ``functions``; to be asked while they have their code.

    A decorator's wrapper has the code of all that it wraps, a learner's functions included: what counts is inside.
    """
    inner = ((inspect.unwrap(function), api) for function, api in functions)
    marks = {_instructions(function.__code__): api for function, api in inner if isinstance(function, FunctionType)}
    homes = {
        module: getattr(sys.modules.get(module), "__file__", None) for module in {f.__module__ for f, _ in functions}
    }
    # A named tuple's functions come from no file, a context manager's from contextlib.
    files = {file: module for module, file in homes.items() if file}
    return Originals({mark: api for mark, api in marks.items() if len(mark) >= LONG}, files)


@dataclass(frozen=True)
class Own:
    """What runs a learner's code as it was handed in: the code that executes it, and the files that came along."""

    executes: CodeType
    files: dict[str, str]


def hook_against(known: Originals, concepts: tuple[str, ...], own: Own) -> Hook:
    """An audit hook for the rest of this process's life: it refuses to run copies, and to open compiled libraries.

    What is handed in may be a copy, and is not asked. An "import" event has a file's name if the module is compiled.
    """
    matches = matcher(concepts)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("exec", "function.__new__"):
            _run(arguments[0], event, sys._getframe(1), known, own)
        elif event == "object.__setattr__" and arguments[1] == "__code__":
            _run(arguments[2], event, sys._getframe(1), known, own)
        elif event == "import":
            _imported(arguments[0], arguments[1], matches)
        elif event in OPENED:
            raise ImportError(NO_LIBRARY)

    return hook


def _run(code: object, event: str, caller: FrameType, known: Originals, own: Own) -> None:
    if type(code) is not CodeType or caller.f_code is own.executes:
        return
    if event == "exec" and code.co_filename in known.files:
        refuse(known.files[code.co_filename])  # the module was imported long ago
    if _is_loading(caller) and not is_learners(code.co_filename):
        return  # what such a module defines is taken away when it is there
    for inner in _all_codes(code):
        api = known.files.get(inner.co_filename) or known.instructions.get(_instructions(inner))
        if api and not _handed_in(code, own.files):
            refuse(api)


def _imported(name: str, file: str | None, matches: Matcher) -> None:
    root = name.partition(".")[0]
    if name.rpartition(".")[2] in OPENERS or (file and is_learners(file)):
        raise ImportError(NO_LIBRARY)
    if root not in sys.modules and root in LIBRARIES and matches(root):
        refuse(root)


def _handed_in(code: CodeType, files: dict[str, str]) -> bool:
    text = files.get(os.path.relpath(code.co_filename))
    return text is not None and compile(text, code.co_filename, "exec", dont_inherit=True) == code


def watch_imports(concepts: tuple[str, ...], known: Originals) -> None:
    """From here on, take away what the libraries' modules define when they are imported, copies under other names too.

    A learner's loader may say of any code that it is a library's.
    """
    _Loading.concepts, _Loading.known = concepts, known
    for loader in (SourceFileLoader, SourcelessFileLoader):
        loader.exec_module = _exec_module  # type: ignore[method-assign]


class _Loading:
    """What is forbidden in this process, and how many modules of libraries are being imported, one within the other."""

    concepts: tuple[str, ...] = ()
    known = Originals({}, {})
    depth = 0


_execute = SourceFileLoader.exec_module


def _exec_module(self: Any, module: ModuleType) -> None:
    if module.__name__.partition(".")[0] not in LIBRARIES:
        _execute(self, module)
        return
    _Loading.depth += 1
    try:
        _execute(self, module)
    finally:
        _Loading.depth -= 1
        if not _Loading.depth:
            take_functions(late(_Loading.concepts))
            take_functions(_renamed(_Loading.known))


def _renamed(known: Originals) -> list[tuple[FunctionType, str]]:
    functions = [f for f in gc.get_objects() if type(f) is FunctionType and not is_learners(f.__code__.co_filename)]
    found = ((function, known.instructions.get(_instructions(function.__code__))) for function in functions)
    return [(function, api) for function, api in found if api]


def _is_loading(frame: FrameType) -> bool:
    """Whether ``frame`` executes a module's code for `_exec_module`: importlib has two frames between the two."""
    outer = frame.f_back and frame.f_back.f_back
    return outer is not None and outer.f_code is _exec_module.__code__ and _Loading.depth > 0


def _instructions(code: CodeType) -> bytes:
    return code.co_code[::2].translate(_SAME, _DROPPED)


def _all_codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from _all_codes(const)
