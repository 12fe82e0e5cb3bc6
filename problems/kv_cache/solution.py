import math

import torch
from torch import nn


class KVCacheAttention(nn.Module):
    def __init__(self, d_model: int, num_heads: int):
        super().__init__()
        self.num_heads = num_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def split_heads(self, x):
        """(B, S, D) to (B, H, S, dk): head h gets the h-th block of dk neighbouring features."""
        return x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)

    def forward(self, x: torch.Tensor, cache=None) -> tuple[torch.Tensor, tuple]:
        Q, K, V = self.split_heads(self.W_q(x)), self.split_heads(self.W_k(x)), self.split_heads(self.W_v(x))
        past = 0
        if cache is not None:
            past = cache[0].shape[2]
            K, V = torch.cat([cache[0], K], dim=2), torch.cat([cache[1], V], dim=2)
        scores = Q @ K.transpose(-2, -1) / math.sqrt(Q.shape[-1])
        # New token t stands at position past + t: what lies behind that is its future.
        future = torch.ones_like(scores, dtype=torch.bool).triu(past + 1)
        weights = torch.softmax(scores.masked_fill(future, -math.inf), dim=-1)
        out = (weights @ V).transpose(1, 2).flatten(2)
        return self.W_o(out), (K, V)
