"""What the cases of normalising layers say alike: uneven inputs, layers as if trained, refusals, torch's own state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from torch_judge.cases.authoring import load_what_fits, refusal
from torch_judge.cases.draw import Draw


def uneven(draw: Draw, name: str, *shape: int, grad: bool = False, **options: Any) -> Tensor:
    """Values whose mean and spread differ along every axis, so that no axis passes for another."""
    x = draw.randn(f"noise of {name}", *shape, mean=1.0, **options)
    for axis in range(len(shape)):
        size = [shape[axis] if other == axis else 1 for other in range(len(shape))]
        x = x + 1.5 * draw.randn(f"axis {axis} of {name}", *size, **options)
    return draw.keep(name, x.requires_grad_(grad))


def filled_norm(solve: Callable[..., Any], draw: Draw, features: int, name: str = "norm", **options: Any) -> Any:
    """A layer with drawn weight and bias. From here on its parameters, buffers and mode are watched."""
    layer = solve(features, **options)
    draw.fill(name, layer, optional=())
    return layer


def with_statistics(layer: Any, draw: Draw, features: int) -> Any:
    """The layer, as if it had been trained: running statistics loaded, so that eval has something to go by."""
    state = {
        "running_mean": draw.randn("running_mean", features),
        "running_var": draw.rand("running_var", features, low=0.2, high=3.0),
        "num_batches_tracked": torch.tensor(7, device=draw.device),
    }
    load_what_fits(layer, state)
    return layer


def state_of_batch_norm(features: int) -> nn.Module:
    """A module with the state of torch's own layer, which is not there where these problems are judged officially."""
    norm = nn.Module()
    norm.weight, norm.bias = nn.Parameter(torch.ones(features)), nn.Parameter(torch.zeros(features))
    norm.register_buffer("running_mean", torch.zeros(features))
    norm.register_buffer("running_var", torch.ones(features))
    norm.register_buffer("num_batches_tracked", torch.tensor(0))
    return norm


def refusals(solve: Callable[..., Any], draw: Draw, shapes: dict[str, tuple[int, ...]]) -> dict[str, str]:
    """Observations: what becomes of inputs of wrong shapes for 3 features, in training and in eval.

    The running statistics are watched; the count is free: torch has counted the batch by then, and both are right.
    """
    layer = with_statistics(solve(3).to(draw.device), draw, 3)
    draw.keep("norm", layer, free=["*num_batches_tracked*"])
    inputs = {name: draw.randn(name, *shape) for name, shape in shapes.items()}
    seen = {name: refusal(layer, x) for name, x in inputs.items()}
    layer.eval()
    return seen | {f"{name}, in eval": refusal(layer, x) for name, x in inputs.items()}
