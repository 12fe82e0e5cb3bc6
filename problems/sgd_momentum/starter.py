# %%
import torch


class MySGD:
    def __init__(self, params, lr=1e-3, momentum=0.0, weight_decay=0.0, nesterov=False):
        """Remember the parameters (any iterable of tensors) and the numbers; `self.lr` may be set later."""
        pass

    def step(self):
        """Move every parameter that has a gradient, in place."""
        pass

    def zero_grad(self):
        """Clear the gradients of all parameters."""
        pass


# %%
# Look at your own work before you ask the judge: with a constant gradient of 1 the steps grow from lr towards 10 * lr.
w = torch.tensor([0.0], requires_grad=True)
optimizer = MySGD([w], lr=0.1, momentum=0.9)
for t in range(1, 31):
    before = w.item()
    w.grad = torch.ones(1)
    optimizer.step()
    if t in (1, 2, 3, 10, 30):
        print(f"step {t:2d} moved w by {w.item() - before:.4f}")
