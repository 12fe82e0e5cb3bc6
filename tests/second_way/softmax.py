"""The mistakes of `softmax` as another learner would write them."""

import torch


def no_shift(x, dim=-1):
    e = torch.pow(torch.e, x)
    return e / torch.sum(e, dim, keepdim=True)


def ignores_dim(x, dim=-1):
    top, _ = x.max(-1, keepdim=True)
    return torch.exp(x - top - torch.exp(x - top).sum(-1, keepdim=True).log())


def default_dim_0(x, dim=0):
    return torch.exp(x - torch.logsumexp(x, dim, keepdim=True))


def default_dim_1(x, dim=1):
    e = (x - x.max(dim, keepdim=True).values).exp()
    return e / e.sum(dim).unsqueeze(dim)


def global_max(x, dim=-1):
    e = torch.exp(x - torch.max(x).detach())
    return e / e.sum(dim).unsqueeze(dim)


def mean_shift(x, dim=-1):
    middle = x.sum(dim, keepdim=True) / x.shape[dim]
    e = (x - middle).exp()
    return e / e.sum(dim, keepdim=True)


def min_shift(x, dim=-1):
    e = (x - torch.min(x, dim, keepdim=True)[0].detach()).exp()
    return e / e.sum(dim).unsqueeze(dim)


def magnitude_shift(x, dim=-1):
    top = torch.max(torch.abs(x), dim, keepdim=True)[0].detach()
    e = (x - top).exp()
    return e / e.sum(dim).unsqueeze(dim)


def clamped(x, dim=-1):
    e = torch.minimum(torch.maximum(x, torch.tensor(-80.0)), torch.tensor(80.0)).exp()
    return e / e.sum(dim, keepdim=True)


def replaces_minus_inf(x, dim=-1):
    x = x.masked_fill(x == -float("inf"), -300.0)
    e = torch.exp(x - x.max(dim, keepdim=True).values)
    return e / e.sum(dim, keepdim=True)


def shifts_in_place(x, dim=-1):
    x.sub_(x.max(dim, keepdim=True)[0])
    e = x.exp()
    return e.div(e.sum(dim, keepdim=True))


def detached(x, dim=-1):
    with torch.no_grad():
        return torch.exp(x - torch.logsumexp(x, dim, keepdim=True))


def detached_sum(x, dim=-1):
    e = torch.exp(x - x.max(dim, keepdim=True)[0])
    with torch.no_grad():
        total = e.sum(dim, keepdim=True)
    return e / total


def no_keepdim(x, dim=-1):
    top, _ = x.max(dim)
    e = torch.exp(x - top)
    return torch.div(e, torch.sum(e, dim))


def unsqueezes_last(x, dim=-1):
    top = x.max(dim).values[..., None]
    e = torch.exp(x - top)
    return torch.div(e, e.sum(dim)[..., None])


def sum_without_keepdim(x, dim=-1):
    e = torch.exp(x - x.max(dim).values.unsqueeze(dim))
    return e / torch.sum(e, dim)


def max_is_a_pair(x, dim=-1):
    top = torch.max(x, dim, keepdim=True)
    shifted = x - top
    return shifted.exp() / shifted.exp().sum(dim, keepdim=True)


def sums_everything(x, dim=-1):
    e = torch.exp(x - x.max(dim, keepdim=True)[0])
    return e / torch.sum(e)


def sums_along_another_dim(x, dim=-1):
    e = torch.exp(x - x.max(dim, keepdim=True)[0])
    return e / e.sum(x.ndim - 1).unsqueeze(-1)


def maximum_along_another_dim(x, dim=-1):
    e = torch.exp(x - x.max(-1).values.unsqueeze(-1))
    return e / e.sum(dim).unsqueeze(dim)


def not_normalised(x, dim=-1):
    return (x - x.max(dim, keepdim=True)[0]).exp()


def logarithms(x, dim=-1):
    return x - torch.logsumexp(x, dim, keepdim=True)


def no_exponential(x, dim=-1):
    return x * (1 / torch.sum(x, dim, True))


def negated(x, dim=-1):
    y = -x
    e = torch.exp(y - y.amax(dim, keepdim=True))
    return e / e.sum(dim, keepdim=True)


def base_two(x, dim=-1):
    e = 2 ** (x - x.max(dim, keepdim=True)[0])
    return e / e.sum(dim, keepdim=True)


def shifts_only_large_entries(x, dim=-1):
    if (x > 85).any():
        x = x - x.max(dim, keepdim=True).values
    e = x.exp()
    return e / e.sum(dim, keepdim=True)


def clamped_exponents(x, dim=-1):
    e = torch.maximum(x - x.max(dim, keepdim=True).values, torch.tensor(-15.0)).exp()
    return e / e.sum(dim, keepdim=True)


def squeezed(x, dim=-1):
    return torch.squeeze(torch.exp(x - torch.logsumexp(x, dim, keepdim=True)))


SECOND_WAY = {name: value for name, value in globals().items() if callable(value) and not name.startswith("_")}
