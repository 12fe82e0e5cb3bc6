# %%
import math

import torch


def alibi_bias(num_heads: int, q_len: int, k_len: int) -> torch.Tensor:
    """The bias (num_heads, q_len, k_len) that is added to the scores of attention."""
    pass


# %%
# Look at your own work before you ask the judge: each head has one slope, here of keys one step back.
bias = alibi_bias(6, 1, 2)
print("expected -1/4, -1/16, -1/64, -1/256, -1/2, -1/8:")
print(None if bias is None else bias[:, 0, 0])
print(alibi_bias(2, 3, 3))
