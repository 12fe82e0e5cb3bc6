# %%
import math

import torch
from torch import nn


class LatentAttention(nn.Module):
    """Causal attention that remembers a latent and a rope key per token, and makes keys and values of them."""

    def __init__(self, d_model: int, num_heads: int, head_dim: int, kv_rank: int, rope_dim: int):
        super().__init__()
        pass  # self.W_q, self.W_dkv, self.W_kr, self.W_uk, self.W_uv, self.W_o = ...

    def forward(self, x: torch.Tensor, cache=None) -> tuple[torch.Tensor, tuple]:
        """x (B, S_new, d_model) holds new tokens only; returns their output and the pair (latent, rope key)."""
        pass


# %%
# Look at your own work before you ask the judge: one pass and any split of it give the same output.
torch.manual_seed(0)
model, x = LatentAttention(d_model=8, num_heads=2, head_dim=4, kv_rank=3, rope_dim=2), torch.randn(1, 5, 8)
full = model(x)
if full is not None:
    first, cache = model(x[:, :3])
    second, cache = model(x[:, 3:], cache=cache)
    print("largest difference:", (torch.cat([first, second], dim=1) - full[0]).abs().max().item())
    print("cache:", [tuple(part.shape) for part in cache], "- expected (1, 5, 3) and (1, 5, 2)")
