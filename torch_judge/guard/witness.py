"""What runs, as witnessed: Python-level calls, ATen operators, and the autograd graph.

A witness records; it never raises into the learner's code, so a try/except cannot hide a violation. Case files use
nothing that their own problem forbids (the audit proves it), so whatever a witness sees is the candidate's doing.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from types import FunctionType
from typing import Any

import torch
from torch.autograd.function import BackwardCFunction
from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils._python_dispatch import TorchDispatchMode

from torch_judge.cases.frames import learners_line
from torch_judge.cases.meters import with_tensors
from torch_judge.cases.modes import past_one_operator_mode
from torch_judge.guard import absent
from torch_judge.guard.concepts import Matcher, snake
from torch_judge.guard.plain import plain_calls
from torch_judge.report import Violation

MAX_NODES = 10_000
HELPERS = (
    "torch.nn.init", "torch.nn.utils", "torch.nn.utils.clip_grad", "torch.nn.utils.fusion", "torch.autograd",
    "torch.autograd.functional", "torch.func", "torch.distributions", "torch.optim", "torch.optim.swa_utils",
)  # fmt: skip
"""Modules of plain Python functions, of which calls and operators show only what they are made of."""

TRACERS = ("_create_function_from_trace", "_create_method_from_trace", "_create_graph_by_tracing", "_check_trace")
"""Beginnings of the names of what `torch.jit.trace` does, in torch._C and torch.jit._trace."""

PLAIN = "plain"
"""In place of an API's name: a call whose operators need no look."""

Record = Callable[[str, str], None]


