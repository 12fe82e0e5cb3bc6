# %%
import torch


def generate(step, prompt: torch.Tensor, max_new_tokens: int, eos: int, pad: int = 0) -> torch.Tensor:
    """The prompt (B, T) with up to max_new_tokens columns of new ids behind it."""
    pass


# %%
# Look at your own work before you ask the judge: this "model" counts on, and 5 is the end.
def count_on(new_ids, cache):
    print("step sees", new_ids.tolist(), "cache", cache)
    return torch.nn.functional.one_hot((new_ids + 1) % 8, 8).float(), (cache or 0) + new_ids.shape[1]


print(generate(count_on, torch.tensor([[0, 1], [2, 3]]), max_new_tokens=6, eos=5, pad=7))
print("expected: [[0, 1, 2, 3, 4, 5], [2, 3, 4, 5, 7, 7]]")
