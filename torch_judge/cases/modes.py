"""Modes of torch, which watch or change calls and operators: going past them, whoever entered them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import torch

T = TypeVar("T")

WATCHED = 2
"""Of calls that are all alike, so many are enough for the guard."""
_KEYS = (torch._C.DispatchKey.Python, torch._C.DispatchKey.PythonTLSSnapshot)
_include = torch._C._dispatch_tls_set_dispatch_key_included


@contextlib.contextmanager
def no_modes() -> Iterator[None]:
    """Within the block no mode watches or changes calls; what a call within leaves on the stacks is dropped."""
    functions, operators = _popped()
    try:
        yield
    finally:
        _popped()
        for mode in functions:
            torch._C._push_on_torch_function_stack(mode)
        for mode in operators:
            torch._C._push_on_torch_dispatch_stack(mode)


def repeated(times: int, call: Callable[[], T]) -> list[T]:
    """What so many calls give that are all alike; a guard sees the first of them, and costs nothing in the others."""
    first = [call() for _ in range(min(times, WATCHED))]
    with no_modes():
        return first + [call() for _ in range(times - len(first))]


def past_one_operator_mode(call: Callable[..., T], args: Any, kwargs: Any) -> T:
    """``call(*args, **kwargs)``, unseen by the one operator mode in force; a tensor with a key of its own is seen.

    The mode stays on the stack: to take it off and put it back takes twice as long.
    """
    python, snapshot = _KEYS
    _include(python, False)
    _include(snapshot, False)
    try:
        return call(*args, **kwargs)
    finally:
        _include(python, True)
        _include(snapshot, True)


def drop_keys_without_a_mode() -> None:
    """A guard that a learner entered under a mode of ours, and never left, brings its keys back when it dies."""
    if not torch._C._len_torch_dispatch_stack():
        for key in _KEYS:
            _include(key, False)


def _popped() -> tuple[list[Any], list[Any]]:
    """The modes that were in force, outermost first; none is any longer."""
    functions = [torch._C._pop_torch_function_stack() for _ in range(torch._C._len_torch_function_stack())]
    operators = [torch._C._pop_torch_dispatch_stack(None) for _ in range(torch._C._len_torch_dispatch_stack())]
    drop_keys_without_a_mode()
    return functions[::-1], operators[::-1]
