# %%

import torch
from torch import nn


class GroupQueryAttention:
    """Self-attention with num_heads query heads that share num_kv_heads heads of keys and values."""

    def __init__(self, d_model: int, num_heads: int, num_kv_heads: int):
        pass  # self.W_q, self.W_k, self.W_v, self.W_o = ...

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (B, S, D) to (B, S, D); no mask."""
        pass


# %%
# Look at your own work before you ask the judge: the shape, and what the fewer heads save.
torch.manual_seed(0)
for num_kv_heads in (4, 2, 1):
    gqa = GroupQueryAttention(d_model=16, num_heads=4, num_kv_heads=num_kv_heads)
    out = gqa.forward(torch.randn(2, 3, 16))
    layers = {name: value for name, value in vars(gqa).items() if isinstance(value, nn.Linear)}
    if out is not None:
        print(
            f"{num_kv_heads} KV heads:", tuple(out.shape), {name: tuple(W.weight.shape) for name, W in layers.items()}
        )
