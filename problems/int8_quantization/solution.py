import torch
from torch import nn


class Int8Linear(nn.Module):
    def __init__(self, weight: torch.Tensor, bias: torch.Tensor = None):
        super().__init__()
        largest = weight.abs().amax(dim=1, keepdim=True)
        # Any positive scale serves a row of zeros; 0 / 0 would not.
        scale = largest.clamp(min=1e-10) / 127
        # |weight| / scale is at most 127, so no code can leave the range of a byte.
        self.register_buffer("weight_int8", torch.round(weight / scale).to(torch.int8))
        self.register_buffer("scale", scale)
        self.bias = None if bias is None else nn.Parameter(bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weight = self.weight_int8 * self.scale  # bytes times floats are floats
        out = x @ weight.T
        return out if self.bias is None else out + self.bias
