import math

import torch


def masked_attention(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, lengths: torch.Tensor, causal: bool = False
) -> torch.Tensor:
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    at = torch.arange(k.shape[2], device=k.device)
    hidden = at >= lengths[:, None, None, None]  # (B, 1, 1, Tk): the same for all heads and queries of a sequence
    if causal:
        hidden = hidden | (at > at[:, None])
    # A row in which everything is hidden is NaN after the softmax. masked_fill lets no gradient through where it fills:
    # filled before and after, that NaN reaches neither the result nor a gradient.
    weights = torch.softmax(scores.masked_fill(hidden, -math.inf), dim=-1).masked_fill(hidden, 0.0)
    return weights @ v
