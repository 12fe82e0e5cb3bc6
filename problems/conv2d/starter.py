# %%
import torch
import torch.nn.functional as F  # noqa: F401


def my_conv2d(x, weight, bias=None, stride=1, padding=0):
    """Slide the kernels of weight (Cout, Cin, kH, kW) over the images x (B, Cin, H, W)."""
    pass


# %%
# Look at your own work before you ask the judge: this kernel marks where the image gets brighter from left to right.
image = torch.tensor([[0.0, 0.0, 5.0, 5.0]] * 3).reshape(1, 1, 3, 4)
kernel = torch.tensor([[-1.0, 1.0]]).reshape(1, 1, 1, 2)
out = my_conv2d(image, kernel)
print("shape (expected 1, 1, 3, 3):", None if out is None else tuple(out.shape))
print("values:", out)
