# %%
import math

import torch


def masked_attention(q, k, v, lengths, causal=False):
    """Attention q (B, H, Tq, d), k (B, H, Tk, d), v (B, H, Tk, dv) in which sequence b has lengths[b] real keys."""
    pass


# %%
# Look at your own work before you ask the judge: without differences between keys, a query gets the mean of what it sees.
q = k = torch.zeros(3, 1, 4, 2)
v = torch.tensor([1.0, 3.0, 8.0, 100.0]).view(1, 1, 4, 1).expand(3, 1, 4, 1)
for causal in (False, True):
    out = masked_attention(q, k, v, torch.tensor([3, 1, 0]), causal)
    print("causal" if causal else "all", None if out is None else out.flatten(1))
# Expected: 4 4 4 4, 1 1 1 1 and 0 0 0 0; causal 1 2 4 4, 1 1 1 1 and 0 0 0 0.
