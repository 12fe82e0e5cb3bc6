import torch


def masked_batch_norm(x, lengths, weight, bias, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    steps = torch.arange(x.shape[1], device=x.device)
    padding = (steps >= lengths[:, None])[..., None]  # (N, T, 1)
    # Replaced, not multiplied by 0: NaN times 0 is NaN, in the gradient too.
    x = x.masked_fill(padding, 0)
    if training:
        n = lengths.sum()
        mean = x.sum((0, 1)) / n
        var = (x - mean).masked_fill(padding, 0).square().sum((0, 1)) / n
        with torch.no_grad():
            running_mean.lerp_(mean, momentum)
            running_var.lerp_(var * n / (n - 1), momentum)
    else:
        mean, var = running_mean, running_var
    y = (x - mean) / torch.sqrt(var + eps) * weight + bias
    return y.masked_fill(padding, 0)
