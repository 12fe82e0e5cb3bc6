"""The mistakes of `rmsnorm` as another learner would make them."""

import torch


def subtracts_mean(x, weight, eps=1e-6):
    var, mean = torch.var_mean(x, -1, keepdim=True, correction=0)
    return weight * (x - mean) / torch.sqrt(var + eps)


def variance(x, weight, eps=1e-6):
    mean = x.mean(-1, keepdim=True)
    rms = torch.sqrt(((x - mean) ** 2).mean(-1, keepdim=True) + eps)
    return weight * x / rms


def sum_of_squares(x, weight, eps=1e-6):
    length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    return x / (length * length + eps).sqrt() * weight


def square_of_mean(x, weight, eps=1e-6):
    mu = x.sum(-1, keepdim=True) / x.size(-1)
    return x / (mu * mu + eps).sqrt() * weight


def mean_absolute(x, weight, eps=1e-6):
    size = torch.abs(x).sum(-1)[..., None] / x.shape[-1]
    return weight * (x / (size + eps))


def no_root(x, weight, eps=1e-6):
    size = torch.einsum("...d,...d->...", x, x)[..., None] / x.shape[-1]
    return x / (size + eps) * weight


def multiplies_by_rms(x, weight, eps=1e-6):
    return (x.square().mean(-1, True) + eps) ** 0.5 * x * weight


def eps_outside(x, weight, eps=1e-6):
    rms = x.norm(dim=-1, keepdim=True) / x.shape[-1] ** 0.5
    return x / (rms + eps) * weight


def eps_in_the_sum(x, weight, eps=1e-6):
    total = x.square().sum(-1, keepdim=True) + eps
    return x / torch.sqrt(total / x.shape[-1]) * weight


def no_eps(x, weight, eps=1e-6):
    return weight * x / torch.sqrt(torch.mean(x * x, -1, True))


def eps_ignored(x, weight, eps=1e-6):
    eps = 0.000001
    return weight * x / torch.sqrt(torch.mean(x * x, -1, True) + eps)


def default_eps(x, weight, eps=0.00001):
    return weight * x / torch.sqrt(torch.mean(x * x, -1, True) + eps)


def one_plus_weight(x, weight, eps=1e-6):
    y = x / torch.sqrt(torch.mean(x * x, -1, True) + eps)
    return y + y * weight


def no_weight(x, weight, eps=1e-6):
    return x / torch.sqrt(torch.mean(x * x, -1, True) + eps)


def weight_added(x, weight, eps=1e-6):
    return weight + x / torch.sqrt(torch.mean(x * x, -1, True) + eps)


def dim_one(x, weight, eps=1e-6):
    total = (x * x).sum(1, keepdim=True) / x.size(1)
    return weight * x / torch.sqrt(total + eps)


def batch_axis(x, weight, eps=1e-6):
    total = (x * x).sum(0) / len(x)
    return weight * x / torch.sqrt(total + eps)


def all_but_batch(x, weight, eps=1e-6):
    flat = x.flatten(1)
    flat = flat / torch.sqrt(flat.square().mean(1, keepdim=True) + eps)
    return flat.view_as(x) * weight


def whole_tensor(x, weight, eps=1e-6):
    rms = ((x * x).sum() / x.numel() + eps).sqrt()
    return x / rms * weight


def no_keepdim(x, weight, eps=1e-6):
    rms = torch.sqrt(torch.mean(x**2, -1) + eps)
    return x / rms * weight


def detached_rms(x, weight, eps=1e-6):
    with torch.no_grad():
        rms = (x.square().sum(-1, keepdim=True) / x.size(-1) + eps).sqrt()
    return weight * x / rms


def detached_x(x, weight, eps=1e-6):
    values = x.data
    return values / torch.sqrt(torch.mean(values * values, -1, True) + eps) * weight


def detached_weight(x, weight, eps=1e-6):
    return weight.data * (x / torch.sqrt(torch.mean(x * x, -1, True) + eps))


@torch.no_grad()
def outside_the_graph(x, weight, eps=1e-6):
    return x / torch.sqrt(torch.mean(x * x, -1, True) + eps) * weight


def writes_into_x(x, weight, eps=1e-6):
    x /= torch.sqrt(torch.mean(x * x, -1, True) + eps)
    x *= weight
    return x


def normalises_x_in_place(x, weight, eps=1e-6):
    x.div_((x.square().mean(-1)[..., None] + eps).sqrt())
    return torch.einsum("...d,d->...d", x, weight)


def larger_of_the_two(x, weight, eps=1e-6):
    squares = (x * x).sum(-1, keepdim=True) / x.shape[-1]
    return x / torch.where(squares > eps, squares, torch.full_like(squares, eps)).sqrt() * weight


def eps_at_zero_only(x, weight, eps=1e-6):
    squares = (x * x).sum(-1, keepdim=True) / x.shape[-1]
    return x / torch.where(squares == 0, torch.full_like(squares, eps), squares).sqrt() * weight


def squeezed(x, weight, eps=1e-6):
    return torch.squeeze(weight * x / torch.sqrt(torch.mean(x * x, -1, True) + eps))


SECOND_WAY = {name: thing for name, thing in list(globals().items()) if callable(thing)}
