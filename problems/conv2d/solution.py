import torch
import torch.nn.functional as F


def my_conv2d(x, weight, bias=None, stride=1, padding=0):
    _, _, kh, kw = weight.shape
    x = F.pad(x, (padding, padding, padding, padding))
    # All windows at once, as a view that copies nothing: (B, Cin, Hout, Wout, kH, kW).
    windows = x.unfold(2, kh, stride).unfold(3, kw, stride)
    out = torch.einsum("bchwij,ocij->bohw", windows, weight)
    return out if bias is None else out + bias[:, None, None]
