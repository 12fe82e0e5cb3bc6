# %%
import torch
from torch import Tensor


def ppo_loss(new_logps: Tensor, old_logps: Tensor, advantages: Tensor, clip_ratio: float = 0.2) -> Tensor:
    """Minus the mean of the smaller of ratio * advantage and clipped ratio * advantage."""
    pass


# %%
# Look at your own work before you ask the judge: for which of these samples should the gradient be zero?
ratio = torch.tensor([1.5, 1.0, 0.5, 1.5, 1.0, 0.5])
old_logps = torch.full((6,), -2.0)
new_logps = (old_logps + ratio.log()).requires_grad_()
loss = ppo_loss(new_logps, old_logps, torch.tensor([1.0, 1.0, 1.0, -1.0, -1.0, -1.0]))
print("loss:    ", loss)
if loss is not None:
    loss.backward()
    print("gradient:", new_logps.grad)
