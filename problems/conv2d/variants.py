import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted


@accepted
def columns(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0) -> Tensor:
    """F.unfold and one matrix product."""
    b, _, h, w = x.shape
    c_out, _, kh, kw = weight.shape
    h_out = (h + 2 * padding - kh) // stride + 1
    w_out = (w + 2 * padding - kw) // stride + 1
    patches = F.unfold(x, (kh, kw), padding=padding, stride=stride)
    out = weight.view(c_out, -1) @ patches
    if bias is not None:
        out = out + bias.unsqueeze(-1)
    return out.view(b, c_out, h_out, w_out)


@accepted
def windows_last(x, weight, bias=None, stride=1, padding=0):
    assert x.dim() == 4 and weight.dim() == 4
    c_out, c_in, kh, kw = weight.shape
    x = F.pad(x, [padding] * 4)
    win = x.unfold(2, kh, stride).unfold(3, kw, stride).permute(0, 2, 3, 1, 4, 5)
    b, h_out, w_out = win.shape[:3]
    print("output", h_out, "x", w_out)
    out = win.reshape(b, h_out, w_out, c_in * kh * kw) @ weight.reshape(c_out, -1).T
    if bias is not None:
        out += bias
    return out.permute(0, 3, 1, 2)


@accepted
def pixel_by_pixel(x, weight, bias=None, stride=1, padding=0):
    x = nn.ZeroPad2d(padding)(x)
    kh, kw = weight.shape[2:]
    h_out, w_out = math.floor((x.size(2) - kh) / stride + 1), math.floor((x.size(3) - kw) / stride + 1)
    out = torch.zeros(x.size(0), weight.size(0), h_out, w_out, dtype=x.dtype, device=x.device)
    for i in range(h_out):
        for j in range(w_out):
            window = x[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw]
            out[:, :, i, j] = torch.tensordot(window, weight, dims=([1, 2, 3], [1, 2, 3]))
    if bias is None:
        return out
    return out + bias.view(1, -1, 1, 1)


@accepted
def kernel_loop(x, weight, bias=None, stride=1, padding=0):
    """One shifted image for each pixel of the kernel."""
    n, _, h, w = x.shape
    c_out, _, kh, kw = weight.shape
    h_out = 1 + (h - kh + 2 * padding) // stride
    w_out = 1 + (w - kw + 2 * padding) // stride
    x = F.pad(x, (padding, padding, padding, padding), "constant", 0)
    out = x.new_zeros(n, c_out, h_out, w_out)
    for u in range(kh):
        for v in range(kw):
            part = x[:, :, u : u + (h_out - 1) * stride + 1 : stride, v : v + (w_out - 1) * stride + 1 : stride]
            out = out + torch.einsum("nchw,oc->nohw", part, weight[:, :, u, v])
    return out if bias is None else out + bias.reshape(-1, 1, 1)


@accepted
def four_loops(x, weight, bias=None, stride=1, padding=0):
    b, c_in, h, w = x.shape
    if padding > 0:
        wide = torch.zeros((b, c_in, h + 2 * padding, w + 2 * padding), dtype=x.dtype)
        wide[:, :, padding : padding + h, padding : padding + w] = x
        x = wide
    kh, kw = weight.shape[-2], weight.shape[-1]
    rows = range(0, x.shape[2] - kh + 1, stride)
    cols = range(0, x.shape[3] - kw + 1, stride)
    if bias is None:
        bias = torch.zeros(len(weight), dtype=x.dtype)
    values = [
        (image[:, i : i + kh, j : j + kw] * kernel).sum() + offset
        for image in x
        for kernel, offset in zip(weight, bias, strict=True)
        for i in rows
        for j in cols
    ]
    return torch.stack(values).view(b, len(weight), len(rows), len(cols))


