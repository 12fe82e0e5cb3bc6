# %%
import math

import torch


class SimpleLinear:
    def __init__(self, in_features: int, out_features: int):
        """Make self.weight (out_features, in_features) and self.bias (out_features,): leaves that track gradients."""
        pass

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map x (N, in_features) to (N, out_features)."""
        pass


# %%
# Look at your own work before you ask the judge: shapes, the size of the weights, and whether gradients arrive.
layer = SimpleLinear(8, 4)
weight, bias = getattr(layer, "weight", None), getattr(layer, "bias", None)
out = layer.forward(torch.randn(2, 8))
print("weight:", None if weight is None else tuple(weight.shape), "bias:", bias)
print("output:", None if out is None else tuple(out.shape))
if weight is not None and bias is not None and out is not None:
    print("std of weight:", weight.std().item(), "to be near", 1 / math.sqrt(8))
    print("leaves that track gradients:", [t.is_leaf and t.requires_grad for t in (weight, bias)])
