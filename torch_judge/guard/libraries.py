"""Which Python functions and which operators of the libraries do what a problem forbids."""

from __future__ import annotations

import gc
import importlib
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from types import FunctionType, ModuleType
from typing import Any

import torch

from torch_judge.guard.concepts import LIBRARIES, Matcher, matcher

SUBJECTS = {
    "torch.optim.lr_scheduler": "lr_scheduler", "torch.optim.swa_utils": "swa_utils", "torch.ao.": "ao",
    "torch.distributions.": "distributions", "torch.nn.utils.fusion": "fusion",
}  # fmt: skip
"""Modules that are about one thing: a concept that names it means all of their functions."""
CLASSES = ("torch.nn.", "torch.optim.", "torch.distributions.", "torch.ao.", "torch.distributed.optim.")
"""Where a class of torch counts by its name: elsewhere `Transformer` rewrites graphs."""
TRACER = "torch._dynamo."
"""Its functions bear the names of what they trace."""
SOLVERS = ("numpy.linalg", "numpy.matrixlib", "numpy.polynomial", "numpy.lib._polynomial_impl", "scipy", "sklearn")
"""What is taken away where numpy is forbidden. Its arrays stay: torch and the judge use them."""
TESTS = tuple(f"torch.testing._internal.{name}" for name in ("common_m", "common_n", "common_q", "opinfo"))
"""What torch's own tests compare with: a second reference for everything, by names that no concept could list."""
NEEDS_ALL = ("torch._decomp.decompositions_for_jvp",)
"""Modules that compile functions of others when forward mode first imports them, and could not once those are gone."""
COMPILED = ("numpy.linalg._umath_linalg", "numpy.linalg.lapack_lite")
FUSED = ("mkldnn", "mkldnn_prepacked", "mkl", "onednn")
"""Namespaces whose operators do several things at once, by an argument: `_linear_pointwise(…, "gelu", …)`."""
NO_VALUES = ("Auto", "ADInplace", "Meta", "Functionalize", "BackendSelect", "Python", "PreDispatch", "StartOf", "EndOf")
"""Beginnings of the dispatch keys under which kernels only hand on, or compute shapes."""


def _may_compute(key: str) -> bool:
    with suppress(RuntimeError):  # some members have no name that the dispatcher would know
        return bool(torch._C._parse_dispatch_key(key)) and not key.startswith(NO_VALUES) and not key.endswith("Meta")
    return False


KEYS = tuple(filter(_may_compute, torch._C.DispatchKey.__members__))
"""Under the others they may compute: those of functorch hold decompositions of their own."""


@dataclass(frozen=True)
class Plan:
    """What is to be taken away: functions with their names, operators with the keys of their kernels."""

    functions: tuple[tuple[FunctionType, str], ...] = ()
    operators: tuple[tuple[str, tuple[str, ...]], ...] = ()
    derivatives: tuple[tuple[str, str], ...] = ()
    """Operators and keys whose autograd kernels go, so that no graph is ever built."""
    emptied: tuple[ModuleType, ...] = ()
    """Modules of compiled functions, which have no code to lose."""
    removed: tuple[tuple[ModuleType, str], ...] = ()
    """Compiled functions of other modules, by their names there."""
    scripted: bool = False
    """Whether torch has compiled TorchScript of its own that does it: the formulas of gradients of gradients."""


@lru_cache(maxsize=64)
def plan(concepts: tuple[str, ...]) -> Plan:
    """What does the forbidden ``concepts``; nothing if none is forbidden. Looks at what is imported already."""
    if not concepts:
        return Plan()
    matches = matcher(concepts)
    emptied: tuple[ModuleType, ...] = ()
    functions = _chosen(_index(), matches)
    if "numpy" in concepts:
        functions |= dict(_index()["numpy's solvers"])
        emptied = tuple(sys.modules[name] for name in COMPILED if name in sys.modules)
    operators, derivatives = [], []
    for operator in sorted(torch._C._dispatch_get_all_op_names()):
        space, _, name = operator.partition("::")
        if space in FUSED or _does(space, name.partition(".")[0], matches):
            operators.append((operator, _kernels().get(operator, ())))
        elif "autograd" in concepts:
            derivatives += [(operator, key) for key in _autograd_keys(operator)]
    return Plan(
        tuple(functions.items()),
        tuple(operators),
        tuple(derivatives),
        emptied,
        tuple((module, name) for name, module in _compiled() if matches(name)),
        any(map(matches, _scripted())),
    )


