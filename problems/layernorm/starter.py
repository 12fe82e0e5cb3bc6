# %%
import torch


def my_layer_norm(x, gamma, beta, eps=1e-5):
    """Normalise every position of x (..., D) over its own D values, then scale by gamma and shift by beta."""
    pass


# %%
# Look at your own work before you ask the judge: at every position a mean near 0 and a standard deviation near 1.
x = torch.randn(2, 3, 8) * 3 + 5
out = my_layer_norm(x, torch.ones(8), torch.zeros(8))
print("mean of each position:", None if out is None else out.mean(dim=-1))
print("std of each position: ", None if out is None else out.std(dim=-1, unbiased=False))
