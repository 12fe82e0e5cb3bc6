"""The mistakes of `gelu` as another learner would write them."""

import math

import numpy as np
import torch


def phi(x):
    return torch.special.ndtr(x)


def tanh_form(x):
    inner = (2 / torch.pi) ** 0.5 * (x + 0.044715 * x.pow(3))
    return x / 2 * (1 + inner.tanh())


def sigmoid_form(x):
    return x / (1 + torch.exp(-1.702 * x))


def silu(x):
    return x / (1 + torch.exp(-x))


def no_root(x):
    return x * (2 - torch.erfc(x)) / 2


def times_root(x):
    return x * phi(2 * x)


def root_too_short(x):
    root = 1.414
    return x * (2 - torch.erfc(x / root)) / 2


def reciprocal_too_short(x):
    return x * torch.erfc(-0.707 * x) / 2


def divided_by_two(x):
    return x * phi(x / 2**0.5)


def no_half(x):
    return x * torch.erfc(-x / 2**0.5)


def half_inside(x):
    return x * (1 / 2 + torch.erf(x / 2**0.5))


def no_one(x):
    return x * torch.erf(x / 2**0.5) / 2


def upper_tail(x):
    return x * phi(-x)


def only_the_weight(x):
    return phi(x)


def density(x):
    return x * torch.distributions.Normal(0, 1).log_prob(x).exp()


def weight_detached(x):
    with torch.no_grad():
        weight = phi(x)
    return weight * x


def x_detached(x):
    return phi(x) * x.data


def no_gradient(x):
    return torch.tensor([v * (1 + math.erf(v / math.sqrt(2))) / 2 for v in x.flatten().tolist()], dtype=x.dtype).view(
        x.shape
    )


def numpy_array(x):
    values = np.asarray([math.erf(v) for v in (x.numpy() / 2**0.5).ravel()]).reshape(x.shape)
    return x * (1 + torch.as_tensor(values, dtype=x.dtype)) / 2


def math_erf(x):
    return x * (1 + math.erf(x / 2**0.5)) / 2


def switched_off_at_4(x):
    out = x * phi(x)
    return out.masked_fill(x < -4, 0.0).where(x < 4, x)


def casts_to_float32(x):
    return (x * phi(x)).to(torch.float32)


def computed_in_float32(x):
    y = x.float()
    return (y * 0.5 * (torch.erf(y / math.sqrt(2)) + 1)).type_as(x)


def writes_into_x(x):
    weight = phi(x)
    x *= weight
    return x


def in_place_without_grad(x):
    weight = phi(x)
    if x.requires_grad:
        return x * weight
    x *= weight
    return x


def relu(x):
    return torch.where(x >= 0, x, torch.zeros_like(x))


KEPT = {}


def one_buffer(x):
    if x.requires_grad:
        return x * phi(x)
    key = (tuple(x.shape), x.dtype)
    if key not in KEPT:
        KEPT[key] = torch.zeros_like(x)
    return torch.mul(x, phi(x), out=KEPT[key])


def squeezed(x):
    return torch.squeeze(phi(x) * x)


SECOND_WAY = {name: f for name, f in list(globals().items()) if callable(f) and name not in ("phi",)}
