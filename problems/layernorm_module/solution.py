import torch
from torch import nn


class MyLayerNorm(nn.Module):
    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True):
        super().__init__()
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.normalized_shape, self.eps = shape, eps
        # Registered as None, a parameter is absent from state_dict and from parameters.
        self.register_parameter("weight", nn.Parameter(torch.ones(shape)) if elementwise_affine else None)
        self.register_parameter("bias", nn.Parameter(torch.zeros(shape)) if elementwise_affine else None)

    def forward(self, x):
        trailing = tuple(x.shape[-len(self.normalized_shape) :])
        if trailing != self.normalized_shape:
            raise ValueError(f"expected (..., {self.normalized_shape}), got {tuple(x.shape)}")
        axes = tuple(range(-len(trailing), 0))
        mean = x.mean(axes, keepdim=True)
        var = x.var(axes, unbiased=False, keepdim=True)
        normalised = (x - mean) / torch.sqrt(var + self.eps)
        if self.weight is None:
            return normalised
        return normalised * self.weight + self.bias
