"""The mistakes of `relu` as another learner would write them."""

import torch


def zeroes_in_place(x):
    x *= x > 0
    return x


def in_place_without_grad(x):
    if x.requires_grad:
        return torch.maximum(x, torch.zeros_like(x))
    negative = x < 0
    x.masked_fill_(negative, 0)
    return x


def casts_to_float32(x):
    x = x.to(torch.float32)
    return (x + x.abs()) / 2


def detached(x):
    flat = [max(value, 0.0) for value in x.flatten().tolist()]
    return torch.tensor(flat, dtype=x.dtype).reshape(x.shape)


def numpy_array(x):
    import numpy as np

    return torch.tensor(np.maximum(x.numpy(), 0))


def returns_mask(x):
    return torch.where(x > 0, 1.0, 0.0)


def returns_bool_mask(x):
    return torch.gt(x, 0)


def gradient_everywhere(x):
    out = x.clone()
    out.data[out.data < 0] = 0
    return out


def root_of_square(x):
    magnitude = (x**2) ** 0.5
    return 0.5 * (magnitude + x)


def python_max(x):
    return x if x > 0 else torch.zeros_like(x)


def drops_entries(x):
    return torch.masked_select(x, x > 0)


def keeps_the_negatives(x):
    return torch.minimum(x, torch.zeros_like(x))


def flips_the_negatives(x):
    return abs(x)


def leaks(x):
    return torch.maximum(x, 0.01 * x)


def smooth(x):
    return torch.log1p(x.exp())


def capped(x):
    return torch.minimum(torch.maximum(x, torch.zeros_like(x)), torch.ones_like(x))


def changes_nothing(x):
    return torch.where(x > 0, x, x)


class Reusing:
    def __init__(self):
        self.kept = {}

    def __call__(self, x):
        if x.requires_grad:
            return x * (x > 0)
        out = self.kept.setdefault((tuple(x.shape), x.dtype), torch.zeros_like(x))
        out[...] = x * (x > 0)
        return out


one_buffer = Reusing()


def squeezed(x):
    return torch.squeeze(torch.maximum(x, torch.zeros_like(x)))


SECOND_WAY = {
    name: value for name, value in globals().items() if callable(value) and name.islower() and name != "torch"
}
