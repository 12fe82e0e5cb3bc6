"""The mistakes of `fold_batchnorm`, each written as another learner would: the diagnosis must name them too."""

import torch


def right(
    conv_weight, conv_bias, running_mean, running_var, weight, bias, eps, *, std=lambda v, e: (v + e) ** 0.5,
    scaled=lambda w, s: (w.reshape(len(w), -1) * s[:, None]).reshape(w.shape),
    shifted=lambda c, m, s, g, b: (c - m) * s + b,
    slope=lambda g, s: g / s, given=lambda g, b: (g, b),
):  # fmt: skip
    """A right solution, whose steps can be exchanged one by one."""
    weight, bias = given(weight, bias)
    g = torch.ones_like(running_mean) if weight is None else weight
    b = torch.zeros_like(running_mean) if bias is None else bias
    c = torch.zeros_like(running_mean) if conv_bias is None else conv_bias
    s = slope(g, std(running_var, eps))
    return scaled(conv_weight, s), shifted(c, running_mean, s, g, b)


def but(**steps):
    def fold_batchnorm(conv_weight, conv_bias, running_mean, running_var, weight=None, bias=None, eps=1e-5):
        return right(conv_weight, conv_bias, running_mean, running_var, weight, bias, eps, **steps)

    return fold_batchnorm


def bias_required(conv_weight, conv_bias, running_mean, running_var, weight=None, bias=None, eps=1e-5):
    s = (running_var + eps).rsqrt() * (1 if weight is None else weight)
    b = (conv_bias - running_mean) * s + (0 if bias is None else bias)
    return conv_weight * s.view(-1, *(1 for _ in conv_weight.shape[1:])), b


def none_stays_none(conv_weight, conv_bias, running_mean, running_var, weight=None, bias=None, eps=1e-5):
    w, b = right(conv_weight, conv_bias, running_mean, running_var, weight, bias, eps)
    return w, b if conv_bias is not None else None


def conv_bias_added_after(conv_weight, conv_bias, running_mean, running_var, weight=None, bias=None, eps=1e-5):
    w, b = right(conv_weight, None, running_mean, running_var, weight, bias, eps)
    return w, b + conv_bias if conv_bias is not None else b


def affine_required(conv_weight, conv_bias, running_mean, running_var, weight=None, bias=None, eps=1e-5):
    s = (running_var + eps).rsqrt() * weight
    c = 0 if conv_bias is None else conv_bias
    return conv_weight * s.view(-1, *(1 for _ in conv_weight.shape[1:])), (c - running_mean) * s + bias


def in_place(conv_weight, conv_bias, running_mean, running_var, weight=None, bias=None, eps=1e-5):
    w, b = right(conv_weight, conv_bias, running_mean, running_var, weight, bias, eps)
    with torch.no_grad():
        conv_weight.copy_(w)
    return conv_weight, b


def order_of_results(conv_weight, conv_bias, running_mean, running_var, weight=None, bias=None, eps=1e-5):
    w, b = right(conv_weight, conv_bias, running_mean, running_var, weight, bias, eps)
    return b, w


def weight_forgotten_in_bias(conv_weight, conv_bias, running_mean, running_var, weight=None, bias=None, eps=1e-5):
    w, _ = right(conv_weight, conv_bias, running_mean, running_var, weight, bias, eps)
    _, b = right(conv_weight, conv_bias, running_mean, running_var, None, bias, eps)
    return w, b


SECOND_WAY = {
    "shift_not_scaled": but(shifted=lambda c, m, s, g, b: c - m + b),
    "mean_not_scaled": but(shifted=lambda c, m, s, g, b: c * s - m + b),
    "mean_forgotten": but(shifted=lambda c, m, s, g, b: c * s + b),
    "mean_added": but(shifted=lambda c, m, s, g, b: (c + m) * s + b),
    "conv_bias_added_after": conv_bias_added_after,
    "conv_bias_forgotten": but(shifted=lambda c, m, s, g, b: b - m * s),
    "input_channels_scaled": but(scaled=lambda w, s: s[(None, slice(None), *[None] * (w.ndim - 2))] * w),
    "falls_on_the_last_axis": but(scaled=lambda w, s: s * w),
    "no_root": but(std=lambda v, e: v + e),
    "multiplied_by_std": but(slope=lambda g, s: g * s),
    "eps_outside": but(std=lambda v, e: v.sqrt() + e),
    "eps_ignored": but(std=lambda v, e: torch.sqrt(v + 0.00001)),
    "eps_as_floor": but(std=lambda v, e: torch.where(v > e, v, e).sqrt()),
    "no_eps": but(std=lambda v, e: v.sqrt()),
    "bias_required": bias_required,
    "none_stays_none": none_stays_none,
    "images_only": but(scaled=lambda w, s: w * s[:, None, None, None]),
    "affine_required": affine_required,
    "affine_only_together": but(given=lambda g, b: (None, None) if g is None or b is None else (g, b)),
    "bias_scaled": but(shifted=lambda c, m, s, g, b: (c - m + b) * s),
    "bias_forgotten": but(given=lambda g, b: (g, None)),
    "weight_forgotten": but(given=lambda g, b: (None, b)),
    "weight_forgotten_in_bias": weight_forgotten_in_bias,
    "sign_dropped": but(given=lambda g, b: (None if g is None else g.square().sqrt(), b)),
    "negative_dropped": but(given=lambda g, b: (None if g is None else torch.relu(g), b)),
    "in_place": in_place,
    "order_of_results": order_of_results,
}
