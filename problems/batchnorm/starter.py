# %%
import torch


def my_batch_norm(x, gamma, beta, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    """Normalise x (N, D) feature by feature; in training also move the running statistics in place."""
    pass


# %%
# Look at your own work before you ask the judge: means near 0, standard deviations near 1.
x = torch.randn(8, 4) * 3 + 5
running_mean, running_var = torch.zeros(4), torch.ones(4)
out = my_batch_norm(x, torch.ones(4), torch.zeros(4), running_mean, running_var)
print("mean of each feature:", None if out is None else out.mean(dim=0))
print("std of each feature: ", None if out is None else out.std(dim=0, unbiased=False))
print("running mean:        ", running_mean)
