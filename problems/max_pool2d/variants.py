import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted, mistake


def both(value):
    return [value] * 2 if isinstance(value, int) else list(value)


def out_size(size, k, s, p):
    return (size + 2 * p - k) // s + 1


def padded(x, p):
    return nn.functional.pad(x, [p[1], p[1], p[0], p[0]], value=float("-inf"))


@accepted
def shifted_slices(x: Tensor, kernel_size, stride=None, padding=0) -> Tensor:
    """A loop over the places within a window; maximum shares a tie, of which there is none."""
    k, p = both(kernel_size), both(padding)
    s = both(stride) if stride is not None else k
    H, W = (out_size(n, *given) for n, *given in zip(x.shape[2:], k, s, p, strict=True))
    x = padded(x, p)
    best = None
    for a in range(k[0]):
        for b in range(k[1]):
            part = x[:, :, a : a + (H - 1) * s[0] + 1 : s[0], b : b + (W - 1) * s[1] + 1 : s[1]]
            best = part if best is None else torch.maximum(best, part)
    return best


@accepted
def columns_of_unfold(x, kernel_size, stride=None, padding=0):
    """F.unfold pads with zeros, so the padding comes first."""
    kh, kw = both(kernel_size)
    sh, sw = both(kernel_size if stride is None else stride)
    x = padded(x, both(padding))
    N, C, H, W = x.shape
    columns = F.unfold(x, (kh, kw), stride=(sh, sw)).view(N, C, kh * kw, -1)
    return columns.max(dim=2).values.reshape(N, C, (H - kh) // sh + 1, (W - kw) // sw + 1)


@accepted
def strides_by_hand(x, kernel_size, stride=None, padding=0):
    (kh, kw), (ph, pw) = both(kernel_size), both(padding)
    sh, sw = (kh, kw) if stride is None else both(stride)
    N, C, H, W = x.shape
    x = padded(x, (ph, pw)).contiguous()
    n, c, h, w = x.stride()
    size = (N, C, out_size(H, kh, sh, ph), out_size(W, kw, sw, pw), kh, kw)
    windows = torch.as_strided(x, size, (n, c, h * sh, w * sw, h, w))
    return torch.amax(windows.flatten(4), dim=-1)


@accepted
def rows_then_columns(x, kernel_size, stride=None, padding=0):
    """A maximum of maxima: first along the height, then along the width."""
    kernel, pads = both(kernel_size), both(padding)
    steps = kernel if stride is None else both(stride)
    for axis, k, s, p in zip((2, 3), kernel, steps, pads, strict=True):
        border = list(x.shape)
        border[axis] = p
        border = x.new_full(border, -math.inf)
        x = torch.cat([border, x, border], dim=axis).unfold(axis, k, s).max(-1)[0]
    return x


@accepted
def gathered_by_index(x, kernel_size, stride=None, padding=0):
    """All windows by fancy indices; argmax finds the place, gather takes it."""
    k, p = both(kernel_size), both(padding)
    s = k if stride is None else both(stride)
    x = padded(x, p)
    rows, columns = (
        torch.arange(0, size - kk + 1, ss, device=x.device)[:, None] + torch.arange(kk, device=x.device)
        for size, kk, ss in zip(x.shape[2:], k, s, strict=True)
    )
    windows = x[:, :, rows[:, None, :, None], columns[None, :, None, :]].flatten(-2)
    print("windows", windows.shape)
    return windows.gather(-1, windows.detach().argmax(-1, keepdim=True)).squeeze(-1)


class Pooling(torch.autograd.Function):
    """Research style: the gradient by hand, added up at the flat places of the winners."""

    @staticmethod
    def forward(ctx, x, k, s, p):
        y = padded(x, p)
        places = torch.arange(y[0, 0].numel(), device=x.device).view(y.shape[2:])
        places = places.unfold(0, k[0], s[0]).unfold(1, k[1], s[1]).flatten(2)
        windows = y.unfold(2, k[0], s[0]).unfold(3, k[1], s[1]).flatten(4)
        best, index = windows.max(dim=-1)
        ctx.winners = places.expand(*index.shape, -1).gather(-1, index[..., None]).flatten(2)
        ctx.padded, ctx.p, ctx.shape = y.shape, p, x.shape
        return best

    @staticmethod
    def backward(ctx, upstream):
        flat = upstream.new_zeros(*ctx.padded[:2], ctx.padded[2] * ctx.padded[3])
        flat = flat.scatter_add(2, ctx.winners, upstream.flatten(2)).view(ctx.padded)
        H, W = ctx.shape[2:]
        return flat[:, :, ctx.p[0] : ctx.p[0] + H, ctx.p[1] : ctx.p[1] + W], None, None, None


@accepted
def own_backward(x, kernel_size, stride=None, padding=0):
    k = both(kernel_size)
    return Pooling.apply(x, k, k if stride is None else both(stride), both(padding))


class LastOnly(Pooling):
    @staticmethod
    def backward(ctx, upstream):
        flat = upstream.new_zeros(*ctx.padded[:2], ctx.padded[2] * ctx.padded[3])
        flat = flat.scatter(2, ctx.winners, upstream.flatten(2)).view(ctx.padded)
        H, W = ctx.shape[2:]
        return flat[:, :, ctx.p[0] : ctx.p[0] + H, ctx.p[1] : ctx.p[1] + W], None, None, None


@mistake(
    "Where windows overlap, a place that has won several times keeps the gradient of one of them. They add up: "
    "`scatter_add`, not `scatter`."
)
def gradients_overwritten(x, kernel_size, stride=None, padding=0):
    k = both(kernel_size)
    return LastOnly.apply(x, k, k if stride is None else both(stride), both(padding))
