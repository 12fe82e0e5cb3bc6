# %%
import torch


def clip_grad_norm(parameters, max_norm: float) -> float:
    """Shrink all gradients by one factor so that their common norm is at most max_norm; return the norm from before."""
    pass


# %%
# Look at your own work before you ask the judge: the gradients form a vector of length 13, (3, 4) and (12,).
a, b = torch.zeros(2, requires_grad=True), torch.zeros(1, requires_grad=True)
a.grad, b.grad = torch.tensor([3.0, 4.0]), torch.tensor([12.0])
print("norm before:", clip_grad_norm([a, b], max_norm=6.5))
print("gradients:  ", a.grad, b.grad)
