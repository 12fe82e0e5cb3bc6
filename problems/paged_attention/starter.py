# %%
import math

import torch


def paged_attention(
    q: torch.Tensor, k_pages: torch.Tensor, v_pages: torch.Tensor, table: torch.Tensor, lengths: torch.Tensor
) -> torch.Tensor:
    """Attention of one query per sequence, q (B, H, d), over the tokens that lie in the sequence's pages."""
    pass


# %%
# Look at your own work before you ask the judge: with a query of 0 the result is the mean of the values.
pages = torch.arange(12.0).view(3, 4, 1, 1)  # three pages of four tokens, numbered through
out = paged_attention(torch.zeros(1, 1, 1), torch.ones(3, 4, 1, 1), pages, torch.tensor([[2, 0]]), torch.tensor([5]))
print("expected: the mean of 8, 9, 10, 11 and 0, which is 7.6:", out)
