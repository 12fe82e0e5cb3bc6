# %%
import torch


def rms_norm(x: torch.Tensor, weight: torch.Tensor, eps: float = 1e-6) -> torch.Tensor:
    """Divide every position of x (..., D) by the root mean square of its D values, then scale by weight."""
    pass


# %%
# Look at your own work before you ask the judge: at every position a mean square near 1, and a mean that is not 0.
x = torch.randn(2, 3, 8) * 3 + 5
out = rms_norm(x, torch.ones(8))
print("mean square of each position:", None if out is None else out.pow(2).mean(dim=-1))
print("mean of each position:       ", None if out is None else out.mean(dim=-1))
