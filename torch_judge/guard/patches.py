"""Functions of torch that a learner has replaced: torch's own are put back while anything is judged.

So a debugging habit (`torch.Tensor.__repr__`, `nn.Module.__call__`) changes no verdict and is no violation. What
cannot be put back counts only if a verdict could depend on it; so does what is replaced while a case runs.
"""

from __future__ import annotations

import ctypes
import gc
import operator
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from types import FunctionType, MappingProxyType, ModuleType
from typing import Any

import torch

from torch_judge.cases.frames import is_learners

PATCHABLE: dict[str, Any] = {
    "torch": torch,
    "torch.Tensor": torch.Tensor,
    "torch.nn.functional": torch.nn.functional,
    "torch.nn.Module": torch.nn.Module,
    "torch.linalg": torch.linalg,
    "torch.autograd": torch.autograd,
}
HARMLESS = re.compile(
    r".*\.(__repr__|__str__|__format__|__dir__|extra_repr|_get_name)|torch\.(load|save|compile|set_printoptions|manual_seed|"
    r"seed|initial_seed|typename|hub|set_warn_always|use_deterministic_algorithms)"
)
"""Neither a case nor the judge asks these for anything."""
INHERITED = object()
TWINS = {"torch.nn.Module.__call__": "_wrapped_call_impl"}


def _version_of(owner: Any) -> ctypes.c_uint64:
    """The number that CPython keeps in a dict (until 3.13), and changes with it: here in the dict of ``owner``."""
    table = gc.get_referents(vars(owner))[0] if isinstance(owner, type) else vars(owner)
    return ctypes.c_uint64.from_address(id(table) + 3 * ctypes.sizeof(ctypes.c_void_p))


def _versions_tell() -> bool:
    """Whether this Python keeps it there."""
    thing = ModuleType("thing", "before")
    version = _version_of(thing)
    before = version.value
    same = vars(thing)["__doc__"] == "before" and version.value == before
    thing.__doc__ = "after"
    return same and version.value != before and sys.version_info < (3, 14)


# To look at a value counts a reference to it. A process that was forked must copy the page in which it lies for that:
# for all of torch's names, two megabytes at every check.
_VERSIONS: dict[Any, ctypes.c_uint64] = {}
_TELLING = _versions_tell()

# What was found at the last look, at which version of the dict, and among which values.
_SCANNED: dict[Any, tuple[int, tuple[Any, ...], tuple[str, ...]]] = {}

# As this module found them: a learner who replaced one before is asked for the original that their own calls.
_OWN = {
    path: {
        name: value
        for name, value in vars(owner).items()
        if callable(value) and not (type(value) is FunctionType and is_learners(value.__code__.co_filename))
    }
    for path, owner in PATCHABLE.items()
}


def patched() -> Iterator[str]:
    """Names of torch's and the judge's functions that a learner's own have replaced, as far as a verdict may care."""
    yield from patched_in_torch()
    for path, module in _ours(len(sys.modules)):
        yield from (f"{path}.{name}" for name in _replaced(module) if _mentions(module, name))


@lru_cache(maxsize=1)
def _ours(_: int) -> tuple[tuple[str, Any], ...]:
    """The judge's modules among so many that were imported: a look at all of them takes a tenth of a check."""
    return tuple((name, module) for name, module in tuple(sys.modules.items()) if name.startswith("torch_judge."))


def patched_in_torch() -> Iterator[str]:
    """Those of torch's: all of them where the judge's modules are hidden."""
    yield from (name for name in map(".".join, _replaced_in_torch()) if not HARMLESS.fullmatch(name))


def put_back() -> dict[str, Any]:
    """Put torch's own functions back where they are known; the learner's, by name, in whose place they are."""
    replaced = {}
    for path, name in list(_replaced_in_torch()):
        owner = PATCHABLE[path]
        own, learners = _own(path, name), vars(owner)[name]
        if own is None:
            continue
        replaced[f"{path}.{name}"] = learners
        delattr(owner, name) if own is INHERITED else setattr(owner, name, own)
    return replaced


