import math

import torch
from torch import nn


class GPT2Block(nn.Module):
    def __init__(self, d_model: int, num_heads: int):
        super().__init__()
        self.num_heads = num_heads
        self.ln1 = nn.LayerNorm(d_model)
        self.ln2 = nn.LayerNorm(d_model)
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def split_heads(self, x):
        """(B, S, D) to (B, H, S, dk): head h gets the h-th block of dk neighbouring features."""
        return x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)

    def attention(self, x):
        Q, K, V = self.split_heads(self.W_q(x)), self.split_heads(self.W_k(x)), self.split_heads(self.W_v(x))
        scores = Q @ K.transpose(-2, -1) / math.sqrt(Q.shape[-1])
        future = torch.ones_like(scores, dtype=torch.bool).triu(1)
        weights = torch.softmax(scores.masked_fill(future, -math.inf), dim=-1)
        return self.W_o((weights @ V).transpose(1, 2).flatten(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = x + self.attention(self.ln1(x))
        return h + self.mlp(self.ln2(h))
