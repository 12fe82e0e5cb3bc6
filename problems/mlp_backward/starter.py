# %%
import torch
import torch.nn.functional as F


def mlp_backward(x, w1, b1, w2, b2, target):
    """Return (loss, grads) of cross_entropy(relu(x w1ᵀ + b1) w2ᵀ + b2, target), grads a dict of five."""
    pass


# %%
# Look at your own work before you ask the judge: compare with a difference quotient, in float64.
torch.manual_seed(0)
x, w1, b1, w2, b2 = (torch.randn(*shape, dtype=torch.float64) for shape in ((6, 3), (5, 3), (5,), (4, 5), (4,)))
target = torch.randint(0, 4, (6,))


def loss(w1):
    return F.cross_entropy(F.relu(x @ w1.T + b1) @ w2.T + b2, target)


step = torch.zeros_like(w1)
step[1, 2] = 1e-6
result = mlp_backward(x, w1, b1, w2, b2, target)
print("difference quotient:", ((loss(w1 + step) - loss(w1 - step)) / 2e-6).item())
print("yours:              ", None if result is None else result[1]["w1"][1, 2].item())
