import math

import torch
from torch import nn


def rotated(x, start):
    """x (…, S, D) with neighbouring pairs turned by the angles of the positions start, start + 1, …"""
    S, D = x.shape[-2:]
    positions = torch.arange(start, start + S, device=x.device).unsqueeze(1)
    angles = positions * 10000.0 ** (-torch.arange(0, D, 2, device=x.device) / D)
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


class LatentAttention(nn.Module):
    def __init__(self, d_model: int, num_heads: int, head_dim: int, kv_rank: int, rope_dim: int):
        super().__init__()
        self.num_heads, self.widths = num_heads, (head_dim, rope_dim)
        self.W_q = nn.Linear(d_model, num_heads * (head_dim + rope_dim), bias=False)
        self.W_dkv = nn.Linear(d_model, kv_rank, bias=False)
        self.W_kr = nn.Linear(d_model, rope_dim, bias=False)
        self.W_uk = nn.Linear(kv_rank, num_heads * head_dim, bias=False)
        self.W_uv = nn.Linear(kv_rank, num_heads * head_dim, bias=False)
        self.W_o = nn.Linear(num_heads * head_dim, d_model, bias=False)

    def split_heads(self, x):
        """(B, S, H·n) to (B, H, S, n): head h gets the h-th block of n neighbouring features."""
        return x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)

    def forward(self, x: torch.Tensor, cache=None) -> tuple[torch.Tensor, tuple]:
        past = 0 if cache is None else cache[0].shape[1]
        latent, rope_key = self.W_dkv(x), rotated(self.W_kr(x), past)
        if cache is not None:
            latent, rope_key = torch.cat([cache[0], latent], dim=1), torch.cat([cache[1], rope_key], dim=1)
        q, q_rope = self.split_heads(self.W_q(x)).split(self.widths, dim=-1)
        k, v = self.split_heads(self.W_uk(latent)), self.split_heads(self.W_uv(latent))
        # One rope key for all heads: it broadcasts over them.
        scores = q @ k.mT + rotated(q_rope, past) @ rope_key.unsqueeze(1).mT
        scores = scores / math.sqrt(sum(self.widths))
        # New token t stands at position past + t: what lies behind that is its future.
        future = torch.ones_like(scores, dtype=torch.bool).triu(past + 1)
        weights = torch.softmax(scores.masked_fill(future, -math.inf), dim=-1)
        out = (weights @ v).transpose(1, 2).flatten(2)
        return self.W_o(out), (latent, rope_key)
