# %%
import torch
from torch import nn


class MyEmbedding(nn.Module):
    """A trainable table with one row for each index."""

    def __init__(self, num_embeddings: int, embedding_dim: int):
        super().__init__()
        pass  # self.weight = ...

    def forward(self, indices: torch.Tensor) -> torch.Tensor:
        """Look up the rows of `indices` (any shape); the result has one more dimension, embedding_dim."""
        pass


# %%
# Look at your own work before you ask the judge: index 2 occurs twice, so its row gets twice the gradient.
embedding = MyEmbedding(4, 3)
out = embedding(torch.tensor([[2, 0], [2, 3]]))
if out is not None:
    print("output:", tuple(out.shape), "- expected (2, 2, 3)")
    out.sum().backward()
    print("gradient of weight:", embedding.weight.grad, "rows 1, 0, 2, 1", sep="\n")
