# %%
import torch


def filter_logits(
    logits: torch.Tensor, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0, min_p: float = 0.0
) -> torch.Tensor:
    """What is left of the logits (..., V): kept ones divided by the temperature, the others -infinity."""
    pass


# %%
# Look at your own work before you ask the judge: which probabilities are left of 0.4, 0.05, 0.3, 0.15, 0.1?
logits = torch.tensor([0.4, 0.05, 0.3, 0.15, 0.1]).log()
for options in ({"top_k": 2}, {"top_p": 0.5}, {"min_p": 0.3}, {"temperature": 2.0}):
    left = filter_logits(logits, **options)
    print(options, None if left is None else left.softmax(-1))
