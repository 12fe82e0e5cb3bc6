"""The mistakes of `groupnorm`, each written as another learner would: the diagnosis must name them too."""

import torch


def check(x, g):
    if x.shape[1] % g:
        raise ValueError("groups")


def standard(x, axes, eps, var=None):
    m = x.mean(axes, keepdim=True)
    v = ((x - m) ** 2).mean(axes, keepdim=True) if var is None else var(x, axes)
    return (x - m) * torch.rsqrt(v + eps)


def affined(y, weight, bias):
    column = [-1] + [1] * (y.ndim - 2)
    y = y if weight is None else y * weight.view(column)
    return y if bias is None else y + bias.view(column)


def grouped(x, g):
    """(N, G, C/G, positions)"""
    return x.reshape(x.shape[0], g, x.shape[1] // g, -1)


def right(x, g, weight=None, bias=None, eps=1e-5, *, check=check, core=None, affined=affined):
    check(x, g)
    core = core or (lambda x, g, eps: standard(grouped(x, g), (2, 3), eps).reshape(x.shape))
    return affined(core(x, g, eps), weight, bias)


def but(**steps):
    return lambda x, num_groups, weight=None, bias=None, eps=1e-5: right(x, num_groups, weight, bias, eps, **steps)


def interleaved(x, g, eps):
    parts = [standard(x[:, i::g].flatten(1), 1, eps).reshape(x[:, i::g].shape) for i in range(g)]
    return torch.stack(parts, 2).reshape(x.shape)


def by_var(x, g, eps, root=lambda v, eps: (v + eps).sqrt(), **options):
    y = grouped(x, g).flatten(2)
    m, v = y.mean(-1)[..., None], y.var(-1, **(options or {"unbiased": False}))[..., None]
    return ((y - m) / root(v, eps)).reshape(x.shape)


def mean_of_variances(x, g, eps):
    y = grouped(x, g)
    v = ((y - y.mean(3, keepdim=True)) ** 2).mean(3, keepdim=True).mean(2, keepdim=True)
    return ((y - y.mean((2, 3), keepdim=True)) / torch.sqrt(v + eps)).reshape(x.shape)


def moments(x, g, eps):
    y = grouped(x, g).flatten(2)
    m, square = y.sum(-1, keepdim=True) / y.shape[-1], (y * y).sum(-1, keepdim=True) / y.shape[-1]
    return ((y - m) / torch.sqrt(square - m * m + eps)).reshape(x.shape)


def no_mean(x, g, eps):
    y = grouped(x, g)
    return (y / torch.sqrt(y.var((2, 3), unbiased=False, keepdim=True) + eps)).reshape(x.shape)


def detached(x, g, eps):
    y = grouped(x, g)
    with torch.no_grad():
        m, v = y.mean((2, 3), keepdim=True), y.var((2, 3), unbiased=False, keepdim=True)
    return ((y - m) / torch.sqrt(v + eps)).reshape(x.shape)


def detached_variance(x, g, eps):
    y = grouped(x, g)
    m = y.mean((2, 3), keepdim=True)
    return ((y - m) / torch.sqrt(((y - m) ** 2).mean((2, 3), keepdim=True) + eps).data).reshape(x.shape)


def in_place(x, g, eps):
    y = x.reshape(x.shape[0], g, -1)
    v, m = torch.var_mean(y, -1, correction=0, keepdim=True)
    if not x.requires_grad:
        y -= m
    return (y / (v + eps).sqrt()).reshape(x.shape)


def images_only(x, num_groups, weight=None, bias=None, eps=1e-5):
    N, C, H, W = x.shape
    return right(x, num_groups, weight, bias, eps)


def view_of_a_strided_input(x, num_groups, weight=None, bias=None, eps=1e-5):
    check(x, num_groups)
    y = standard(x.view(x.shape[0], num_groups, -1), -1, eps)
    return affined(y.view(x.shape), weight, bias)


def unchecked(x, g, eps):
    return standard(x.reshape(x.shape[0], g, -1), -1, eps).reshape(x.shape)


def per_group(y, weight, bias, x, g):
    size = y.shape[1] // g

    def first(v):
        return None if v is None else torch.stack([v[c // size * size] for c in range(len(v))])

    return affined(y, first(weight), first(bias))


def affine_per_group(x, num_groups, weight=None, bias=None, eps=1e-5):
    return per_group(right(x, num_groups, None, None, eps), weight, bias, x, num_groups)


def affine_interleaved(x, num_groups, weight=None, bias=None, eps=1e-5):
    def mixed(v):
        return None if v is None else torch.cat([v[i::num_groups] for i in range(num_groups)])

    return affined(right(x, num_groups, None, None, eps), mixed(weight), mixed(bias))


def swapped_check(x, g):
    if x.shape[1] % g and g % x.shape[1]:
        raise ValueError("groups")


SECOND_WAY = {
    "interleaved": but(core=interleaved),
    "mixes_the_batch": but(core=lambda x, g, eps: standard(grouped(x, g), (0, 2, 3), eps).reshape(x.shape)),
    "channels_only": but(core=lambda x, g, eps: standard(grouped(x, g), 2, eps).reshape(x.shape)),
    "positions_only": but(core=lambda x, g, eps: standard(grouped(x, g), 3, eps).reshape(x.shape)),
    "one_group": but(core=lambda x, g, eps: standard(x, tuple(range(1, x.ndim)), eps)),
    "groups_of_g_channels": but(
        core=lambda x, g, eps: standard(grouped(x, x.shape[1] // g), (2, 3), eps).reshape(x.shape)
    ),
    "affine_on_last_axis": but(
        affined=lambda y, w, b: (y if w is None else w * y) if b is None else (y if w is None else w * y) + b
    ),
    "affine_per_group": affine_per_group,
    "affine_interleaved": affine_interleaved,
    "unbiased_variance": but(core=lambda x, g, eps: by_var(x, g, eps, unbiased=True)),
    "eps_outside": but(core=lambda x, g, eps: by_var(x, g, eps, lambda v, eps: v**0.5 + eps)),
    "eps_ignored": but(core=lambda x, g, eps: by_var(x, g, 0.00001)),
    "eps_as_floor": but(core=lambda x, g, eps: by_var(x, g, eps, lambda v, eps: torch.where(v > eps, v, eps).sqrt())),
    "no_eps": but(core=lambda x, g, eps: by_var(x, g, eps, lambda v, eps: v**0.5)),
    "images_only": images_only,
    "view_of_a_strided_input": view_of_a_strided_input,
    "silent_remainder": but(check=lambda x, g: None, core=unchecked),
    "more_groups_than_channels": but(check=swapped_check, core=unchecked),
    "affine_only_together": but(affined=lambda y, w, b: y if w is None or b is None else affined(y, w, b)),
    "bias_needs_weight": but(affined=lambda y, w, b: y if w is None else affined(y, w, b)),
    "shift_before_scale": but(affined=lambda y, w, b: affined(affined(y, None, b), w, None)),
    "difference_of_moments": but(core=moments),
    "not_centred": but(core=no_mean),
    "mean_of_variances": but(core=mean_of_variances),
    "detached_statistics": but(core=detached),
    "detached_variance": but(core=detached_variance),
    "writes_into_x": but(core=in_place),
    "squeezed": but(affined=lambda y, w, b: torch.squeeze(affined(y, w, b))),
}
