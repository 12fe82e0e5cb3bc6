"""In the official verdict's process, what a problem forbids is not there.

Kernels are replaced in torch's dispatcher, below every way to call them: functional, method, module, `torch.ops`,
redispatch, TorchScript, vmap, in whatever thread or mode. Functions written in Python lose their code, so that each
reference to one, older ones too, leads to nothing. Whoever calls what is gone gets `Forbidden`, and if a case is
running, it is recorded with the learner's line.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from types import CodeType, FunctionType, ModuleType
from typing import Any, NoReturn

import torch

from torch_judge.guard.libraries import Plan

Record = Callable[[str], None]

COMPILERS = (
    "_te", "StaticModule", "_jit_to_static_module", "_fuse_to_static_module", "_jit_differentiate",
    "_jit_pass_run_decompositions", "_jit_decomposition_graph_for_node", "_jit_pass_fuse_tensorexprs",
    "_jit_set_texpr_fuser_enabled", "_jit_override_can_fuse_on_cpu", "_jit_override_can_fuse_on_cpu_legacy",
    "_jit_set_te_must_use_llvm_cpu", "_jit_set_llga_enabled",
)  # fmt: skip
"""What in torch runs, compiles or differentiates graphs with kernels of its own, which no dispatcher sees."""
OF_CLASSES = ("_te", "_aoti")
"""Modules of such classes, which are found without their names too: no object of theirs can be made any longer."""


class Forbidden(RuntimeError):  # noqa: N818
    """What a learner's code meets where it calls something that is forbidden."""


class _Calls:
    """Who is told of a call, if anyone, and how many there were."""

    record: Record | None = None
    count = 0


def calls() -> int:
    """How often something that is gone was called so far."""
    return _Calls.count


@contextmanager
def recording(record: Record) -> Iterator[None]:
    """Within the block, ``record(api)`` is told of every call of something that is gone."""
    before, _Calls.record = _Calls.record, record
    try:
        yield
    finally:
        _Calls.record = before


class _Gone:
    """Stands where something was."""

    def __init__(self, api: str) -> None:
        self._api = api

    def __call__(self, *_: object, **__: object) -> NoReturn:
        refuse(_spoken(self._api))


def refuse(api: str) -> NoReturn:
    """Record that ``api`` was called, and raise `Forbidden`."""
    _Calls.count += 1
    if _Calls.record is not None:
        _Calls.record(api)
    raise Forbidden(f"`{api}` is not there: this exercise forbids it. Write what it does yourself.")


def take_away(plan: Plan) -> None:
    """Take away what ``plan`` names, for good: only for a process that ends with its job."""
    for module in plan.emptied:
        for name in [name for name in vars(module) if not name.startswith("__")]:
            delattr(module, name)
    take_functions(plan.functions)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns that a kernel is replaced
        _replace_kernels(plan)
    for module, name in plan.removed:
        delattr(module, name)
    if plan.derivatives:
        _stop_engine()
    if plan.scripted:
        torch.jit._state._python_cu.drop_all_functions()
    _stop_compilers()


def _stop_engine() -> None:
    """Where no operator builds a graph, Functions of one's own still do: nothing walks it."""
    engine = type(torch.autograd.Variable._execution_engine)
    gc.get_referents(vars(engine))[0]["run_backward"] = _Gone("torch.autograd.backward")
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(engine))


def _stop_compilers() -> None:
    for name in OF_CLASSES:
        for kind in vars(getattr(torch._C, name, ModuleType(name))).values():
            if isinstance(kind, type):
                kind.__init__ = None  # type: ignore[misc]
    sys.modules.pop("torch._C._te", None)
    torch._C._jit_set_texpr_fuser_enabled(False)
    for name in COMPILERS:
        with suppress(AttributeError):
            delattr(torch._C, name)


def take_functions(functions: Iterable[tuple[FunctionType, str]]) -> None:
    """Let nothing be left of functions, whoever holds them."""
    for function, api in functions:
        function.__code__ = _without_code(api, function.__code__)


def _replace_kernels(plan: Plan) -> None:
    handles: dict[str, Any] = {}

    def handle(operator: str) -> Any:
        space = operator.partition("::")[0]
        if space not in handles:
            handles[space] = torch._C._dispatch_library("IMPL", space, "", __file__, 1)
            # A handle that dies gives the old kernels back. This one cannot: it has one reference too many and no name.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(handles[space]))
        return handles[space]

    for operator, keys in plan.operators:
        gone = _Gone(operator)
        for key in keys:
            handle(operator).impl(operator.partition("::")[2], key, gone, False)
    for operator, key in plan.derivatives:
        handle(operator).impl(operator.partition("::")[2], key, torch.library.fallthrough_kernel, False)


def _without_code(api: str, code: CodeType) -> CodeType:
    """The code of a function that does nothing but raise. It closes over as many variables as ``code`` did."""
    consts = tuple(_Gone(api) if const == _MARK else const for const in _STUB.co_consts)
    return _STUB.replace(co_consts=consts, co_freevars=code.co_freevars, co_name=code.co_name)


_MARK = 271828


def _stub() -> CodeType:
    source = f"def stub(*args, **kwargs):\n    return ({_MARK})(*args, **kwargs)\n"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a number is called: _without_code puts another constant there
        module = compile(source, __file__, "exec")
    return next(const for const in module.co_consts if isinstance(const, CodeType))


_STUB = _stub()


def _spoken(api: str) -> str:
    """How a learner would call an operator: `aten::gelu` is `torch.nn.functional.gelu`."""
    space, _, name = api.partition("::")
    if not name:
        return api
    name = name.partition(".")[0]
    for owner, path in ((torch, "torch"), (torch._C._nn, "torch.nn.functional"), (torch.Tensor, "torch.Tensor")):
        if space == "aten" and not name.startswith("_") and hasattr(owner, name):
            return f"{path}.{name}"
    return f"torch.ops.{space}.{name}"
