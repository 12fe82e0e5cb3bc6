# %%
import torch
import torch.nn.functional as F


def reward_loss(chosen, rejected, margin=0.0):
    """The mean over the pairs of -log σ(chosen - rejected - margin), for rewards of any size."""
    pass


# %%
# Look at your own work before you ask the judge: a pair in the right order, a tie, and a pair in a very wrong order.
chosen = torch.tensor([2.0, 0.0, -1000.0], requires_grad=True)
rejected = torch.tensor([1.0, 0.0, 1000.0], requires_grad=True)
loss = reward_loss(chosen, rejected)
print("loss:", loss)
if loss is not None:
    loss.backward()
    print("gradient times 3, of chosen:  ", 3 * chosen.grad)
    print("gradient times 3, of rejected:", 3 * rejected.grad)
