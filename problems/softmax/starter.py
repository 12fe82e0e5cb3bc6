# %%
import torch


def my_softmax(x: torch.Tensor, dim: int = -1) -> torch.Tensor:
    """Turn every slice of x along dim into probabilities that sum to 1; x itself stays as it is."""
    pass


# %%
# Look at your own work before you ask the judge: each row sums to 1, and large entries do no harm.
x = torch.tensor([[1.0, 2.0, 3.0], [1000.0, 1001.0, 1002.0]])
out = my_softmax(x)
print("probabilities:", out)
print("sums of the rows:", None if out is None else out.sum(dim=-1))
