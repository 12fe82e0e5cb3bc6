import torch


def generate(step, prompt: torch.Tensor, max_new_tokens: int, eos: int, pad: int = 0) -> torch.Tensor:
    columns, new, cache = [prompt], prompt, None
    done = torch.zeros(len(prompt), dtype=torch.bool, device=prompt.device)
    for _ in range(max_new_tokens):
        logits, cache = step(new, cache)
        # A row that has ended before gets pad; the eos itself belongs to the text.
        token = logits[:, -1].argmax(dim=-1).masked_fill(done, pad)
        new = token.unsqueeze(1)
        columns.append(new)
        done = done | (token == eos)
        if done.all():
            break
    return torch.cat(columns, dim=1)
