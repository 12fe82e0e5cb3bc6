# %%
import torch
from torch import nn


class MixtureOfExperts(nn.Module):
    """A router sends each token to its top_k best of num_experts small MLPs."""

    def __init__(self, d_model, d_ff, num_experts, top_k=2):
        super().__init__()
        pass  # self.router = ..., self.experts = ...

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map tokens (B, S, d_model) to the same shape."""
        pass


# %%
# Look at your own work before you ask the judge: how many rows does each expert compute?
torch.manual_seed(0)
model = MixtureOfExperts(d_model=8, d_ff=16, num_experts=4, top_k=2)
x, rows = torch.randn(2, 5, 8), []
for expert in getattr(model, "experts", []):
    expert.register_forward_hook(lambda module, args, output: rows.append(output.numel() // 8))
out = model(x)
if out is not None:
    print("shape:", tuple(out.shape), "- expected (2, 5, 8)")
    print("rows per call of an expert:", rows, "- in all", sum(rows), "- expected 10 tokens × 2 = 20")
    alone = model(x[1:, 2:3])
    print("a token on its own comes out the same, up to", (alone - out[1:, 2:3]).abs().max().item(), "- expected 0")
