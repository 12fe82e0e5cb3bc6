import torch
import torch.nn.functional as F

from torch_judge.authoring import accepted


@accepted
def defaults_filled_in(conv_weight, conv_bias, running_mean, running_var, weight=None, bias=None, eps=1e-5):
    """Every missing part replaced by what it stands for, then one formula."""
    zeros, ones = torch.zeros_like(running_mean), torch.ones_like(running_mean)
    conv_bias = zeros if conv_bias is None else conv_bias
    weight = ones if weight is None else weight
    bias = zeros if bias is None else bias
    s = weight / torch.sqrt(running_var + eps)
    w = (conv_weight.flatten(1) * s.unsqueeze(1)).view_as(conv_weight)
    return w, (conv_bias - running_mean) * s + bias


@accepted
def channel_by_channel(conv_weight, conv_bias, running_mean, running_var, weight=None, bias=None, eps=1e-5):
    """A beginner's loop; returns a list."""
    w = torch.zeros(conv_weight.shape, dtype=conv_weight.dtype, device=conv_weight.device)
    b = torch.zeros(len(running_mean), dtype=conv_weight.dtype, device=conv_weight.device)
    for o in range(conv_weight.shape[0]):
        slope = 1.0
        if weight is not None:
            slope = weight[o]
        slope = slope / (running_var[o] + eps) ** 0.5
        w[o] = conv_weight[o] * slope
        start = -running_mean[o]
        if conv_bias is not None:
            start = start + conv_bias[o]
        b[o] = start * slope
        if bias is not None:
            b[o] = b[o] + bias[o]
    return [w, b]


@accepted
def diagonal_matrix(conv_weight, conv_bias, running_mean, running_var, weight=None, bias=None, eps=1e-5):
    """The norm as a diagonal matrix and an offset, multiplied onto the layer's matrix."""
    std = (running_var + eps).sqrt()
    slope = torch.diag(1 / std if weight is None else weight / std)
    offset = (0 if bias is None else bias) - slope @ running_mean
    w = torch.mm(slope, conv_weight.reshape(len(std), -1)).reshape(conv_weight.shape)
    if conv_bias is not None:
        offset = offset + slope @ conv_bias
    print("slopes:", slope.diagonal())
    return torch.nn.Parameter(w), torch.nn.Parameter(offset)


@accepted
@torch.no_grad()
def einsum(conv_weight, conv_bias, running_mean, running_var, weight=None, bias=None, eps=1e-5):
    s = torch.exp(-0.5 * torch.log(running_var + eps))
    s = s if weight is None else s.mul(weight)
    w = torch.einsum("o...,o->o...", conv_weight, s)
    b = running_mean.neg() if conv_bias is None else torch.sub(conv_bias, running_mean)
    b = torch.einsum("o,o->o", b, s)
    return (w, b.add(bias)) if bias is not None else (w, b)


@accepted
def probed(conv_weight, conv_bias, running_mean, running_var, weight=None, bias=None, eps=1e-5):
    """Feed the layer with unit inputs, normalise what comes out, and read weight and bias off."""

    def normed(y):
        y = (y - running_mean) / torch.sqrt(running_var + eps)
        y = y if weight is None else y * weight
        return y if bias is None else y + bias

    matrix = conv_weight.reshape(conv_weight.shape[0], -1)
    inputs = torch.eye(matrix.shape[1], dtype=matrix.dtype, device=matrix.device)
    b = normed(F.linear(torch.zeros_like(inputs[:1]), matrix, conv_bias))[0]
    slope = normed(torch.ones_like(b)[None])[0] - normed(torch.zeros_like(b)[None])[0]
    return torch.movedim(torch.movedim(conv_weight, 0, -1) * slope, -1, 0), b
