# %%
import torch
from torch import nn


class GPT2Block(nn.Module):
    """A pre-norm transformer block: causal attention and an MLP, each inside a residual connection."""

    def __init__(self, d_model: int, num_heads: int):
        super().__init__()
        pass  # self.ln1, self.ln2, self.W_q, self.W_k, self.W_v, self.W_o, self.mlp = ...

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map x (B, S, d_model) to (B, S, d_model)."""
        pass


# %%
# Look at your own work before you ask the judge: a later token must not change an earlier row.
torch.manual_seed(0)
block, x = GPT2Block(d_model=8, num_heads=2), torch.randn(1, 5, 8)
out = block(x)
if out is not None:
    print("output:", tuple(out.shape), "- expected (1, 5, 8)")
    x[0, 3] += 1.0
    print("rows that changed:", (block(x) != out).any(-1)[0].tolist(), "- expected only the last two")
    print("parameters:", sum(p.numel() for p in block.parameters()), "- expected 872 with all biases")
