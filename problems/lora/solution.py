import math

import torch
from torch import nn


class LoRALinear(nn.Module):
    def __init__(self, in_features: int, out_features: int, rank: int, alpha: float = 1.0):
        super().__init__()
        self.scaling = alpha / rank
        self.linear = nn.Linear(in_features, out_features)
        self.linear.requires_grad_(False)
        # One of the two starts at zero, so that nothing changes at first; not both, or neither would ever move.
        self.lora_A = nn.Parameter(torch.randn(rank, in_features) / math.sqrt(in_features))
        self.lora_B = nn.Parameter(torch.zeros(out_features, rank))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        update = x @ self.lora_A.T @ self.lora_B.T
        return self.linear(x) + self.scaling * update
