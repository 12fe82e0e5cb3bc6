# %%
import math

import torch


def sliding_window_attention(Q, K, V, window_size):
    """Attention of a sequence to itself, Q and K (B, S, d), V (B, S, dv); i sees j where |i - j| <= window_size."""
    pass


# %%
# Look at your own work before you ask the judge: without differences between keys, each row is the mean of its window.
V = torch.tensor([[[1.0], [3.0], [8.0], [4.0], [0.0]]])
for w, means in ((0, "1 3 8 4 0"), (1, "2 4 5 4 2"), (4, "3.2 everywhere")):
    out = sliding_window_attention(torch.zeros(1, 5, 2), torch.zeros(1, 5, 2), V, window_size=w)
    print(f"window_size={w}, expected {means}:", None if out is None else out.flatten())
