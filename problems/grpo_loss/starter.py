# %%
import torch
from torch import Tensor


def grpo_loss(logps: Tensor, rewards: Tensor, group_ids: Tensor, eps: float = 1e-5) -> Tensor:
    """Minus the mean of advantage times log-probability; the advantage is the reward, standardised in its group."""
    pass


# %%
# Look at your own work before you ask the judge: the gradient raises the better answers of each group, and no others.
logps = torch.tensor([-1.0, -2.0, -3.0, -1.5, -2.5], requires_grad=True)
rewards = torch.tensor([1.0, 7.0, 0.0, 9.0, 7.0])
loss = grpo_loss(logps, rewards, torch.tensor([0, 4, 0, 4, 4]))
print("loss:    ", loss)
if loss is not None:
    loss.backward()
    print("gradient:", logps.grad)
