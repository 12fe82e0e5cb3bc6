# %%
import torch


def sample_top_k_top_p(logits: torch.Tensor, top_k: int = 0, top_p: float = 1.0, temperature: float = 1.0) -> int:
    """Divide by the temperature, keep the top k, then the nucleus of mass p, and draw one token id."""
    pass


# %%
# Look at your own work before you ask the judge: how often does each of five tokens come?
logits = torch.tensor([0.05, 0.4, 0.1, 0.3, 0.15]).log()
for options in ({}, {"top_k": 2}, {"top_p": 0.6}, {"temperature": 0.2}, {"top_k": 4, "top_p": 0.7, "temperature": 2.0}):
    ids = [sample_top_k_top_p(logits.clone(), **options) for _ in range(200)]
    print(options, [ids.count(token) for token in range(5)])
