# %%
import math

import torch


def apply_rope(q: torch.Tensor, k: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Rotate each pair (2i, 2i + 1) of features of q and k (B, S, D) by the angle position / 10000^(2i/D)."""
    pass


# %%
# Look at your own work before you ask the judge: the pair (1, 0) becomes (cos, sin) of its angle.
x = torch.tensor([1.0, 0.0, 1.0, 0.0]).expand(1, 4, 4).contiguous()
out = apply_rope(x, x)
print("expected cos and sin of 0, 1, 2, 3 and of 0, 0.01, 0.02, 0.03:")
print(None if out is None else out[0])
# The same query and key at every position: their dot product depends on the distance alone.
q, k = (torch.randn(4).expand(1, 4, 4).contiguous() for _ in "qk")
out = apply_rope(q, k)
print("constant along each diagonal:")
print(None if out is None else out[0][0] @ out[1][0].T)
