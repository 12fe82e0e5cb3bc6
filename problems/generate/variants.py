import torch
from torch import Tensor

from torch_judge.authoring import accepted


@accepted
@torch.no_grad()
def written_into_a_buffer(step, prompt: Tensor, max_new_tokens: int, eos: int, pad: int = 0) -> Tensor:
    """All columns in advance, full of pad; what is written is cut off behind the last one."""
    B, T = prompt.shape
    assert prompt.dtype == torch.int64
    out = prompt.new_full((B, T + max_new_tokens), pad)
    out[:, :T] = prompt
    finished = prompt.new_zeros(B).bool()
    length, fed, cache = T, prompt, None
    while length < T + max_new_tokens and not finished.all():
        logits, cache = step(fed, cache)
        best = logits[:, -1, :].argmax(-1)
        out[~finished, length] = best[~finished]
        finished |= best.eq(eos)
        fed = best[:, None]  # an ended row feeds what it would say
        length += 1
    print("ids", out[:, :length].tolist())
    return out[:, :length]


@accepted
def lists_of_ids(step, prompt, max_new_tokens, eos, pad=0):
    texts = [[] for _ in prompt]
    new, cache = prompt, None
    for _ in range(max_new_tokens):
        if all(eos in text for text in texts):
            break
        logits, cache = step(new, cache)
        new = []
        for text, scores in zip(texts, logits, strict=True):
            row = scores[-1].tolist()
            text.append(pad if eos in text else row.index(max(row)))
            new.append([text[-1]])
        new = torch.tensor(new)
    return torch.cat([prompt, torch.tensor(texts, dtype=torch.long).view(len(texts), -1)], dim=1)


@accepted
def masked_at_the_end(step, prompt, max_new_tokens, eos, pad=0):
    """Rows go on as they like; what stands behind a first eos becomes pad in the end."""
    if max_new_tokens == 0:
        return prompt.clone()
    logits, cache = step(prompt, None)
    said = logits[:, -1:].argmax(dim=2)
    while said.shape[1] < max_new_tokens and not (said == eos).any(dim=1).all():
        logits, cache = step(said[:, -1:], cache)
        said = torch.hstack([said, logits.argmax(dim=-1)])
    ended = (said == eos).long().cumsum(1) - (said == eos).long() > 0
    return torch.hstack([prompt, torch.where(ended, pad, said)])


@accepted
def recursion(step, prompt, max_new_tokens, eos, pad=0):
    def rest(new, cache, alive, left):
        if left == 0 or not alive.any():
            return []
        logits, cache = step(new, cache)
        token = torch.where(alive, torch.max(logits[:, -1], dim=-1).indices, torch.full_like(new[:, 0], pad))
        return [token, *rest(token.reshape(-1, 1), cache, alive & (token != eos), left - 1)]

    alive = torch.ones(prompt.size(0), dtype=torch.bool)
    return torch.column_stack([prompt, *rest(prompt, None, alive, max_new_tokens)])


class Batch:
    """The state of all texts as an object."""

    def __init__(self, prompt, eos, pad):
        self.text, self.eos, self.pad = prompt, eos, pad
        self.running = set(range(prompt.shape[0]))

    def add(self, tokens):
        column = torch.full((self.text.shape[0], 1), self.pad)
        for row in sorted(self.running):
            column[row] = tokens[row]
            if tokens[row] == self.eos:
                self.running.discard(row)
        self.text = torch.cat((self.text, column), dim=-1)
        return column


@accepted
def with_an_object(step, prompt, max_new_tokens, eos, pad=0):
    batch, cache, fed = Batch(prompt, eos, pad), None, prompt
    for _ in range(max_new_tokens):
        result = step(fed, cache)
        cache = result[1]
        fed = batch.add(result[0].select(1, -1).topk(1).indices.squeeze(1))
        if not batch.running:
            return batch.text
    return batch.text
