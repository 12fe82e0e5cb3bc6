# %%
import torch
from torch import nn


class SwiGLUMLP(nn.Module):
    """The feed-forward block of Llama: a gated unit with SiLU."""

    def __init__(self, d_model: int, d_ff: int):
        super().__init__()
        pass  # self.gate_proj, self.up_proj, self.down_proj = ...

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map x (..., d_model) to (..., d_model)."""
        pass


# %%
# Look at your own work before you ask the judge: the shape, and whether every layer learns.
torch.manual_seed(0)
mlp = SwiGLUMLP(d_model=6, d_ff=16)
out = mlp(torch.randn(2, 3, 6))
if out is not None:
    print("output:", tuple(out.shape), "- expected (2, 3, 6)")
    out.sum().backward()
    for name, parameter in mlp.named_parameters():
        print(f"{name:20} {tuple(parameter.shape)!s:10} learns: {parameter.grad is not None}")
