import torch


def rotated(x, cos, sin):
    a, b = x[..., 0::2], x[..., 1::2]
    # Stacked along a new last axis and flattened, both coordinates return to their places side by side.
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


def apply_rope(q: torch.Tensor, k: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    S, D = q.shape[1:]
    positions = torch.arange(S, device=q.device)
    frequencies = 10000.0 ** (-torch.arange(0, D, 2, device=q.device) / D)
    angles = positions.unsqueeze(1) * frequencies
    cos, sin = angles.cos(), angles.sin()
    return rotated(q, cos, sin), rotated(k, cos, sin)
