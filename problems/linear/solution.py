import math

import torch


class SimpleLinear:
    def __init__(self, in_features: int, out_features: int):
        # Scaled first, tracked last: only so is the scaled tensor itself the leaf that gradients arrive at.
        self.weight = (torch.randn(out_features, in_features) / math.sqrt(in_features)).requires_grad_()
        self.bias = torch.zeros(out_features, requires_grad=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ self.weight.T + self.bias
