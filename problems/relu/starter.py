# %%
import torch


def relu(x: torch.Tensor) -> torch.Tensor:
    """Keep the entries of x that are above zero, put 0 in place of the others; x itself stays as it is."""
    pass


# %%
# Look at your own work before you ask the judge: what stays, what goes, and what autograd makes of it.
x = torch.tensor([-2.0, -0.5, 0.0, 0.5, 2.0], requires_grad=True)
out = relu(x)
print("relu(x): ", out)
if out is not None:
    out.sum().backward()
    print("gradient:", x.grad)
