# %%
import torch


def my_group_norm(x, num_groups, weight=None, bias=None, eps=1e-5):
    """Normalise x (N, C, ...) over groups of neighbouring channels and all their positions."""
    pass


# %%
# Look at your own work before you ask the judge: each group of each sample has mean 0 and standard deviation 1.
torch.manual_seed(0)
x = torch.randn(2, 6, 4, 4) + torch.arange(6.0).view(1, 6, 1, 1)
out = my_group_norm(x, num_groups=3)
if out is not None:
    groups = out.reshape(2, 3, -1)
    print("mean of each group:", groups.mean(-1))
    print("std of each group: ", groups.std(-1, unbiased=False))
    print("mean of each channel, not 0:", out.mean((0, 2, 3)))
