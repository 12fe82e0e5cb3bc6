import math

import torch
import torch.nn.functional as F


def pair(value):
    """(height, width) of an int or of a pair."""
    return (value, value) if isinstance(value, int) else value


def max_pool2d(x: torch.Tensor, kernel_size, stride=None, padding=0) -> torch.Tensor:
    kernel = pair(kernel_size)
    step = kernel if stride is None else pair(stride)
    rows, columns = pair(padding)
    # F.pad takes the last axis first. What is padded must never win: not 0, which is larger than any negative number.
    x = F.pad(x, (columns, columns, rows, rows), value=-math.inf)
    windows = x.unfold(2, kernel[0], step[0]).unfold(3, kernel[1], step[1])  # (N, C, out H, out W, kernel H, kernel W)
    return windows.amax(dim=(-2, -1))
