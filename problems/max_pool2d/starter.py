# %%
import torch
import torch.nn.functional as F


def max_pool2d(x, kernel_size, stride=None, padding=0):
    """The maximum of every window of x (N, C, H, W); each number is an int or a pair (height, width)."""
    pass


# %%
# Look at your own work before you ask the judge: a 4 × 4 picture, in blocks of 2 × 2 and in overlapping windows.
x = torch.arange(16.0).view(1, 1, 4, 4) - 20
print(x[0, 0])
print("blocks, expected -15 -13 -7 -5:", max_pool2d(x, 2))
print("windows of 3, padded by 1:", max_pool2d(x, 3, stride=1, padding=1))
