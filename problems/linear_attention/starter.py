# %%
import torch
import torch.nn.functional as F


def linear_attention(Q, K, V):
    """Mix the rows of V (B, S, dv) by phi(Q) · phi(K), phi(x) = elu(x) + 1, for Q and K (B, S, dk), without S × S."""
    pass


# %%
# Look at your own work before you ask the judge: the weights of a query sum to 1, so equal values come back unchanged.
torch.manual_seed(0)
Q, K = torch.randn(1, 4, 3), torch.randn(1, 4, 3)
out = linear_attention(Q, K, torch.full((1, 4, 2), 7.0))
print("values of 7 everywhere, expected 7:", None if out is None else out)
# It is linear in the length: a long sequence takes no time.
long = torch.randn(1, 100_000, 3)
out = linear_attention(long, long, long)
print("100,000 positions, first row:", None if out is None else out[0, 0])
