# %%
import torch
from torch import nn


class LoRALinear(nn.Module):
    """A frozen linear layer and a trainable update of low rank beside it."""

    def __init__(self, in_features: int, out_features: int, rank: int, alpha: float = 1.0):
        super().__init__()
        pass  # self.linear, self.lora_A, self.lora_B = ...

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map x (..., in_features) to (..., out_features)."""
        pass


# %%
# Look at your own work before you ask the judge: what is trainable, what a new layer does, what gets a gradient.
torch.manual_seed(0)
layer, x = LoRALinear(in_features=64, out_features=32, rank=4, alpha=8.0), torch.randn(2, 3, 64)
out = layer(x)
if out is not None:
    trainable = sum(p.numel() for p in layer.parameters() if p.requires_grad)
    print("output:", tuple(out.shape), "- expected (2, 3, 32)")
    print("trainable:", trainable, "- expected", 4 * (64 + 32))
    print("a new layer gives what `linear` gives:", torch.equal(out, layer.linear(x)))
    out.sum().backward()
    for name, parameter in layer.named_parameters():
        print(f"{name:14} {tuple(parameter.shape)!s:9} gradient: {parameter.grad is not None}")
