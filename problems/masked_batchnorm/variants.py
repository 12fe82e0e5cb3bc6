import torch

from torch_judge.authoring import accepted


@accepted
def packed(x, lengths, weight, bias, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    """Pack the real steps, normalise the rows, scatter them back into zeros."""
    real = torch.arange(x.size(1), device=x.device)[None, :] < lengths[:, None]
    rows = x[real]
    mean, var = running_mean, running_var
    if training:
        var, mean = torch.var_mean(rows, dim=0, correction=0)
        running_mean.mul_(1 - momentum).add_(momentum * mean.detach())
        running_var.mul_(1 - momentum).add_(momentum * rows.detach().var(0))
    out = torch.zeros_like(x)
    out[real] = (rows - mean) * torch.rsqrt(var + eps) * weight + bias
    return out


@accepted
def row_by_row(x, lengths, weight, bias, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    """A beginner's loops: slices of the real steps, concatenated, cut again and padded with zeros."""
    N, T, C = x.shape
    pieces = []
    for i in range(N):
        pieces.append(x[i, : int(lengths[i])])
    real = torch.cat(pieces)
    if training:
        n = len(real)
        mean = real.sum(0) / n
        var = ((real - mean) ** 2).sum(0) / n
        with torch.no_grad():
            running_mean[:] = (1 - momentum) * running_mean + momentum * mean
            running_var[:] = (1 - momentum) * running_var + momentum * var * n / (n - 1)
    else:
        mean = running_mean
        var = running_var
    rows = []
    for piece in pieces:
        y = weight * (piece - mean) / torch.sqrt(var + eps) + bias
        padding = torch.zeros(T - len(piece), C, dtype=x.dtype, device=x.device)
        rows.append(torch.cat([y, padding]))
    return torch.stack(rows)


@accepted
def where_and_weights(x, lengths, weight, bias, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    """torch.where first; then weights of 0 and 1 may multiply."""
    mask = (torch.arange(x.shape[1], device=x.device).expand(len(x), -1) < lengths.unsqueeze(1)).unsqueeze(2)
    zero = torch.zeros((), dtype=x.dtype, device=x.device)
    x = torch.where(mask, x, zero)
    m = mask.to(x.dtype)
    if training:
        n = m.sum().item()
        mean = (x * m).sum(dim=(0, 1)) / n
        centred = (x - mean) * m
        var = (centred**2).sum(dim=(0, 1)) / n
        running_mean.copy_(running_mean + momentum * (mean.detach() - running_mean))
        running_var.copy_(running_var + momentum * (var.detach() * n / (n - 1) - running_var))
    else:
        mean, var = running_mean, running_var
        centred = (x - mean) * m
    print("real steps", int(m.sum()))
    return (centred * weight / (var + eps) ** 0.5 + bias) * m


@accepted
def einsum_over_real_steps(x, lengths, weight, bias, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    n_rows, n_steps, _ = x.shape
    real = x.new_zeros(n_rows, n_steps)
    for row, length in enumerate(lengths.tolist()):
        real[row, :length] = 1
    clean = x.masked_fill(real.unsqueeze(-1) == 0, 0.0)
    if training:
        n = real.sum()
        mean = torch.einsum("ntc,nt->c", clean, real) / n
        deviation = torch.einsum("ntc,nt->ntc", clean - mean, real)
        var = torch.einsum("ntc,ntc->c", deviation, deviation) / n
        for buffer, value in ((running_mean, mean), (running_var, var * (n / (n - 1)))):
            buffer.data.lerp_(value.data, momentum)
    else:
        mean, var = running_mean.clone(), running_var.clone()
    scale = weight * (var + eps).rsqrt()
    return torch.einsum("ntc,nt->ntc", clean * scale + (bias - mean * scale), real)


class PackedNorm(torch.autograd.Function):
    """Research style: the backward pass by hand on packed rows."""

    @staticmethod
    def forward(ctx, rows, mean, rstd, through_statistics):
        normalised = (rows - mean) * rstd
        ctx.save_for_backward(normalised, rstd)
        ctx.through_statistics = through_statistics
        return normalised

    @staticmethod
    def backward(ctx, upstream):
        normalised, rstd = ctx.saved_tensors
        if ctx.through_statistics:
            upstream = upstream - upstream.mean(0) - normalised * (upstream * normalised).mean(0)
        return upstream * rstd, None, None, None


@accepted
def own_backward(x, lengths, weight, bias, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    index = torch.nonzero(torch.arange(x.shape[1], device=x.device) < lengths.view(-1, 1), as_tuple=True)
    rows = x[index]
    with torch.no_grad():
        mean, var = (rows.mean(0), rows.var(0, correction=0)) if training else (running_mean, running_var)
        rstd = torch.rsqrt(var + eps)
        if training:
            running_mean += momentum * (mean - running_mean)
            running_var += momentum * (rows.var(0) - running_var)
            mean = mean.clone()
    y = PackedNorm.apply(rows, mean, rstd, training) * weight + bias
    return torch.zeros_like(x).index_put(index, y)
