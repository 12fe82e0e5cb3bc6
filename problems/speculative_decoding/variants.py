import random

import torch
from torch.distributions import Categorical

from torch_judge.authoring import accepted, mistake


@accepted
def vectorised(target_probs, draft_probs, draft_tokens):
    """All decisions at once; the first rejection is found afterwards."""
    k = len(draft_tokens)
    positions = torch.arange(k)
    ratio = target_probs[positions, draft_tokens] / draft_probs[positions, draft_tokens]
    accept = torch.rand(k) < ratio.clamp(max=1.0)
    n = int(accept.long().cumprod(dim=0).sum())
    out = draft_tokens[:n].tolist()
    if n < k:
        residual = torch.relu(target_probs[n] - draft_probs[n])
        out.append(int(torch.multinomial(residual / residual.sum(), 1)))
    return out


@accepted
def plain_python(target_probs, draft_probs, draft_tokens):
    """Numbers and Python's own random module."""
    out: list[int] = []
    for i in range(draft_tokens.shape[0]):
        t = int(draft_tokens[i])
        p, q = target_probs[i].tolist(), draft_probs[i].tolist()
        if random.random() <= min(1.0, p[t] / max(q[t], 1e-10)):
            out.append(t)
            continue
        rest = [max(0.0, a - b) for a, b in zip(p, q, strict=True)]
        return [*out, random.choices(range(len(rest)), weights=rest)[0]]
    return out


@accepted
def tensors_in_the_list(target_probs: torch.Tensor, draft_probs: torch.Tensor, draft_tokens: torch.Tensor) -> list:
    result = []
    for i, token in enumerate(draft_tokens):
        ratio = torch.minimum(torch.ones(()), target_probs[i, token] / draft_probs[i, token])
        if torch.bernoulli(ratio) == 1:
            result.append(token)
        else:
            positive = torch.where(target_probs[i] > draft_probs[i], target_probs[i] - draft_probs[i], 0)
            result.append(Categorical(probs=positive).sample())
            break
    return result


def resampled(p, q):
    """A draw from the positive part of p - q, by the inverse of its cumulative sum."""
    rest = torch.maximum(p - q, torch.zeros_like(p))
    total = rest.cumsum(-1)
    u = (1 - torch.rand(1, dtype=p.dtype)) * total[-1]  # in (0, total]: the token found has a share of its own
    return torch.searchsorted(total, u).item()


@accepted
def while_loop(target_probs, draft_probs, draft_tokens):
    accepted, i = [], 0
    numbers = torch.rand(len(draft_tokens)).tolist()
    while i < len(draft_tokens):
        token = draft_tokens[i].item()
        if not numbers[i] * draft_probs[i][token] < target_probs[i][token]:
            return accepted + [resampled(target_probs[i], draft_probs[i])]
        accepted.append(token)
        i += 1
    return accepted


@accepted
def logarithms_and_gumbel(target_probs, draft_probs, draft_tokens):
    p, q, out = target_probs.double(), draft_probs.double(), []
    for i, t in enumerate(draft_tokens.tolist()):
        log_ratio = torch.log(p[i, t]) - torch.log(q[i, t])
        if torch.log(torch.rand(1, dtype=torch.float64)) <= log_ratio:
            out += [t]
        else:
            gumbel = -torch.empty_like(p[i]).exponential_().log()
            out += [int(((p[i] - q[i]).clamp_min(0).log() + gumbel).argmax())]
            break
    return out


@accepted
def residuals_first(target_probs, draft_probs, draft_tokens):
    """All residuals beforehand."""
    residuals = torch.clip(target_probs - draft_probs, 0)
    for n, (token, residual) in enumerate(zip(draft_tokens, residuals, strict=True)):
        p = target_probs[n].gather(0, token.view(1))
        q = draft_probs[n].gather(0, token.view(1))
        if p >= q or torch.rand(1) < p / q:
            continue
        replacement = torch.multinomial(residual, 1, replacement=True)
        return torch.cat([draft_tokens[:n], replacement]).tolist()
    return draft_tokens.tolist()


@mistake("You use one random number for all positions, so they share one fate. Draw a new one for each token.")
def one_number(target_probs, draft_probs, draft_tokens):
    tokens, number = [], torch.rand(())
    for target, draft, token in zip(target_probs, draft_probs, draft_tokens.tolist(), strict=True):
        if number < target[token] / draft[token]:
            tokens.append(token)
        else:
            tokens.append(torch.multinomial((target - draft).clamp(min=0), num_samples=1).item())
            break
    return tokens


@mistake(
    "You draw the replacement with the number that rejected the token. That number is always a large one, so some "
    "replacements come too often and others never: draw a new number."
)
def number_used_again(target_probs, draft_probs, draft_tokens):
    tokens = []
    for target, draft, token in zip(target_probs, draft_probs, draft_tokens.tolist(), strict=True):
        number = torch.rand(())
        if number < target[token] / draft[token]:
            tokens.append(token)
        else:
            residual = (target - draft).clamp(min=0)
            shares = residual.cumsum(0) / residual.sum()
            tokens.append(int(torch.searchsorted(shares, number, right=True)))
            break
    return tokens
