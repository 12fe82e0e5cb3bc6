"""Calls past the operator witness: whatever operators they run, no concept names one of them without naming the call."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from torch_judge.guard.concepts import CONCEPTS, matcher
from torch_judge.guard.plain import plain_calls


class Operators(TorchDispatchMode):
    """The bare names of the operators that ran."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.add(func._schema.name.partition("::")[2])
        return func(*args, **(kwargs or {}))


SQUARE, BATCH, INDEX = torch.rand(4, 4), torch.rand(2, 4, 4), torch.arange(4)
VECTOR, MASK, TABLE = SQUARE[0].clone(), SQUARE > 0.5, INDEX.repeat(4, 1)
FIRST = (SQUARE, BATCH, VECTOR, INDEX, MASK, SQUARE.sum(), "ij->ji", 4, (2, 4), [[1.0, 2.0]], [SQUARE, SQUARE])
SECOND = (SQUARE, BATCH, VECTOR, 2.0, 0, -1, 2, (4, 4), (0, 1), INDEX, MASK, TABLE)
TRIPLES = (
    *itertools.product((SQUARE, MASK, 0), (SQUARE, MASK, 0), (SQUARE, INDEX, TABLE, 1, 0.5)),
    *itertools.product((SQUARE,), (INDEX, TABLE, (4,)), (SQUARE, 1)),
    ("ij,jk->ik", SQUARE, SQUARE), ("bij,jk->bik", BATCH, SQUARE), ("ij,jk->ik", [SQUARE, SQUARE]),
    ((4, 4), 1.0), ([4, 4], 1.0, None), (SQUARE, SQUARE, [0], [1]), (BATCH, BATCH, BATCH), (0, 5, (4, 4)), (BATCH, 2, (2, 2)),
    (SQUARE, 0, INDEX, SQUARE), (SQUARE, 0, TABLE, SQUARE), (SQUARE, 0, 1, 2), (INDEX, SQUARE), (TABLE, SQUARE),
)  # fmt: skip
ARGUMENTS = ((), *((one,) for one in FIRST), *itertools.product(FIRST[:8], SECOND), *TRIPLES)
"""For each call some of them fit."""


def operators_of(call: Any) -> set[str] | None:
    """What a call was seen to run, in all its forms; None if it never ran."""
    found: set[str] = set()
    ran = False
    for values, tracked in itertools.product(ARGUMENTS, (False, True)):
        own = [v.clone() if isinstance(v, torch.Tensor) else v for v in values]
        if tracked:
            own = [v.requires_grad_() if isinstance(v, torch.Tensor) and v.is_floating_point() else v for v in own]
        with Operators() as seen, torch.inference_mode(not tracked):
            try:
                call(*own)
            except Exception:
                continue
        ran, found = True, found | seen.names
    return found if ran else None


def test_plain_calls_run_nothing_that_another_concept_names() -> None:
    matchers = [matcher((concept,)) for concept in CONCEPTS]
    wrong = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for call in plain_calls():
            found = operators_of(call)
            others = [matches for matches in matchers if not matches(call.__name__)]
            if found is None or (hidden := {name for name in found if any(matches(name) for matches in others)}):
                wrong[str(call)] = "was not tried" if found is None else hidden
    assert wrong == {}
