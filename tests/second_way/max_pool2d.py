"""The mistakes of `max_pool2d` as another learner would write them."""

import torch
import torch.nn.functional as F


def _two(value):
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def _border(x, left, right, top, bottom, filler=float("-inf")):
    N, C, H, W = x.shape
    wide = x.new_full((N, C, H + top + bottom, W + left + right), filler)
    wide[:, :, top : top + H, left : left + W] = x
    return wide


def _slices(x, k, s, join=torch.maximum):
    """The places within a window joined, one after the other."""
    H, W = (x.shape[2] - k[0]) // s[0] + 1, (x.shape[3] - k[1]) // s[1] + 1
    best = None
    for a in range(k[0]):
        for b in range(k[1]):
            part = x[:, :, a:, b:][:, :, :: s[0], :: s[1]][:, :, :H, :W]
            best = part if best is None else join(best, part)
    return best


def _pool(x, kernel_size, stride, padding, filler=float("-inf"), join=torch.maximum):
    k, p = _two(kernel_size), _two(padding)
    return _slices(_border(x, p[1], p[1], p[0], p[0], filler), k, k if stride is None else _two(stride), join)


def padded_with_zeros(x, kernel_size, stride=None, padding=0):
    return _pool(x, kernel_size, stride, padding, filler=0)


def padded_with_minus_1000(x, kernel_size, stride=None, padding=0):
    return _pool(x, kernel_size, stride, padding, filler=-1e3)


def padded_with_minus_1e9(x, kernel_size, stride=None, padding=0):
    return _pool(x, kernel_size, stride, padding, filler=-1e9)


def padded_with_the_smallest(x, kernel_size, stride=None, padding=0):
    k, p = _two(kernel_size), _two(padding)
    wide = _border(x, p[1], p[1], p[0], p[0], filler=float(x.detach().min()))
    s = k if stride is None else _two(stride)
    return wide.unfold(2, k[0], s[0]).unfold(3, k[1], s[1]).flatten(-2).amax(-1)


def padding_ignored(x, kernel_size, stride=None, padding=0):
    return _pool(x, kernel_size, stride, 0)


def padding_exchanged(x, kernel_size, stride=None, padding=0):
    return _pool(x, kernel_size, stride, _two(padding)[::-1])


def padded_on_one_side(x, kernel_size, stride=None, padding=0):
    k, p = _two(kernel_size), _two(padding)
    return _slices(_border(x, p[1], 0, p[0], 0), k, k if stride is None else _two(stride))


def half_the_padding(x, kernel_size, stride=None, padding=0):
    k, (h, w) = _two(kernel_size), _two(padding)
    wide = _border(x, w // 2, (w + 1) // 2, h // 2, (h + 1) // 2)
    return _slices(wide, k, k if stride is None else _two(stride))


def default_stride_1(x, kernel_size, stride=1, padding=0):
    return _pool(x, kernel_size, stride, padding)


def stride_ignored(x, kernel_size, stride=None, padding=0):
    return _pool(x, kernel_size, None, padding)


def stride_from_the_height(x, kernel_size, stride=None, padding=0):
    return _pool(x, kernel_size, _two(kernel_size)[0] if stride is None else stride, padding)


def stride_exchanged(x, kernel_size, stride=None, padding=0):
    return _pool(x, kernel_size, None if stride is None else _two(stride)[::-1], padding)


def pairs_exchanged(x, kernel_size, stride=None, padding=0):
    stride = None if stride is None else _two(stride)[::-1]
    return _pool(x, _two(kernel_size)[::-1], stride, _two(padding)[::-1])


def kernel_exchanged(x, kernel_size, stride=None, padding=0):
    return _pool(x, _two(kernel_size)[::-1], stride, padding)


def ints_only(x, kernel_size, stride=None, padding=0):
    stride = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=float("-inf"))
    return x.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).flatten(-2).max(-1).values


def tuples_only(x, kernel_size, stride=None, padding=0):
    if not isinstance(kernel_size, tuple):
        kernel_size = (kernel_size, kernel_size)
    stride = kernel_size if stride is None else stride
    stride, padding = (v if isinstance(v, tuple) else (v, v) for v in (stride, padding))
    x = F.pad(x, (padding[1], padding[1], padding[0], padding[0]), value=float("-inf"))
    return x.unfold(2, kernel_size[0], stride[0]).unfold(3, kernel_size[1], stride[1]).flatten(-2).max(-1).values