class Watch:
    """Gathers the evidence of one case: each API once per witness."""

    def __init__(self, matches: Matcher, taken_away: bool = False) -> None:
        self.matches = matches
        self.taken_away = taken_away
        self._found: dict[tuple[str, str], Violation] = {}

    @property
    def evidence(self) -> tuple[Violation, ...]:
        """What was found so far, in the order of finding."""
        return tuple(self._found.values())

    def record(self, api: str, witness: str) -> None:
        """Note one piece of evidence, with the learner's line that is on the stack."""
        if (api, witness) not in self._found:
            self._found[api, witness] = Violation(api, witness, learners_line(sys._getframe(1)))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Within the block, calls and operators are witnessed; where nothing is forbidden, none are."""
        with ExitStack() as stack:
            if not self.matches.concepts:  # hundreds of draws of a sampling problem would take far longer
                yield
                return
            if self.taken_away:  # what is gone tells by itself that it was called
                stack.enter_context(absent.recording(lambda api: self.record(api, "absent")))
                if "numpy" in self.matches.concepts:  # arrays stay: see guard/libraries.py
                    stack.enter_context(_CallWitness(self.matches, self.record))
                yield
                return
            stack.enter_context(_watched_helpers(self.matches, self.record))
            stack.enter_context(_tracing_apart())
            stack.enter_context(_CallWitness(self.matches, self.record, plain_calls()))
            stack.enter_context(_OperatorWitness(self.matches, self.record))
            yield

    def graph(self, values: object) -> None:
        """Walk the autograd graph of every tensor in ``values`` (any nesting) for the nodes that computed it."""
        seen: set[object] = set()
        stack: list[Any] = [t.grad_fn for t in _tensors(values)]
        while stack and len(seen) < MAX_NODES:
            node = stack.pop()
            if node is None or node in seen:
                continue
            seen.add(node)
            # A custom autograd.Function may bear any name: only torch's own nodes say what computed.
            if not isinstance(node, BackwardCFunction) and self.matches(_node_name(type(node).__name__)):
                self.record(type(node).__name__, "graph")
            stack.extend(n for n, _ in node.next_functions)

    def candidate(self, candidate: object) -> None:
        """The candidate itself may *be* a forbidden callable, or derive from a forbidden class."""
        while isinstance(candidate, functools.partial):
            candidate = candidate.func
        bases = candidate.__mro__ if isinstance(candidate, type) else [candidate]
        for base in bases:
            # torch's built-in functions have no module; a function of Python's without one is the learner's
            home = "" if isinstance(base, FunctionType) else "torch"
            module = str(getattr(base, "__module__", None) or home)
            name = str(getattr(base, "__name__", ""))
            if module.split(".")[0] in ("torch", "_operator") and self.matches(name):
                self.record(f"{module}.{name}", "identity")


@functools.lru_cache(maxsize=4096)
def _node_name(name: str) -> str:
    return snake(name)


def _tensors(value: object, depth: int = 0) -> Iterator[torch.Tensor]:
    if type(value) in (torch.Tensor, torch.nn.Parameter):
        yield value  # type: ignore[misc]
    elif depth < 8 and isinstance(value, dict):
        for item in dict.values(value):
            yield from _tensors(item, depth + 1)
    elif depth < 8 and isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensors(item, depth + 1)


@functools.lru_cache(maxsize=64)
def _helpers(matches: Matcher) -> tuple[tuple[Any, str], ...]:
    """The forbidden functions of `HELPERS`, as module and name."""
    modules = [importlib.import_module(name) for name in HELPERS]
    return tuple((m, name) for m in modules for name, v in vars(m).items() if _is_helper(v) and matches(name))


def _is_helper(value: object) -> bool:
    """Whether it may be replaced for a while: a class may not, for it is asked by isinstance."""
    return callable(value) and not isinstance(value, type)


@contextmanager
def _watched_helpers(matches: Matcher, record: Record) -> Iterator[None]:
    """Within the block, the forbidden functions of `HELPERS` record that they are called, in whatever thread.

    A name that was bound to one of them before is the source scan's to find.
    """
    before = [(module, name, getattr(module, name)) for module, name in _helpers(matches)]
    try:
        for module, name, function in before:
            setattr(module, name, _recording(function, f"{module.__name__}.{name}", record))
        yield
    finally:
        for module, name, function in before:
            setattr(module, name, function)


@functools.lru_cache(maxsize=1)
def _tracers() -> tuple[tuple[Any, str], ...]:
    owners: tuple[Any, ...] = (torch._C, torch.jit._trace)
    return tuple((owner, name) for owner in owners for name in vars(owner) if name.startswith(TRACERS))


@contextmanager
def _tracing_apart() -> Iterator[None]:
    """Within the block, `torch.jit.trace` runs without operator modes, under which it fails.

    Tracing computes nothing that is returned; what the traced code does later is seen.
    """
    before = [(owner, name, getattr(owner, name)) for owner, name in _tracers()]
    try:
        for owner, name, function in before:
            setattr(owner, name, _apart(function))
        yield
    finally:
        for owner, name, function in before:
            setattr(owner, name, function)


def _apart(function: Callable[..., Any]) -> Callable[..., Any]:
    def traced(*args: Any, **kwargs: Any) -> Any:
        modes = [torch._C._pop_torch_dispatch_stack(None) for _ in range(torch._C._len_torch_dispatch_stack())]
        try:
            return function(*args, **kwargs)
        finally:
            for mode in reversed(modes):
                torch._C._push_on_torch_dispatch_stack(mode)

    return traced


def _recording(function: Callable[..., Any], api: str, record: Record) -> Callable[..., Any]:
    @functools.wraps(function)
    def recorded(*args: Any, **kwargs: Any) -> Any:
        record(api, "call")
        return function(*args, **kwargs)

    del recorded.__wrapped__  # nobody gets past it with inspect.unwrap
    return recorded


class _CallWitness(TorchFunctionMode):
    """Sees Python-level calls of torch: functional, methods, `torch.*`, also through getattr and exec.

    The operators of ``plain`` calls are hidden from the operator witness.
    """

    def __init__(self, matches: Matcher, record: Record, plain: Collection[Any] = ()) -> None:
        super().__init__()
        self._matches = matches
        self._record = record
        self._plain = plain
        self._known: dict[Any, str] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        api = self._known.get(func)
        if api is None:
            api = self._known[func] = self._api(func)
        if api is PLAIN and torch._C._len_torch_dispatch_stack() == 1:  # another mode is a meter, or the learner's own
            return past_one_operator_mode(func, args, kwargs or {})
        if api and api is not PLAIN:
            self._record(api, "call")
        return func(*args, **(kwargs or {}))

    def _api(self, func: Any) -> str:
        """How to name ``func`` if it is forbidden, else `PLAIN` or ""."""
        name = str(getattr(func, "__name__", "")).split(".")[0]
        if not self._matches(name):
            return PLAIN if func in self._plain else ""
        try:
            return resolve_name(func) or f"torch.{name}"
        except Exception:  # torch resolves overridable functions only; the bare name serves for others
            return f"torch.{name}"


class _OperatorWitness(TorchDispatchMode):
    """Sees ATen operators of this thread, also from TorchScript and C++."""

    def __init__(self, matches: Matcher, record: Record) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._matches = matches
        self._record = record
        self._known: dict[Any, bool] = {}

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Entering a first dispatch mode would import torch._dynamo (0.8 s) otherwise."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        hit = self._known.get(func)
        if hit is None:
            space, _, name = func._schema.name.partition("::")
            hit = self._known[func] = space == "aten" and self._matches(name)
        if hit:
            self._record(f"torch.ops.{func._schema.name.replace('::', '.')}", "operator")
        return func(*with_tensors(func, args), **(kwargs or {}))
