# %%
import torch
from torch import nn


class MyDropout(nn.Module):
    """In training, zero each element with probability p and enlarge the others; in eval, hand x back."""

    def __init__(self, p: float = 0.5):
        super().__init__()
        pass

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pass


# %%
# Look at your own work before you ask the judge: about 3 in 10 zeros, and a mean that stays near 1.
layer = MyDropout(p=0.3)
out = layer(torch.ones(1000))
print("first ten:  ", None if out is None else out[:10])
print("zeros:      ", None if out is None else (out == 0).float().mean())
print("mean:       ", None if out is None else out.mean())
print("eval:       ", layer.eval()(torch.ones(5)))
