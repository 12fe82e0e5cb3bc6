# %%
import torch
import torch.nn.functional as F


def bce_with_logits(logits, targets, weight=None, pos_weight=None):
    """The mean over all elements of -(y log σ(x) + (1 - y) log(1 - σ(x))), for logits of any size."""
    pass


# %%
# Look at your own work before you ask the judge: the third logit is a confident mistake, the last is exactly 0.
logits = torch.tensor([2.0, -1.0, 1000.0, 0.0], requires_grad=True)
loss = bce_with_logits(logits, torch.tensor([1.0, 0.0, 0.0, 1.0]))
print("loss:", loss)
if loss is not None:
    print("gradient times 4 (σ(x) - y):", 4 * torch.autograd.grad(loss, logits)[0])
