# %%
import torch
from torch import nn


def accumulated_step(model, optimizer, loss_fn, micro_batches) -> float:
    """One optimiser step on all micro-batches together; returns the mean loss."""
    pass


# %%
# Look at your own work before you ask the judge: the weights should move as they would on one large batch.
torch.manual_seed(0)
large_x, large_y = torch.randn(8, 3), torch.randn(8, 1)
for pieces in (1, 4):
    torch.manual_seed(1)
    model = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    micro_batches = list(zip(large_x.chunk(pieces), large_y.chunk(pieces), strict=True))
    loss = accumulated_step(model, optimizer, nn.functional.mse_loss, micro_batches)
    print(f"{pieces} micro-batches: loss {loss}, weights {model.weight.tolist()}")
