# %%
import torch


def my_gelu(x: torch.Tensor) -> torch.Tensor:
    """Weigh every entry of x by the probability that a standard normal number lies below it."""
    pass


# %%
# Look at your own work before you ask the judge: near 0 far to the left, near x far to the right.
x = torch.tensor([-6.0, -1.0, -0.5, 0.0, 0.5, 1.0, 6.0], requires_grad=True)
out = my_gelu(x)
print("my_gelu(x):", out)
if out is not None:
    out.sum().backward()
    print("gradient:  ", x.grad)
