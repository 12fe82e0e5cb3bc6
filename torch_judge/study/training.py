"""The training that traces share: a classifier, SGD, and what it reached after each epoch."""

from __future__ import annotations

from collections.abc import Callable
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


@torch.no_grad()
def _reached(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> Epoch:
    model.eval()
    scores = model(x)
    right = scores.argmax(-1) == y
    return Epoch(nn.functional.cross_entropy(scores, y).item(), right.float().mean().item())
