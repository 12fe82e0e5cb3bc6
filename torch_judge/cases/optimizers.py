"""What the cases of optimisers say alike: drawn gradients, the way of the parameters, what hangs on a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from torch_judge.cases.draw import Draw


def give_gradients(draw: Draw, time: int, params: dict[str, Tensor]) -> None:
    """Drawn gradients of one step, uneven and of changing sign, for those of ``params`` that are to have one."""
    for name, param in params.items():
        param.grad = draw.randn(f"gradient {time} of {name}", *param.shape, mean=0.2, std=0.4)


def path_of(draw: Draw, optimizers: Any, params: dict[str, Tensor], steps: int) -> dict[str, Tensor]:
    """Observations: the parameters after each of a few steps on drawn gradients, of one optimiser or of several."""
    seen = {}
    for time in range(1, steps + 1):
        give_gradients(draw, time, params)
        for optimizer in optimizers if isinstance(optimizers, tuple) else (optimizers,):
            optimizer.step()
        for name, param in params.items():
            seen[f"{name} after step {time}"] = param.detach().clone()
    return seen


def steps_with_a_gap(draw: Draw, made: Callable[[list[Tensor]], Any], gap: int) -> dict[str, Any]:
    """Observations: three steps of ``made([...])`` on three parameters, then a `zero_grad`.

    One parameter never has a gradient, one has none at step ``gap``, one always has one.
    """
    never, sometimes, always = (draw.randn(name, 3, grad=True) for name in ("never", "sometimes", "always"))
    optimizer, seen = made([never, sometimes, always]), {}
    for time in (1, 2, 3):
        sometimes.grad = None
        give_gradients(draw, time, {"always": always} if time == gap else {"always": always, "sometimes": sometimes})
        optimizer.step()
        seen[f"sometimes after step {time}"] = sometimes.detach().clone()
        seen[f"always after step {time}"] = always.detach().clone()

    sometimes.grad, always.grad = torch.ones_like(always), torch.ones_like(always)
    optimizer.zero_grad()
    cleared = is_cleared(sometimes) and is_cleared(always)
    # The parameters are watched to the end, and so are their gradients: None or zeros, both are right.
    never.grad = sometimes.grad = always.grad = None
    return seen | {"zero_grad has cleared the others": cleared}


def training_of_a_layer(draw: Draw, made: Callable[[Iterator[Tensor]], Any], kept: str) -> dict[str, Any]:
    """Observations: three rounds of zero_grad, backward and step on a Linear layer, by ``made(its parameters)``.

    Also, how many of the tensors that the optimiser keeps (what they are is ``kept``) hang on an autograd graph.
    """
    layer, seen = torch.nn.Linear(4, 2, device=draw.device), {}
    draw.fill("layer", layer, optional=(), free=["*.grad"])
    x, target = draw.randn("x", 6, 4), draw.randn("target", 6, 2, mean=1.0)
    optimizer = made(layer.parameters())
    for time in (1, 2, 3):
        optimizer.zero_grad()
        seen[f"cleared before step {time}"] = all(is_cleared(param) for param in layer.parameters())
        loss = ((layer(x) - target) ** 2).mean()
        loss.backward()
        optimizer.step()
        seen[f"loss {time}"] = loss.detach()
    return seen | {f"{kept} that hang on an autograd graph": results_on_a_graph(attributes_of(optimizer))}


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
