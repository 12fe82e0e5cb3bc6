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

import torch

from torch_judge.guard.concepts import LIBRARIES, Matcher, matcher

SUBJECTS = {
    "torch.optim.lr_scheduler": "lr_scheduler", "torch.optim.swa_utils": "swa_utils", "torch.ao.": "ao",
    "torch.distributions.": "distributions", "torch.nn.utils.fusion": "fusion",
}  # fmt: skip
"""Modules that are about one thing: a concept that names it means all of their functions."""
CLASSES = ("torch.nn.", "torch.optim.", "torch.distributions.", "torch.ao.", "torch.distributed.optim.")
"""Where a class of torch counts by its name: elsewhere `Transformer` rewrites graphs."""
SOLVERS = ("numpy.linalg", "numpy.matrixlib", "numpy.polynomial", "numpy.lib._polynomial_impl", "scipy", "sklearn")
"""What is taken away where numpy is forbidden. Its arrays stay: torch and the judge use them."""
NEEDS_ALL = ("torch._decomp.decompositions_for_jvp",)
"""Modules that compile functions of others when forward mode first imports them, and could not once those are gone."""
COMPILED = ("numpy.linalg._umath_linalg", "numpy.linalg.lapack_lite")
FUSED = ("mkldnn", "mkldnn_prepacked", "mkl", "onednn")
"""Namespaces whose operators do several things at once, by an argument: `_linear_pointwise(…, "gelu", …)`."""
BACKENDS = (
    "CPU", "CUDA", "MPS", "CompositeImplicitAutograd", "CompositeExplicitAutograd",
    "CompositeExplicitAutogradNonFunctional", "CompositeImplicitAutogradNestedTensor", "MkldnnCPU", "QuantizedCPU",
    "SparseCPU", "SparseCsrCPU", "NestedTensorCPU", "QuantizedCUDA", "SparseCUDA", "SparseCsrCUDA", "NestedTensorCUDA",
)  # fmt: skip
"""Dispatch keys under which an operator has a kernel that computes."""


@dataclass(frozen=True)
class Plan:
    """What is to be taken away: functions with their names, operators with the keys of their kernels."""

    functions: tuple[tuple[FunctionType, str], ...] = ()
    operators: tuple[tuple[str, tuple[str, ...]], ...] = ()
    derivatives: tuple[tuple[str, str], ...] = ()
    """Operators and keys whose autograd kernels go, so that no graph is ever built."""
    emptied: tuple[ModuleType, ...] = ()
    """Modules of compiled functions, which have no code to lose."""


@lru_cache(maxsize=64)
def plan(concepts: tuple[str, ...]) -> Plan:
    """What does the forbidden ``concepts``; nothing if none is forbidden. Looks at what is imported already."""
    if not concepts:
        return Plan()
    matches = matcher(concepts)
    emptied: tuple[ModuleType, ...] = ()
    functions = {function: api for name, found in _index().items() if matches(name) for function, api in found}
    if "numpy" in concepts:
        functions |= dict(_index()["numpy's solvers"])
        emptied = tuple(sys.modules[name] for name in COMPILED if name in sys.modules)
    operators, derivatives = [], []
    for operator in sorted(torch._C._dispatch_get_all_op_names()):
        space, _, name = operator.partition("::")
        if space in FUSED or _does(space, name.partition(".")[0], matches):
            keys = [key for key in BACKENDS if torch._C._dispatch_has_kernel_for_dispatch_key(operator, key)]
            operators.append((operator, tuple(keys)))
        elif "autograd" in concepts:
            derivatives += [(operator, key) for key in _autograd_keys(operator)]
    return Plan(tuple(functions.items()), tuple(operators), tuple(derivatives), emptied)


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


@lru_cache(maxsize=1)
def _index() -> dict[str, list[tuple[FunctionType, str]]]:
    """Every function of the libraries, by its own name, the names it has in modules, its class and its subject."""
    index: dict[str, list[tuple[FunctionType, str]]] = defaultdict(list)
    for name in NEEDS_ALL:
        with suppress(ImportError):
            importlib.import_module(name)
    gc.unfreeze()  # what a server froze would not be listed
    for found in gc.get_objects():
        if type(found) is FunctionType:
            for name in _names(found):
                index[name].append((found, f"{found.__module__}.{found.__qualname__}".removesuffix(".__init__")))
        elif issubclass(type(found), type) and str(vars(found).get("__module__")).startswith(CLASSES):
            index[found.__name__] += _methods(found)
    gc.freeze()
    for module in [m for m in sys.modules.values() if isinstance(m, ModuleType) and _of_a_library(m.__name__)]:
        for name, value in vars(module).items():
            if type(value) is FunctionType and name != value.__name__:
                index[name].append((value, f"{module.__name__}.{name}"))
    return index


def _names(function: FunctionType) -> Iterator[str]:
    module = function.__module__
    if not isinstance(module, str) or not _of_a_library(module):
        return
    if function.__name__.endswith("_dispatcher"):  # numpy's: called just before what it belongs to
        return
    yield function.__name__
    yield from (subject for beginning, subject in SUBJECTS.items() if module.startswith(beginning))
    if module.startswith(SOLVERS):
        yield "numpy's solvers"


def _of_a_library(module: str) -> bool:
    return module.partition(".")[0] in LIBRARIES


def _methods(found: type) -> Iterator[tuple[FunctionType, str]]:
    for name, member in vars(found).items():
        function = getattr(member, "__func__", member)
        if type(function) is FunctionType:
            yield function, f"{found.__module__}.{found.__name__}.{name}".removesuffix(".__init__")
