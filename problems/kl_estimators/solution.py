import math

import torch


def kl_estimate(logp: torch.Tensor, logq: torch.Tensor, kind: str = "k3") -> torch.Tensor:
    if kind == "full":
        # Of a banned token -inf - -inf would be NaN, and so would its gradient: both are replaced before the formula.
        banned = logp == -math.inf
        logp, logq = logp.masked_fill(banned, 0.0), logq.masked_fill(banned, 0.0)
        return (logp.exp() * (logp - logq)).sum(dim=-1)
    r = logq - logp
    if kind == "k1":
        return -r
    if kind == "k2":
        return r**2 / 2
    if kind == "k3":
        return torch.expm1(r) - r
    raise ValueError(f"kind is {kind!r}; it must be k1, k2, k3 or full")
