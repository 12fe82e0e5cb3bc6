"""The mistakes of `conv2d` as another learner would write them."""

import math

import torch
import torch.nn.functional as F


def size(n, k, s, p):
    return (n + 2 * p - k) // s + 1


def product(patches, weight):
    return torch.einsum("ok,bkl->bol", weight.flatten(1), patches)


def image(out, h, w, b, s, p):
    return out.view(*out.shape[:2], size(h[0], w[0], s[0], p), size(h[1], w[1], s[1], p))


def offset(out, b):
    return out if b is None else out + b.view(1, -1, 1, 1)


def conv(pad=None, patches=None, product=product, image=image, offset=offset, stride=None, weight=None, end=None):
    """A convolution by `F.unfold`, of which a mistake replaces one step."""

    def my_conv2d(x, w, b=None, s=1, p=0):
        k = w.shape[2:]
        s = (s, s) if stride is None else stride(s)
        if pad is not None:
            x, p = pad(x, p), 0
        w = w if weight is None else weight(w)
        columns = F.unfold(x, k, padding=p, stride=s) if patches is None else patches(x, k, s, p)
        out = offset(image(product(columns, w), x.shape[2:], k, b, s, p), b)
        return out if end is None else end(out)

    return lambda x, weight, bias=None, stride=1, padding=0: my_conv2d(x, weight, bias, stride, padding)


def sized(rule):
    """Slices in two loops, with the output size of ``rule``."""

    def my_conv2d(x, weight, bias=None, stride=1, padding=0):
        (h, w), (kh, kw) = x.shape[2:], weight.shape[2:]
        x = F.pad(x, [padding] * 4 + [0, 0])
        rows, columns = rule(h, kh, stride, padding), rule(w, kw, stride, padding)
        x = F.pad(x, (0, stride, 0, stride))  # for a window that hangs over
        out = torch.zeros(len(x), len(weight), rows, columns, dtype=x.dtype)
        for i in range(rows):
            for j in range(columns):
                window = x[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw]
                out[:, :, i, j] = torch.tensordot(window, weight, ([1, 2, 3], [1, 2, 3]))
        return offset(out, bias)

    return my_conv2d


def flips_kernel(x, weight, bias=None, stride=1, padding=0):
    return conv(weight=lambda w: torch.flip(w, dims=[-1, -2]))(x, weight, bias, stride, padding)


def transposed_windows(x, k, s, p):
    x = F.pad(x, (p, p, p, p))
    n, c = x.shape[:2]
    k = (k[1], k[0])
    columns = F.unfold(x, k, stride=s)
    return columns.view(n, c, *k, -1).transpose(2, 3).flatten(1, 3)


def transposed_image(out, h, w, b, s, p):
    return out.view(*out.shape[:2], size(h[0], w[1], s[0], p), size(h[1], w[0], s[1], p))


def kernel_sides_swapped(x, weight, bias=None, stride=1, padding=0):
    kw, kh = weight.shape[-2:]
    windows = F.pad(x, (padding,) * 4).unfold(-2, kh, stride).unfold(-2, kw, stride).flatten(-2)
    out = torch.einsum("bchwk,ock->bohw", windows, weight.flatten(2))
    return offset(out, bias)


def swapped_image(out, h, w, b, s, p):
    return out.view(*out.shape[:2], size(h[1], w[1], s[1], p), size(h[0], w[0], s[0], p))


def square_image(out, h, w, b, s, p):
    side = int(math.sqrt(out.shape[-1]))
    return out.view(*out.shape[:2], side, side)


def averaged(columns, w):
    return product(columns, w) / (w.shape[2] * w.shape[3])


def by_view(columns, w):
    out = columns.transpose(1, 2) @ w.flatten(1).T
    return out.reshape(len(out), len(w), -1)


def needs_bias(x, weight, bias=None, stride=1, padding=0):
    out = conv()(x, weight, None, stride, padding)
    return out + bias[:, None, None]


def no_gradient(x, weight, bias=None, stride=1, padding=0):
    with torch.no_grad():
        return conv()(x, weight, bias, stride, padding)


def float32_buffer(x, weight, bias=None, stride=1, padding=0):
    right = conv()(x, weight, bias, stride, padding)
    out = torch.zeros(right.shape)
    for number, one in enumerate(right):
        out[number] = one
    return out


def only_first_channel(x, weight, bias=None, stride=1, padding=0):
    return conv()(x[:, :1], weight[:, :1], bias, stride, padding)


def bias_for_each_product(x, weight, bias=None, stride=1, padding=0):
    channels = [(x[:, c : c + 1], weight[:, c : c + 1]) for c in range(x.shape[1])]
    return sum(conv()(one, kernel, bias, stride, padding) for one, kernel in channels)


SECOND_WAY = {
    "flips_kernel": flips_kernel,
    "transposes_kernel": conv(patches=transposed_windows, image=transposed_image),
    "kernel_sides_swapped": kernel_sides_swapped,
    "output_size_swapped": conv(image=swapped_image),
    "assumes_square": conv(image=square_image),
    "stride_on_rows_only": conv(stride=lambda s: (s, 1)),
    "stride_on_columns_only": conv(stride=lambda s: (1, s)),
    "stride_ignored": conv(stride=lambda s: (1, 1)),
    "padding_ignored": conv(pad=lambda x, p: x),
    "pads_one_axis": conv(pad=lambda x, p: torch.nn.ZeroPad2d((p, p, 0, 0))(x)),
    "pads_height_only": conv(pad=lambda x, p: torch.nn.ZeroPad2d((0, 0, p, p))(x)),
    "pads_one_side": conv(pad=lambda x, p: torch.nn.ZeroPad2d((0, p, 0, p))(x)),
    "repeats_border": conv(pad=lambda x, p: torch.nn.ReplicationPad2d(p)(x)),
    "pads_once_in_size": sized(lambda n, k, s, p: (n + p - k) // s + 1),
    "padding_missing_in_size": sized(lambda n, k, s, p: (n - k) // s + 1),
    "size_without_plus_one": sized(lambda n, k, s, p: (n + 2 * p - k) // s),
    "size_rounded_up": sized(lambda n, k, s, p: math.ceil((n + 2 * p - k) / s) + 1),
    "size_floored_then_divided": sized(lambda n, k, s, p: (n + 2 * p - k + 1) // s),
    "forgets_bias": conv(offset=lambda out, b: out),
    "bias_along_width": conv(offset=lambda out, b: out if b is None else out + b),
    "subtracts_bias": conv(offset=lambda out, b: out if b is None else out - b.view(-1, 1, 1)),
    "bias_for_each_product": bias_for_each_product,
    "needs_bias": needs_bias,
    "truth_of_bias": conv(offset=lambda out, b: out + b.view(1, -1, 1, 1) if b else out),
    "bias_detached": conv(offset=lambda out, b: out if b is None else out + b.data.view(-1, 1, 1)),
    "weight_detached": conv(weight=lambda w: w.data),
    "x_detached": conv(pad=lambda x, p: F.pad(x.data, (p, p, p, p))),
    "no_gradient": no_gradient,
    "float32_buffer": float32_buffer,
    "only_first_channel": only_first_channel,
    "averages_channels": conv(weight=lambda w: w / w.size(1)),
    "averages_window": conv(product=averaged),
    "channels_last": conv(end=lambda out: out.movedim(1, -1)),
    "channels_by_view": conv(product=by_view),
    "squeezed": conv(end=torch.squeeze),
    "relu_on_top": conv(end=lambda out: out.clamp(min=0)),
}
