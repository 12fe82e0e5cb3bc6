# %%
import torch


class MyAdamW:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        """Remember the parameters (any iterable of tensors) and make their running averages."""
        pass

    def step(self):
        """Move every parameter that has a gradient, in place."""
        pass

    def zero_grad(self):
        """Clear the gradients of all parameters."""
        pass


# %%
# Look at your own work before you ask the judge: whatever the size of the gradient, the decay takes the same share.
w = torch.tensor([1.0, 1.0, 1.0], requires_grad=True)
optimizer = MyAdamW([w], lr=0.01, weight_decay=0.5)
for t in range(3):
    w.grad = torch.tensor([0.0, 0.001, 1000.0])
    optimizer.step()
    print(f"after step {t + 1}:", w.detach())
