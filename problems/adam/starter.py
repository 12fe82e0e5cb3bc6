# %%
import torch


class MyAdam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        """Remember the parameters (any iterable of tensors) and make their running averages."""
        pass

    def step(self):
        """Move every parameter that has a gradient, in place."""
        pass

    def zero_grad(self):
        """Clear the gradients of all parameters."""
        pass


# %%
# Look at your own work before you ask the judge: the first step has the size of lr, whatever the gradient's size.
w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
optimizer = MyAdam([w], lr=0.1)
for t in range(3):
    optimizer.zero_grad()
    (w**2 * torch.tensor([1.0, 10.0, 0.1])).sum().backward()
    optimizer.step()
    print(f"after step {t + 1}:", w.detach(), "gradient:", w.grad)
