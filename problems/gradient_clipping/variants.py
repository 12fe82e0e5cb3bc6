import math
from collections.abc import Iterable

import torch
from torch import Tensor

from torch_judge.authoring import accepted


@accepted
def as_torch_does(parameters: Iterable[Tensor], max_norm: float) -> Tensor:
    """Always multiplied, by at most 1; a 0-d tensor comes back."""
    grads = [p.grad for p in list(parameters) if p.grad is not None]
    norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g, 2) for g in grads]), 2)
    factor = torch.clamp(max_norm / (norm + 1e-6), max=1.0)
    torch._foreach_mul_(grads, factor)
    return norm


@accepted
def rebound(parameters, max_norm):
    parameters = list(parameters)
    total = 0.0
    for p in parameters:
        if p.grad is not None:
            total += p.grad.norm(2).item() ** 2
    total = total**0.5
    assert total >= 0
    print("norm:", total)
    if total > max_norm:
        for p in parameters:
            if p.grad is not None:
                p.grad = p.grad * max_norm / (total + 1e-6)
    return total


@accepted
def long_vector(parameters, max_norm):
    kept = tuple(filter(lambda p: p.grad is not None, parameters))
    g = torch.cat([p.grad.reshape(-1) for p in kept])
    length = torch.dot(g, g).sqrt()
    if length <= max_norm:
        return length
    g = g / length * max_norm
    start = 0
    for p in kept:
        p.grad.copy_(g[start : start + p.numel()].view_as(p))
        start += p.numel()
    return length


@accepted
@torch.no_grad()
def through_data(parameters, max_norm):
    parameters = [p for p in parameters if p.grad is not None]
    squares = sum(torch.sum(p.grad.data**2) for p in parameters)
    norm = math.sqrt(squares)
    coefficient = max_norm / (norm + 1e-8)
    if coefficient < 1:
        for p in parameters:
            p.grad.data *= coefficient
    return norm


@accepted
def plain_numbers(parameters, max_norm):
    grads = []
    for p in parameters:
        if p.grad is None:
            continue
        grads.append(p.grad)
    norm = math.hypot(*[v for g in grads for v in g.flatten().tolist()])
    while norm > max_norm:
        for g in grads:
            g /= norm / max_norm
        break
    return norm


class Clipper:
    def __init__(self, grads):
        self.grads = grads
        self.norm = torch.stack([g.square().sum() for g in grads]).sum() ** 0.5

    def scale(self, factor):
        for g in self.grads:
            g.mul_(factor)


@accepted
def helper_class(parameters, max_norm):
    clipper = Clipper([p.grad for p in parameters if p.grad is not None])
    clipper.scale(torch.where(clipper.norm > max_norm, max_norm / clipper.norm, 1.0))
    return float(clipper.norm)


@accepted
def ratio(parameters, max_norm):
    """Divided by max(1, norm / max_norm), which is 1 for a short gradient."""
    params = list(parameters)
    norm = torch.norm(torch.stack([torch.norm(p.grad) for p in params if p.grad is not None]))
    for p in params:
        if p.grad is not None:
            p.grad.div_(max(1.0, norm.item() / max_norm))
    return norm.item()


@accepted
def foreach(parameters, max_norm):
    grads = [g for p in parameters if (g := p.grad) is not None]
    norm = torch.hypot(torch.stack(torch._foreach_norm(grads)).norm(), torch.tensor(0.0))
    return norm if norm < max_norm else [torch._foreach_mul_(grads, max_norm / norm.item()), norm][1]
