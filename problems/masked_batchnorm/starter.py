# %%
import torch


def masked_batch_norm(x, lengths, weight, bias, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
    """Batch normalisation of x (N, T, C), where row i has lengths[i] real steps and the rest does not exist."""
    pass


# %%
# Look at your own work before you ask the judge: 99 stands where nothing is.
x = torch.tensor([[[1.0], [2.0], [3.0]], [[6.0], [99.0], [99.0]]])
lengths = torch.tensor([3, 1])
running_mean, running_var = torch.zeros(1), torch.ones(1)
out = masked_batch_norm(x, lengths, torch.ones(1), torch.zeros(1), running_mean, running_var)
print("output:", None if out is None else out.squeeze(-1))
print("running mean (0.3):", running_mean, " running var (1.3667):", running_var)
