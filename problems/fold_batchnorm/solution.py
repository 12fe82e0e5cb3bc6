import torch


@torch.no_grad()
def fold_batchnorm(conv_weight, conv_bias, running_mean, running_var, weight=None, bias=None, eps=1e-5):
    scale = torch.rsqrt(running_var + eps)
    if weight is not None:
        scale = scale * weight
    shift = -running_mean if conv_bias is None else conv_bias - running_mean
    # The output channel is dim 0 of every weight, whatever its rank.
    w = conv_weight * scale.reshape(-1, *[1] * (conv_weight.dim() - 1))
    b = shift * scale
    return w, b if bias is None else b + bias
