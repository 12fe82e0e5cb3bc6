"""The inputs of a case as a learner can use them: by name, untouched, with the call that the case makes."""

from __future__ import annotations

import contextlib
import copy
import functools
from typing import Any

import torch

from torch_judge.cases.draw import Draw
from torch_judge.cases.observations import Leaf
from torch_judge.observe import clean_state
from torch_judge.verdict.known import Known


class _CopyingDraw(Draw):
    """Keeps a copy of each input as it was when handed out."""

    def __init__(self, key: str, seed: int, device: str) -> None:
        super().__init__(key, seed, device)
        self.copies: dict[str, Any] = {}

    def watch(self, name: str, thing: object, free: tuple[str, ...] = ()) -> dict[str, Leaf]:
        with torch.no_grad():
            self.copies[name] = _copied(thing)
        return super().watch(name, thing, free)


def replayed(known: Known, case: int | str, seed: int, device: str) -> tuple[dict[str, Any], list[str]]:
    """The inputs of a case by name, and the calls of the entry that the case makes, as text to paste."""
    found = known.case(case)
    draw = _CopyingDraw(f"{known.problem.id}/{found.name}", seed, device)
    calls: list[str] = []
    with clean_state(), contextlib.suppress(Exception):
        found.run(_recording(known.reference(), known.problem.entry, draw, calls), draw)
    return draw.copies, calls


def _recording(reference: Any, entry: str, draw: Draw, calls: list[str]) -> Any:
    """The reference, noting how it is called."""

    @functools.wraps(reference, updated=())
    def record(*args: Any, **kwargs: Any) -> Any:
        texts = [_text(value, draw) for value in args] + [f"{k}={_text(v, draw)}" for k, v in kwargs.items()]
        calls.append(f"{entry}({', '.join(texts)})")
        return reference(*args, **kwargs)

    return record


def _text(value: Any, draw: Draw) -> str:
    """How to write an argument: an input by its name, anything else as itself."""
    name = next((name for name, thing in draw.inputs.items() if thing is value), None)
    if name is not None:
        return f'inputs["{name}"]'
    return f"<a tensor of shape {tuple(value.shape)}>" if isinstance(value, torch.Tensor) else repr(value)


def _copied(thing: Any) -> Any:
    if isinstance(thing, torch.Tensor):
        return thing.detach().clone().requires_grad_(thing.requires_grad)
    if isinstance(thing, (list, tuple)):
        return type(thing)(_copied(item) for item in thing)
    return copy.deepcopy(thing)
