import torch


def my_group_norm(x, num_groups, weight=None, bias=None, eps=1e-5):
    n, channels = x.shape[:2]
    if channels % num_groups != 0:
        raise ValueError(f"{channels} channels cannot be cut into {num_groups} groups of one size")
    # Neighbouring channels and all their positions lie side by side: one row per sample and group.
    groups = x.reshape(n, num_groups, -1)
    mean = groups.mean(-1, keepdim=True)
    var = groups.var(-1, unbiased=False, keepdim=True)
    y = ((groups - mean) / torch.sqrt(var + eps)).reshape(x.shape)
    per_channel = (1, channels) + (1,) * (x.dim() - 2)
    if weight is not None:
        y = y * weight.reshape(per_channel)
    if bias is not None:
        y = y + bias.reshape(per_channel)
    return y