@accepted
def fourier(x, weight, bias=None, stride=1, padding=0):
    """A product of transforms, conjugated because the kernel is not flipped."""
    x = F.pad(x, (padding,) * 4)
    size = x.shape[-2:]
    kh, kw = weight.shape[-2:]
    product = torch.einsum("bchw,ochw->bohw", torch.fft.rfft2(x), torch.fft.rfft2(weight, s=size).conj())
    full = torch.fft.irfft2(product, s=size)
    out = full[..., : size[0] - kh + 1 : stride, : size[1] - kw + 1 : stride]
    return out if bias is None else out + bias[None, :, None, None]


@accepted
def strided_view(x, weight, bias=None, stride=1, padding=0):
    x = F.pad(x, (padding, padding, padding, padding)).contiguous()
    b, c, h, w = x.shape
    o, _, kh, kw = weight.shape
    sb, sc, sh, sw = x.stride()
    shape = (b, c, kh, kw, (h - kh) // stride + 1, (w - kw) // stride + 1)
    windows = torch.as_strided(x, shape, (sb, sc, sh, sw, sh * stride, sw * stride))
    y = (windows.unsqueeze(1) * weight[None, :, :, :, :, None, None]).sum(dim=(2, 3, 4))
    return y + (bias[:, None, None] if bias is not None else 0)


class Unfolded(nn.Module):
    def __init__(self, kernel, stride, padding):
        super().__init__()
        self.windows = nn.Unfold(kernel, padding=padding, stride=stride)
        self.size = lambda n, k: (n + 2 * padding - k) // stride + 1

    def forward(self, x, weight, bias):
        patches = self.windows(x).transpose(1, 2)
        y = F.linear(patches, weight.flatten(1), bias).transpose(1, 2)
        return y.reshape(len(x), len(weight), self.size(x.shape[2], weight.shape[2]), -1)


@accepted
def modules(x, weight, bias=None, stride=1, padding=0):
    return Unfolded(weight.shape[2:], stride, padding)(x, weight, bias)


@accepted
def gathered_by_index(x, weight, bias=None, stride=1, padding=0):
    """All windows by one advanced index: row numbers (Hout, kH) and column numbers (Wout, kW)."""
    x = F.pad(x, (padding,) * 4)
    kh, kw = weight.shape[2:]
    rows = torch.arange(0, x.shape[2] - kh + 1, stride).unsqueeze(1) + torch.arange(kh)
    cols = torch.arange(0, x.shape[3] - kw + 1, stride).unsqueeze(1) + torch.arange(kw)
    windows = x[:, :, rows[:, None, :, None], cols[None, :, None, :]]
    out = torch.einsum("bcijuv,ocuv->boij", windows, weight)
    return out if bias is None else out + bias.view(-1, 1, 1)


@accepted
def folded_back(x, weight, bias=None, stride=1, padding=0):
    """F.fold with windows of one pixel puts the columns back into an image."""
    kernel = weight.shape[2:]
    size = [(n + 2 * padding - k) // stride + 1 for n, k in zip(x.shape[2:], kernel, strict=True)]
    out = F.unfold(x, kernel, stride=stride, padding=padding).mT @ weight.flatten(1).T
    if bias is not None:
        out = out + bias
    return F.fold(out.mT, size, 1)


@accepted
def rows_and_columns_selected_by_matrices(x, weight, bias=None, stride=1, padding=0):
    kh, kw = weight.shape[2:]
    x = F.pad(x, (padding,) * 4)
    down, across = (x.shape[2] - kh) // stride + 1, (x.shape[3] - kw) // stride + 1
    rows = torch.eye(x.shape[2], dtype=x.dtype, device=x.device).unfold(0, kh, 1)[::stride][:down]
    columns = torch.eye(x.shape[3], dtype=x.dtype, device=x.device).unfold(0, kw, 1)[::stride][:across]
    out = torch.einsum("ihu,bchw,jwv,ocuv->boij", rows, x, columns, weight)
    return out if bias is None else out + bias.reshape(1, -1, 1, 1)
