import torch

from torch_judge.authoring import accepted


@accepted
def loop_over_samples_and_groups(x, num_groups, weight=None, bias=None, eps=1e-5):
    """A beginner's loops and slices."""
    N = x.shape[0]
    C = x.shape[1]
    if C % num_groups > 0:
        raise ValueError("num_groups must divide the number of channels")
    size = C // num_groups
    samples = []
    for i in range(N):
        parts = []
        for g in range(num_groups):
            part = x[i, g * size : (g + 1) * size]
            mean = part.mean()
            var = ((part - mean) ** 2).mean()
            parts.append((part - mean) / torch.sqrt(var + eps))
        samples.append(torch.cat(parts, dim=0))
    out = torch.stack(samples)
    for c in range(C):
        if weight is not None:
            out = torch.cat([out[:, :c], out[:, c : c + 1] * weight[c], out[:, c + 1 :]], dim=1)
        if bias is not None:
            out = torch.cat([out[:, :c], out[:, c : c + 1] + bias[c], out[:, c + 1 :]], dim=1)
    return out


@accepted
def unflattened(x: torch.Tensor, num_groups: int, weight=None, bias=None, eps: float = 1e-5) -> torch.Tensor:
    if x.size(1) % num_groups:
        raise RuntimeError(f"num_channels {x.size(1)} is not divisible by num_groups {num_groups}")
    grouped = x.unflatten(1, (num_groups, -1))
    axes = list(range(2, grouped.dim()))
    var, mean = torch.var_mean(grouped, dim=axes, correction=0, keepdim=True)
    y = ((grouped - mean) * torch.rsqrt(var + eps)).flatten(1, 2)
    y = y.movedim(1, -1)
    y = y * (1 if weight is None else weight) + (0 if bias is None else bias)
    return y.movedim(-1, 1)


@accepted
def chunks_of_channels(x, num_groups, weight=None, bias=None, eps=1e-5):
    n, c, *positions = x.shape
    if c // num_groups * num_groups != c or num_groups > c:
        raise ValueError((c, num_groups))
    done = []
    for chunk in x.split(c // num_groups, dim=1):
        axes = tuple(range(1, chunk.ndim))
        centred = chunk - chunk.mean(axes, keepdim=True)
        done.append(centred / (centred.square().mean(axes, keepdim=True) + eps).sqrt())
    y = torch.cat(done, dim=1)
    view = [1, c, *[1 for _ in positions]]
    if weight is not None:
        y = y.mul(weight.view(view))
    return y if bias is None else y.add(bias.view(view))


@accepted
def scale_and_shift_per_channel(x, num_groups, weight=None, bias=None, eps=1e-5):
    """One a and one b per sample and channel, then x·a + b."""
    n, c = x.size(0), x.size(1)
    if c % num_groups != 0:
        raise ValueError("remainder")
    rows = x.flatten(1).reshape(n * num_groups, -1)
    mean, var = rows.mean(1), rows.var(1, correction=0)
    a = (var + eps).rsqrt().reshape(n, num_groups).repeat_interleave(c // num_groups, dim=1)
    b = -mean.reshape(n, num_groups).repeat_interleave(c // num_groups, dim=1) * a
    if weight is not None:
        a, b = a * weight, b * weight
    if bias is not None:
        b = b + bias
    flat = x.reshape(n, c, -1) * a[:, :, None] + b[:, :, None]
    print("scale", a.shape)
    return flat.reshape(x.shape)


@accepted
def einsum_and_averaging_matrix(x, num_groups, weight=None, bias=None, eps=1e-5):
    """A (C, C) matrix that averages within groups."""
    n, c = x.shape[:2]
    if c % num_groups:
        raise ValueError("C must be a multiple of num_groups")
    group = torch.arange(c, device=x.device) // (c // num_groups)
    averaging = (group[:, None] == group[None, :]).to(x.dtype) * num_groups / c
    flat = x.reshape(n, c, -1)
    centred = flat - torch.einsum("dc,nc->nd", averaging, flat.mean(-1))[..., None]
    var = torch.einsum("dc,nc->nd", averaging, centred.pow(2).mean(-1))
    y = (centred / torch.sqrt(var + eps).unsqueeze(-1)).view_as(x)
    ones = torch.ones(c, dtype=x.dtype, device=x.device)
    weight = ones if weight is None else weight
    bias = torch.zeros_like(ones) if bias is None else bias
    return torch.einsum("nc...,c->nc...", y, weight) + torch.einsum("nc...,c->nc...", torch.ones_like(y), bias)
