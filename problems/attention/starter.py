# %%

import torch


def scaled_dot_product_attention(Q, K, V):
    """Mix the rows of V (B, Sk, dv) for every query of Q (B, Sq, dk), by its similarity to the keys K (B, Sk, dk)."""
    pass


# %%
# Look at your own work before you ask the judge: a query that points along one key should fetch that key's value.
K = torch.eye(3).unsqueeze(0)
V = torch.tensor([[[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]])
out = scaled_dot_product_attention(50 * K[:, 1:2], K, V)
print("the second row of V is [2, 20]; you fetch:", None if out is None else out)
out = scaled_dot_product_attention(torch.zeros(1, 4, 3), K, V)
print("four queries of zeros each get the mean of V, [2, 20]:", None if out is None else out)
