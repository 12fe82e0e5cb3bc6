"""What the cases of several problems say alike: drawn numbers, attention inputs, layers and biases, tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor

from torch_judge.cases.authoring import Observed, require
from torch_judge.cases.draw import Draw

T = TypeVar("T")


def number(draw: Draw, name: str, low: float, high: float) -> float:
    """A Python float between ``low`` and ``high``, of three digits, so that a message can show it."""
    return float(f"{draw.rand(name, low=low, high=high).item():.3g}")


def integer(draw: Draw, name: str, low: int, high: int) -> int:
    """A Python int, one of low … high - 1: a size, a seed's own d_model."""
    return int(draw.randint(name, low, high).item())


def choice(draw: Draw, name: str, options: Sequence[T]) -> T:
    """One of ``options``, chosen by the seed."""
    return options[integer(draw, name, 0, len(options))]


def permutation(draw: Draw, name: str, size: int) -> Tensor:
    """The numbers 0 … size - 1 in an order that the seed decides, int64 (size,)."""
    return draw.rand(name, size).argsort()


def whole(draw: Draw, name: str, low: int, high: int, *shape: int, times: float | Tensor = 1.0) -> Tensor:
    """Whole numbers of low … high - 1, as float32, times ``times`` (which broadcasts).

    Where ``times`` holds powers of two, sums of products of them are exact, in whatever order they are taken.
    """
    drawn = draw.randint(f"whole {name}", low, high, *shape).float()
    return draw.keep(name, drawn * (times.to(drawn.device) if isinstance(times, Tensor) else times))


def qkv(
    draw: Draw,
    batch: int,
    queries: int,
    width: int,
    *,
    keys: int | None = None,
    value_width: int | None = None,
    name: str = "",
    grad: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """Q (batch, queries, width), K (batch, keys, width) and V (batch, keys, value_width), float32.

    Without ``keys`` there are as many as queries; without ``value_width`` values are as wide as keys. Give sizes that
    all differ, so that no axis passes for another. ``name`` stands before the three names of a second set.
    """
    keys = queries if keys is None else keys
    value_width = width if value_width is None else value_width
    Q = draw.randn(f"{name}Q", batch, queries, width, grad=grad)
    K = draw.randn(f"{name}K", batch, keys, width, mean=0.3, grad=grad)
    return Q, K, draw.randn(f"{name}V", batch, keys, value_width, mean=0.5, grad=grad)


def causal_mask(size: int, device: torch.device | str = "cpu") -> Tensor:
    """True where a query (row) may see a key (column): on the diagonal and below it. Bool (size, size)."""
    return torch.ones(size, size, dtype=torch.bool, device=device).tril()


def linear_layers(model: object, names: Sequence[str]) -> dict[str, Any]:
    """Observations: whether each of ``names`` is an nn.Linear, and how many weights of their own they have."""
    made = {name: getattr(model, name, None) for name in names}
    seen: dict[str, Any] = {f"{name} is an nn.Linear": isinstance(part, torch.nn.Linear) for name, part in made.items()}
    return seen | {"separate layers": len({id(getattr(layer, "weight", layer)) for layer in made.values()})}


def weights_of(model: object, names: Sequence[str]) -> dict[str, Tensor]:
    """The weights of the named layers, as `Draw.gradients` takes them."""
    return {name: getattr(model, name).weight for name in names}


def without_gradient(model: torch.nn.Module, output: Tensor, names: Sequence[str]) -> str:
    """Which of the layers ``names`` own a trainable parameter that ``output`` gives no gradient: "none", or names.

    A layer that should not be there counts as "another"; "all" if nothing gets one.
    """
    trainable = {name: p for name, p in model.named_parameters() if p.requires_grad}
    if not trainable or not output.requires_grad:
        return "all"
    grads = torch.autograd.grad(output.sum(), list(trainable.values()), retain_graph=True, allow_unused=True)
    owners = {name.split(".")[0] for name, grad in zip(trainable, grads, strict=True) if grad is None}
    return ", ".join(sorted({owner if owner in names else "another" for owner in owners})) or "none"


def all_take_part(seen: Observed, expected: Observed, draw: Draw) -> None:
    """A verify of what `without_gradient` found, observed as "without a gradient"."""
    idle = seen["without a gradient"]
    text = f"The output gives no gradient to: {idle}. Every layer takes part; make no other ones."
    require(idle == "none", f"idle: {'another' if 'another' in idle else idle}", text)


def add_biases(draw: Draw, model: object, names: Sequence[str], *inputs: Tensor) -> None:
    """Make a bias of the named layers count, whether the learner's layers have one or not.

    Feature 0 of every input becomes 1. A layer's bias gets drawn values; where it has none, the weights of feature 0
    take them: then both compute the same. Fill the model before, and let it go free: ``draw.fill(…, free=["*"])``.
    """
    for x in inputs:
        x[..., 0] = 1
    for name in names:
        layer = getattr(model, name)
        values = draw.randn(f"bias of {name}", len(layer.weight))
        (layer.weight.data[:, 0] if layer.bias is None else layer.bias.data).add_(values)


def bias_gradients(draw: Draw, output: Tensor, model: object, first: str = "W_v", last: str = "W_o") -> dict[str, Any]:
    """The gradients that a bias of layer ``first`` (after `add_biases`) and of layer ``last`` gets, there or not.

    Where the layer has none, ``first``'s is that of its weights of feature 0, and ``last``'s, whose output is
    ``output``, is known. A layer whose weight gets no gradient is left out: that is another case's business.
    """
    layers = {name: getattr(model, name) for name in (first, last)}
    knobs = {name: layer.weight for name, layer in layers.items()}
    knobs |= {f"{name}.bias": layer.bias for name, layer in layers.items() if layer.bias is not None}
    found = draw.gradients(output, **knobs)
    seen = {}
    for name in (first, last):
        of_weight = found[f"gradient of {name}"]
        if isinstance(of_weight, Tensor):
            lacking = of_weight[:, 0] if name == first else draw.cotangent(output).flatten(0, -2).sum(0)
            seen[f"gradient of a bias of {name}"] = found.get(f"gradient of {name}.bias", lacking)
    return seen


def token_logits(draw: Draw, name: str, *weights: float, offset: float = 0.0) -> Tensor:
    """Logits (V,) of tokens with these weights, shifted by ``offset``; the seed decides which id has which weight."""
    order = permutation(draw, f"order of {name}", len(weights))
    return torch.tensor(weights, device=draw.device).log()[order] + offset
