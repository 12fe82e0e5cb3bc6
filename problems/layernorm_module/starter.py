# %%
import torch
from torch import nn


class MyLayerNorm(nn.Module):
    """Layer normalisation over the trailing axes normalized_shape, with the state of nn.LayerNorm."""

    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True):
        super().__init__()
        pass  # weight and bias of the shape normalized_shape

    def forward(self, x):
        pass


# %%
# Look at your own work before you ask the judge: one mean per sample, over both trailing axes.
torch.manual_seed(0)
layer = MyLayerNorm((3, 4))
out = layer(torch.randn(2, 3, 4) * 2 + 5)
if out is not None:
    print("mean of each sample:", out.detach().mean(dim=(1, 2)))
    print("mean of each row, not 0:", out.detach().mean(dim=2))
print("state:", {name: tuple(value.shape) for name, value in layer.state_dict().items()})
