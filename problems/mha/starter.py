# %%

import torch
from torch import nn


class MultiHeadAttention:
    """Attention in num_heads heads side by side, between four linear layers."""

    def __init__(self, d_model: int, num_heads: int):
        pass  # self.W_q, self.W_k, self.W_v, self.W_o = ...

    def forward(self, Q: torch.Tensor, K: torch.Tensor, V: torch.Tensor) -> torch.Tensor:
        """Q (B, Sq, D) looks at K and V (B, Sk, D); returns (B, Sq, D)."""
        pass


# %%
# Look at your own work before you ask the judge: the shape, and what a change in the last key reaches.
torch.manual_seed(0)
mha = MultiHeadAttention(d_model=8, num_heads=2)
Q, K = torch.randn(2, 3, 8), torch.randn(2, 5, 8)
out = mha.forward(Q, K, K)
if out is not None:
    print("shape:", tuple(out.shape), "- expected (2, 3, 8)")
    K[1, -1] += 1
    moved = (mha.forward(Q, K, K) - out).abs().amax(-1) > 0
    print("rows that changed (all of the second batch element, none of the first):", moved.tolist())
    print("layers:", [name for name, value in vars(mha).items() if isinstance(value, nn.Module)])
