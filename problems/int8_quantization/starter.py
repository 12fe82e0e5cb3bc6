# %%
import torch
from torch import nn


class Int8Linear(nn.Module):
    """A linear layer that stores its weights as bytes, with one scale per output row."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor = None):
        super().__init__()
        pass  # register the buffers weight_int8 (out, in) and scale (out, 1); keep the bias, if there is one

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map x (..., in) to (..., out)."""
        pass


# %%
# Look at your own work before you ask the judge: the codes, what they stand for, and what is stored.
torch.manual_seed(0)
weight, bias = torch.randn(3, 5), torch.randn(3)
layer, x = Int8Linear(weight, bias), torch.randn(2, 5)
out = layer(x)
if out is not None:
    scale = layer.scale.reshape(3, 1)
    print("codes:", layer.weight_int8.dtype, layer.weight_int8.tolist())
    print("worst error, in steps:", ((weight - layer.weight_int8 * scale) / scale).abs().max().item(), "- at most 0.5")
    print("off the exact layer by", (out - (x @ weight.T + bias)).abs().max().item())
    print("stored:", {name: str(tensor.dtype) for name, tensor in layer.state_dict().items()})
