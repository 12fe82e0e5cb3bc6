import torch


def relu(x: torch.Tensor) -> torch.Tensor:
    return torch.where(x > 0, x, 0.0)
