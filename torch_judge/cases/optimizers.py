"""What the cases of optimisers say alike: drawn gradients, the way of the parameters, what hangs on a graph."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torch_judge.cases.draw import Draw


def give_gradients(draw: Draw, time: int, params: dict[str, Tensor]) -> None:
    """Drawn gradients of one step, uneven and of changing sign, for those of ``params`` that are to have one."""
    for name, param in params.items():
        param.grad = draw.randn(f"gradient {time} of {name}", *param.shape, mean=0.2, std=0.4)


def path_of(draw: Draw, optimizer: Any, params: dict[str, Tensor], steps: int) -> dict[str, Tensor]:
    """Observations: the parameters after each of a few steps on drawn gradients."""
    seen = {}
    for time in range(1, steps + 1):
        give_gradients(draw, time, params)
        optimizer.step()
        for name, param in params.items():
            seen[f"{name} after step {time}"] = param.detach().clone()
    return seen


def is_cleared(param: Tensor) -> bool:
    """Whether the gradient is None or zeros: both are right after `zero_grad`."""
    return param.grad is None or not bool(param.grad.any())


def attributes_of(thing: object) -> dict[str, Any]:
    """What an object holds by name; nothing if it has no room for names."""
    return getattr(thing, "__dict__", {})


def results_on_a_graph(thing: object, depth: int = 4) -> int:
    """How many tensors in ``thing`` (an object, a list, a tuple, a dict) are results on an autograd graph."""
    if isinstance(thing, Tensor):
        return int(thing.grad_fn is not None)
    if not depth or isinstance(thing, type):
        return 0
    if isinstance(thing, (list, tuple)):
        return sum(results_on_a_graph(item, depth - 1) for item in thing)
    inside = thing if isinstance(thing, dict) else attributes_of(thing)
    return sum(results_on_a_graph(item, depth - 1) for item in inside.values())


def layer_and_data(draw: Draw) -> tuple[torch.nn.Linear, Tensor, Tensor]:
    """A Linear layer (4 to 2) with drawn parameters, whose gradients are free, inputs (6, 4) and targets (6, 2)."""
    layer = torch.nn.Linear(4, 2, device=draw.device)
    draw.fill("layer", layer, optional=(), free=["*.grad"])
    return layer, draw.randn("x", 6, 4), draw.randn("target", 6, 2, mean=1.0)
