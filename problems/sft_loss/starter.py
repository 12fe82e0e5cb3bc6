# %%
import torch
import torch.nn.functional as F


def sft_loss(logits, labels, ignore_index=-100):
    """The mean cross-entropy over all kept labels of the batch; the logits of position t answer for labels[:, t + 1]."""
    pass


# %%
# Look at your own work before you ask the judge: one text of four ids, of which the first two are the prompt.
labels = torch.tensor([[-100, -100, 2, 1]])
logits = torch.zeros(1, 4, 3, requires_grad=True)
loss = sft_loss(logits, labels)
print("all logits alike, expected log 3 = 1.0986:", loss)
if loss is not None:
    # Only two positions answer for something: the second and the third.
    print("gradient:", torch.autograd.grad(loss, logits)[0])
