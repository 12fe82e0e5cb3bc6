"""The training that traces share: a classifier, SGD, and what it reached after each epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import nn


class Epoch(NamedTuple):
    """Loss and accuracy (a share, 0 to 1) over all rows in eval mode, after an epoch or before the first."""

    loss: float
    accuracy: float


def classify(
    model: nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    *,
    epochs: int,
    rate: float,
    batch: int,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = nn.functional.cross_entropy,
) -> list[Epoch]:
    """Train by plain SGD, batch by batch; ``epochs`` + 1 results, the first before training.

    ``y`` (N,) int64. SGD follows ``loss(scores, y)``; what is reported is the cross-entropy. The order of the rows is
    the same in every call, so that two models can be compared.
    """
    order = torch.Generator().manual_seed(0)
    # Not torch.optim: its first step imports torch's compiler, which takes longer than all of the training.
    weights = list(model.parameters())
    reached = [_reached(model, x, y)]
    for _ in range(epochs):
        model.train()
        for rows in torch.randperm(len(x), generator=order).split(batch):
            followed = loss(model(x[rows]), y[rows])
            with torch.no_grad():
                for weight, slope in zip(weights, torch.autograd.grad(followed, weights), strict=True):
                    weight.sub_(slope, alpha=rate)
        reached.append(_reached(model, x, y))
    return reached


def scored(linear: nn.Module, row: torch.Tensor) -> Iterator[tuple[str, str, torch.Tensor]]:
    """The last stages of a prediction: a row (1, features) becomes five scores, then five probabilities."""
    scores = linear(row)
    yield "linear", "Five scores, one for each class, counted from 0.", scores
    shares = scores.softmax(1)
    yield "softmax", f"Five probabilities. The largest says class {int(shares.argmax())}.", shares


def helped(good: Sequence[Epoch], bad: Sequence[Epoch], best: float) -> tuple[tuple[str, bool], ...]:
    """What a trace may notice of training with a layer and without: sooner right, a falling loss, no cure by the rate.

    ``best`` is the accuracy that is reached without it at the best of five learning rates.
    """
    return (
        (
            f"After one epoch the model with the layer has {good[1].accuracy:.0%} of the rows right, the one without "
            f"it {bad[1].accuracy:.0%}.",
            good[1].accuracy > bad[1].accuracy + 0.1,
        ),
        (
            f"With the layer the loss falls in every epoch, to {good[-1].loss:.2f}.",
            all(later.loss < earlier.loss for earlier, later in zip(good, good[1:], strict=False)),
        ),
        (
            f"A smaller learning rate is not the cure. We tried five; the best without the layer reaches {best:.0%}, "
            f"with it {good[-1].accuracy:.0%}.",
            best < good[-1].accuracy - 0.1,
        ),
    )


@torch.no_grad()
def _reached(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> Epoch:
    model.eval()
    scores = model(x)
    right = scores.argmax(-1) == y
    return Epoch(nn.functional.cross_entropy(scores, y).item(), right.float().mean().item())
