"""The mistakes of `gradient_clipping` as another learner would write them."""

import math

import torch


def norm_of(tensors):
    return torch.cat([t.detach().flatten() for t in tensors]).norm()


def clip(parameters, limit, norm=norm_of, to=None, back=None):
    """A right solution with exchangeable parts."""
    grads = [p.grad for p in parameters if p.grad is not None]
    before = norm(grads)
    if before > limit:
        for g in grads:
            g *= (to or limit) / before
    return before if back is None else back(before)


def each_by_itself(parameters, max_norm):
    parameters = [p for p in parameters if p.grad is not None]
    before = norm_of([p.grad for p in parameters])
    for p in parameters:
        own = torch.linalg.vector_norm(p.grad)
        if own > max_norm:
            p.grad = p.grad * (max_norm / own)
    return before


def clamps_elements(parameters, max_norm):
    grads = [p.grad for p in parameters if p.grad is not None]
    before = norm_of(grads)
    for g in grads:
        g.clamp_(min=-max_norm, max=max_norm)
    return before


def adds_norms(parameters, max_norm):
    return clip(parameters, max_norm, lambda grads: sum([torch.linalg.vector_norm(g).item() for g in grads]))


def no_root(parameters, max_norm):
    return clip(parameters, max_norm, lambda grads: sum(g.norm() ** 2 for g in grads))


def largest_norm(parameters, max_norm):
    return clip(parameters, max_norm, lambda grads: torch.stack([g.norm() for g in grads]).max())


def largest_element(parameters, max_norm):
    return clip(parameters, max_norm, lambda grads: torch.cat([g.flatten() for g in grads]).norm(p=math.inf))


def l1_norm(parameters, max_norm):
    return clip(parameters, max_norm, lambda grads: torch.cat([g.flatten() for g in grads]).norm(p=1))


def mean_of_squares(parameters, max_norm):
    return clip(parameters, max_norm, lambda grads: torch.cat([g.flatten() for g in grads]).square().mean().sqrt())


def mean_within_each(parameters, max_norm):
    return clip(parameters, max_norm, lambda grads: math.sqrt(sum(g.pow(2).mean().item() for g in grads)))


def norm_of_parameters(parameters, max_norm):
    parameters = list(parameters)
    return clip(parameters, max_norm, lambda grads: norm_of(parameters))


def returns_clipped_norm(parameters, max_norm):
    parameters = list(parameters)
    clip(parameters, max_norm)
    return norm_of([p.grad for p in parameters if p.grad is not None])


def returns_nothing(parameters, max_norm):
    clip(parameters, max_norm)


def returns_factor(parameters, max_norm):
    return clip(parameters, max_norm, back=lambda norm: 1.0 if norm <= max_norm else max_norm / norm.item())


def fails_on_none(parameters, max_norm):
    parameters = list(parameters)
    total = torch.sqrt(sum((p.grad * p.grad).sum() for p in parameters))
    if total > max_norm:
        for p in parameters:
            p.grad *= max_norm / total
    return total


def none_becomes_zeros(parameters, max_norm):
    parameters = list(parameters)
    for p in parameters:
        p.grad = torch.zeros(p.shape) if p.grad is None else p.grad
    return clip(parameters, max_norm)


def generator_used_up(parameters, max_norm):
    total = math.sqrt(sum(p.grad.norm().item() ** 2 for p in parameters if p.grad is not None))
    if total > max_norm:
        for p in parameters:
            if p.grad is not None:
                p.grad.mul_(max_norm / total)
    return total


def takes_the_length(parameters, max_norm):
    if len(parameters) == 0:
        return 0.0
    return clip(parameters, max_norm)


def divides_by_zero(parameters, max_norm):
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(g.square().sum().item() for g in grads))
    factor = min(max_norm / norm, 1)
    for g in grads:
        g *= factor
    return norm


def clips_to_one(parameters, max_norm):
    return clip(parameters, max_norm, to=1.0)


def compares_with_one(parameters, max_norm):
    return clip(parameters, 1, to=max_norm)


def always_scales(parameters, max_norm):
    return clip(parameters, 0, to=max_norm)


def comparison_reversed(parameters, max_norm):
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = norm_of(grads)
    if norm < max_norm and norm != 0:
        for g in grads:
            g.mul_(max_norm).div_(norm)
    return norm


def never_clips(parameters, max_norm):
    return norm_of([p.grad for p in parameters if p.grad is not None])


def factor_upside_down(parameters, max_norm):
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = norm_of(grads)
    if norm > max_norm:
        torch._foreach_div_(grads, max_norm / norm.item())
    return norm


def factor_too_small(parameters, max_norm):
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = norm_of(grads)
    if norm > max_norm:
        for g in grads:
            g /= 1 + norm / max_norm
    return norm


def scales_parameters(parameters, max_norm):
    parameters = list(parameters)
    norm = norm_of([p.grad for p in parameters if p.grad is not None])
    if norm > max_norm:
        with torch.no_grad():
            for p in parameters:
                p *= max_norm / norm
    return norm


def only_the_first(parameters, max_norm):
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = norm_of(grads)
    if norm > max_norm:
        for g in grads:
            g *= max_norm / norm
            return norm
    return norm


SECOND_WAY = {n: f for n, f in list(globals().items()) if callable(f) and n not in ("norm_of", "clip")}
