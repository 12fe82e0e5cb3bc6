# %%
import torch
from torch import nn


class EMA:
    def __init__(self, model, decay=0.999):
        """Remember the model and start the average as a copy of its parameters."""
        pass

    def update(self):
        """Move the average a little towards the model's parameters."""
        pass

    def apply(self):
        """Write the average into the model, and keep what was there."""
        pass

    def restore(self):
        """Bring back what `apply` has kept."""
        pass


# %%
# Look at your own work before you ask the judge: the weight jumps between 0 and 2, the average settles near 1.
model = nn.Linear(1, 1, bias=False)
with torch.no_grad():
    model.weight.fill_(0.0)
ema = EMA(model, decay=0.9)
for t in range(1, 41):
    with torch.no_grad():
        model.weight.fill_(2.0 * (t % 2))
    ema.update()
ema.apply()
print("the average:   ", model.weight.item())
ema.restore()
print("back in the model:", model.weight.item())
