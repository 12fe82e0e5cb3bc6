# %%
import torch
import torch.nn.functional as F


def smoothed_cross_entropy(logits, target, eps=0.1, ignore_index=-100):
    """The mean over the kept rows of (1 - eps) times the usual loss plus eps times the mean of -log p over the classes."""
    pass


# %%
# Look at your own work before you ask the judge: the second row is ignored, the third is very sure and right.
logits = torch.tensor([[2.0, 0.0, 0.0], [5.0, 1.0, 0.0], [30.0, 0.0, 0.0]], requires_grad=True)
target = torch.tensor([0, -100, 0])
for eps in (0.0, 0.1):
    loss = smoothed_cross_entropy(logits, target, eps=eps)
    print(f"eps {eps}:", loss)
    if loss is not None:
        print("gradient:", torch.autograd.grad(loss, logits)[0])
