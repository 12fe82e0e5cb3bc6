# %%

import torch
from torch import nn


class MultiHeadCrossAttention(nn.Module):
    """Multi-head attention from one sequence to another."""

    def __init__(self, d_model: int, num_heads: int):
        super().__init__()
        pass  # self.W_q, self.W_k, self.W_v, self.W_o = ...

    def forward(self, x_q: torch.Tensor, x_kv: torch.Tensor) -> torch.Tensor:
        """x_q (B, Sq, D) asks, x_kv (B, Skv, D) answers; returns (B, Sq, D)."""
        pass


# %%
# Look at your own work before you ask the judge: the shape, and what the order of x_kv and of x_q does.
torch.manual_seed(0)
model = MultiHeadCrossAttention(d_model=8, num_heads=2)
x_q, x_kv = torch.randn(2, 3, 8), torch.randn(2, 5, 8)
out = model(x_q, x_kv)
if out is not None:
    print("shape:", tuple(out.shape), "- expected (2, 3, 8)")
    print("x_kv reversed changes the output by", (model(x_q, x_kv.flip(1)) - out).abs().max().item(), "- expected 0")
    print(
        "x_q reversed reverses it, up to", (model(x_q.flip(1), x_kv) - out.flip(1)).abs().max().item(), "- expected 0"
    )
