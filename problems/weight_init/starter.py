# %%
import torch


def kaiming_init(weight: torch.Tensor) -> torch.Tensor:
    """Overwrite weight (out, in) with normal numbers of mean 0 and variance 2 / in, and return it."""
    pass


# %%
# Look at your own work before you ask the judge: the signal should keep its size through ten ReLU layers.
x = torch.randn(100, 256)
for layer in range(10):
    weight = kaiming_init(torch.empty(256, 256))
    if weight is None:
        print("kaiming_init returns None")
        break
    x = (x @ weight.T).relu()
    print(f"layer {layer}: root mean square {x.square().mean().sqrt():.3f}")
