# %%
import torch


def cross_entropy_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The mean over the batch of -log softmax(logits)[target], for logits of any size."""
    pass


# %%
# Look at your own work before you ask the judge: the second example is a confident mistake.
logits = torch.tensor([[2.0, 1.0, -1.0], [1000.0, 0.0, 0.0]], requires_grad=True)
for name, targets in {"right": [0, 0], "wrong": [2, 1]}.items():
    print(name, "targets:", cross_entropy_loss(logits, torch.tensor(targets)))