@contextmanager
def torchs_own() -> Iterator[tuple[str, ...]]:
    """Within the block torch's own functions are back; yields the names of those that the learner had replaced."""
    replaced = put_back()
    try:
        yield tuple(replaced)
    finally:
        for dotted, learners in replaced.items():
            path, _, name = dotted.rpartition(".")
            setattr(PATCHABLE[path], name, learners)


def note_of(names: tuple[str, ...]) -> tuple[str, ...]:
    """The note about functions that were put back; none where none was."""
    if not names:
        return ()
    listed = ", ".join(f"`{name}`" for name in sorted(names))
    return (f"Your code replaces {listed}; it was judged with torch's own.",)


def _replaced_in_torch() -> Iterator[tuple[str, str]]:
    for path, owner in PATCHABLE.items():
        for name in _replaced(owner, _OWN[path]):
            if _own(path, name) is not None or _mentions(owner, name):  # what was merely added to torch is no patch
                yield path, name


def _replaced(owner: Any, own: Mapping[str, Any] = MappingProxyType({})) -> tuple[str, ...]:
    """The names in ``owner`` under which a learner's function stands, or something else than one of its ``own``.

    Functions of torch's own may: its compiler wraps some when it is imported.
    """
    if _TELLING and owner not in _VERSIONS:
        _VERSIONS[owner] = _version_of(owner)
    version = _VERSIONS[owner].value if _TELLING else 0
    scanned, before, found = _SCANNED.get(owner, (0, (), ()))
    if version and version == scanned:
        return found
    values = tuple(vars(owner).values())
    if len(before) == len(values) and all(map(operator.is_, before, values)):
        _SCANNED[owner] = version, before, found
        return found
    found = tuple(
        name
        for name, value in tuple(vars(owner).items())
        if (own.get(name, value) is not value and not _is_torchs(value))
        or (type(value) is FunctionType and is_learners(value.__code__.co_filename))
    )
    _SCANNED[owner] = version, values, found
    return found


def _is_torchs(value: object) -> bool:
    return type(value) is FunctionType and str(value.__globals__.get("__name__")).partition(".")[0] == "torch"


def _own(path: str, name: str) -> Any:
    """torch's own function of this name: INHERITED if a base has it, None if it is not known."""
    owner = PATCHABLE[path]
    if name in _OWN[path]:
        return _OWN[path][name]
    if isinstance(owner, type) and any(name in vars(base) for base in owner.__mro__[1:-1]):
        return INHERITED
    if owner is torch and hasattr(torch._C._VariableFunctions, name):
        return getattr(torch._C._VariableFunctions, name)
    if twin := TWINS.get(f"{path}.{name}"):
        return vars(owner)[twin]
    return next((held for held in _held(vars(owner)[name]) if _is_own(held, owner, name)), None)


def _held(function: FunctionType) -> Iterator[Any]:
    """What a function can lay its hands on: a replacement mostly keeps, and calls, what it replaced."""
    yield getattr(function, "__wrapped__", None)
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # an empty one
            yield cell.cell_contents
    yield from function.__defaults__ or ()
    yield from (function.__globals__.get(name) for name in function.__code__.co_names)


def _is_own(value: Any, owner: Any, name: str) -> bool:
    """Whether ``value`` is what torch itself defines as ``name`` of ``owner``."""
    if type(value) is not FunctionType or is_learners(value.__code__.co_filename):
        return False
    qualified = f"{owner.__name__}.{name}" if isinstance(owner, type) else name
    return value.__qualname__ == qualified and value.__module__.startswith("torch.")


def _mentions(owner: Any, name: str) -> bool:
    """Whether ``owner``'s own source has the word ``name``."""
    module = sys.modules[owner.__module__ if isinstance(owner, type) else owner.__name__]
    return re.search(rf"\b{name}\b", Path(str(module.__file__)).read_text(encoding="utf-8")) is not None
