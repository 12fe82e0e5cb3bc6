# %%
import torch
from torch import nn


class MyBatchNorm1d(nn.Module):
    """Batch normalisation of (N, C) or (N, C, L), with the state of nn.BatchNorm1d."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True):
        super().__init__()
        pass  # weight, bias, running_mean, running_var, num_batches_tracked

    def forward(self, x):
        pass


# %%
# Look at your own work before you ask the judge: what a checkpoint would hold, and what three batches do to it.
torch.manual_seed(0)
layer = MyBatchNorm1d(3)
for _ in range(3):
    out = layer(torch.randn(8, 3) * 2 + 5)
print("mean of each channel:", None if out is None else out.detach().mean(dim=0))
for name, value in layer.state_dict().items():
    print(f"{name:20} {value.dtype!s:14} {value.tolist()}")