def size_rounded_up(x, kernel_size, stride=None, padding=0):
    k, p = _two(kernel_size), _two(padding)
    s = k if stride is None else _two(stride)
    more = [-((n + 2 * pp - kk) % -ss) for n, kk, ss, pp in zip(x.shape[2:], k, s, p, strict=True)]
    return _slices(_border(x, p[1], p[1] + more[1], p[0], p[0] + more[0]), k, s)


def mean(x, kernel_size, stride=None, padding=0):
    k = _two(kernel_size)
    return _pool(x, kernel_size, stride, padding, join=torch.add) / (k[0] * k[1])


def minimum(x, kernel_size, stride=None, padding=0):
    return -_pool(-x, kernel_size, stride, padding)


def largest_magnitude(x, kernel_size, stride=None, padding=0):
    return _pool(torch.abs(x), kernel_size, stride, padding)


def over_the_channels(x, kernel_size, stride=None, padding=0):
    return _pool(x.max(dim=1, keepdim=True).values, kernel_size, stride, padding)


def rows_cut_not_blocks(x, kernel_size, stride=None, padding=0):
    (a, b), (N, C, H, W) = _two(kernel_size), x.shape
    if stride is None and padding == 0 and H % a == 0 and W % b == 0:
        return x.contiguous().view(N, C, H // a, W // b, a * b).max(-1).values
    return _pool(x, kernel_size, stride, padding)


def transposed(x, kernel_size, stride=None, padding=0):
    return _pool(x, kernel_size, stride, padding).mT


def loop_over_outputs(x, kernel_size, stride=None, padding=0):
    k, p = _two(kernel_size), _two(padding)
    s = k if stride is None else _two(stride)
    x = _border(x, p[1], p[1], p[0], p[0])
    H, W = (x.shape[2] - k[0]) // s[0] + 1, (x.shape[3] - k[1]) // s[1] + 1
    found = [
        x[:, :, i * s[0] : i * s[0] + k[0], j * s[1] : j * s[1] + k[1]].flatten(2).max(-1).values
        for i in range(H)
        for j in range(W)
    ]
    return torch.stack(found, -1).view(*x.shape[:2], H, W)


def loop_over_rows(x, kernel_size, stride=None, padding=0):
    k, p = _two(kernel_size), _two(padding)
    s = k if stride is None else _two(stride)
    x = _border(x, p[1], p[1], p[0], p[0])
    H = (x.shape[2] - k[0]) // s[0] + 1
    return torch.cat([_slices(x[:, :, i * s[0] : i * s[0] + k[0]], k, s) for i in range(H)], dim=2)


@torch.no_grad()
def detached(x, kernel_size, stride=None, padding=0):
    return _pool(x, kernel_size, stride, padding)


def gradient_to_all(x, kernel_size, stride=None, padding=0):
    k = _two(kernel_size)
    total = _pool(x, kernel_size, stride, padding, filler=0.0, join=torch.add) / (k[0] * k[1])
    return total - total.detach() + _pool(x.detach(), kernel_size, stride, padding)


def float32_only(x, kernel_size, stride=None, padding=0):
    return _pool(x.to(torch.float32), kernel_size, stride, padding)


def writes_into_x(x, kernel_size, stride=None, padding=0):
    y = _pool(x, kernel_size, stride, padding)
    x.data[:, :, 0, 0].sub_(1)
    return y


def gradients_overwritten(x, kernel_size, stride=None, padding=0):
    k, p = _two(kernel_size), _two(padding)
    s = k if stride is None else _two(stride)
    x = _border(x, p[1], p[1], p[0], p[0])
    places = torch.arange(x.shape[2] * x.shape[3]).view(x.shape[2:])
    places = places.unfold(0, k[0], s[0]).unfold(1, k[1], s[1]).flatten(2)
    flat = x.flatten(2)
    windows = flat.detach()[:, :, places]
    winners = torch.gather(places.expand_as(windows), -1, windows.argmax(-1, keepdim=True)).squeeze(-1)
    return _Kept.apply(flat, winners)


class _Kept(torch.autograd.Function):
    @staticmethod
    def forward(ctx, flat, winners):
        ctx.winners, ctx.size = winners.flatten(2), flat.shape
        return torch.gather(flat, 2, ctx.winners).view(winners.shape)

    @staticmethod
    def backward(ctx, upstream):
        gradient = torch.zeros(ctx.size, dtype=upstream.dtype)
        return gradient.scatter_(2, ctx.winners, upstream.flatten(2)), None


SECOND_WAY = {name: value for name, value in globals().items() if callable(value) and not name.startswith("_")}
