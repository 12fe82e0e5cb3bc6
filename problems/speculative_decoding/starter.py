# %%
import torch


def speculative_decode(target_probs: torch.Tensor, draft_probs: torch.Tensor, draft_tokens: torch.Tensor) -> list[int]:
    """Accept drafted tokens with probability min(1, target / draft); replace the first rejected one and stop."""
    pass


# %%
# Look at your own work before you ask the judge: token 1 always stays, token 0 half of the time, else 2 comes.
target_probs = torch.tensor([[0.2, 0.5, 0.3], [0.4, 0.1, 0.5]])
draft_probs = torch.tensor([[0.4, 0.3, 0.3], [0.8, 0.1, 0.1]])
for _ in range(6):
    print(speculative_decode(target_probs, draft_probs, torch.tensor([1, 0])))