def late(concepts: tuple[str, ...]) -> tuple[tuple[FunctionType, str], ...]:
    """What does the forbidden ``concepts`` among the functions that were made since `gc.freeze` was last called."""
    matches = matcher(concepts)
    return tuple(_chosen(_by_name(gc.get_objects()), matches).items())


def _chosen(index: dict[str, list[tuple[FunctionType, str]]], matches: Matcher) -> dict[FunctionType, str]:
    names = (name for name in index if name == "torch's tests" or matches(name))
    return {function: api for name in names for function, api in index[name]}


@lru_cache(maxsize=1)
def _kernels() -> dict[str, tuple[str, ...]]:
    """Operator to the keys of `KEYS` under which it has a kernel."""
    found: dict[str, tuple[str, ...]] = {}
    for key in KEYS:
        for operator in torch._C._dispatch_get_registrations_for_dispatch_key(key):
            found[operator] = (*found.get(operator, ()), key)
    return found


def _does(space: str, name: str, matches: Matcher) -> bool:
    """Whether an operator does something forbidden; outside of ATen, "linear_dynamic_fp16" is a linear too."""
    if matches(name):
        return True
    words = name.split("_")
    return space not in ("aten", "prim", "prims") and any(
        matches("_".join(words[first:last])) for first in range(len(words)) for last in range(first + 1, len(words) + 1)
    )


def _autograd_keys(operator: str) -> Iterator[str]:
    for key in ("Autograd", "AutogradCPU", "AutogradCUDA", "AutogradMPS"):
        if torch._C._dispatch_has_kernel_for_dispatch_key(operator, key):
            yield key


def _scripted() -> list[str]:
    unit: Any = torch.jit._state._python_cu  # torch's stub says that it gives None
    return [function.name for function in unit.get_functions()]


@lru_cache(maxsize=1)
def _compiled() -> tuple[tuple[str, ModuleType], ...]:
    """The compiled functions of numpy's modules, and those that rewrite TorchScript: names and modules."""
    modules = [m for n, m in sys.modules.items() if n.partition(".")[0] == "numpy" and isinstance(m, ModuleType)]
    found = [
        (name, module)
        for module in modules
        for name, value in vars(module).items()
        if type(value).__name__ in ("ufunc", "builtin_function_or_method")
    ]
    return (*found, *((name, torch._C) for name in vars(torch._C) if name.startswith("_jit_pass_")))


@lru_cache(maxsize=1)
def _index() -> dict[str, list[tuple[FunctionType, str]]]:
    """Every function of the libraries, by its own name, the names it has in modules, its class and its subject."""
    for name in NEEDS_ALL:
        with suppress(ImportError):
            importlib.import_module(name)
    gc.unfreeze()  # what a server froze would not be listed
    index = _by_name(gc.get_objects())
    gc.freeze()
    for module in [m for m in sys.modules.values() if isinstance(m, ModuleType) and _of_a_library(m.__name__)]:
        for name, value in vars(module).items():
            if type(value) is FunctionType and name != value.__name__:
                index[name].append((value, f"{module.__name__}.{name}"))
    return index


def _by_name(objects: list[Any]) -> dict[str, list[tuple[FunctionType, str]]]:
    """The functions of the libraries among ``objects``, by their own names, their classes and their subjects."""
    index: dict[str, list[tuple[FunctionType, str]]] = defaultdict(list)
    for found in objects:
        if type(found) is FunctionType:
            for name in _names(found):
                index[name].append((found, f"{found.__module__}.{found.__qualname__}".removesuffix(".__init__")))
        elif issubclass(type(found), type) and str(vars(found).get("__module__")).startswith(CLASSES):
            index[found.__name__] += _methods(found)
    return index


def _names(function: FunctionType) -> Iterator[str]:
    module = function.__module__
    if not isinstance(module, str) or not _of_a_library(module) or module.startswith(TRACER):
        return
    if function.__name__.endswith("_dispatcher"):  # numpy's: called just before what it belongs to
        return
    yield function.__name__
    yield from (subject for beginning, subject in SUBJECTS.items() if module.startswith(beginning))
    if module.startswith(SOLVERS):
        yield "numpy's solvers"
    if module.startswith(TESTS):
        yield "torch's tests"


def _of_a_library(module: str) -> bool:
    return module.partition(".")[0] in LIBRARIES


def _methods(found: type) -> Iterator[tuple[FunctionType, str]]:
    for name, member in vars(found).items():
        function = getattr(member, "__func__", member)
        if type(function) is FunctionType:
            yield function, f"{found.__module__}.{found.__name__}.{name}".removesuffix(".__init__")
