# %%
import torch


def kmeans(x: torch.Tensor, centres: torch.Tensor, steps: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The centres (K, D) after so many steps, and for each point of x (N, D) the label of its nearest centre."""
    pass


# %%
# Look at your own work before you ask the judge: four points on a line, two centres.
x, centres = torch.tensor([[0.0], [2.0], [10.0], [12.0]]), torch.tensor([[0.0], [3.0]])
print("expected: centres 0 and 8, then 1 and 11; labels 0 0 1 1 both times")
print(kmeans(x, centres, 1))
print(kmeans(x, centres, 2))
