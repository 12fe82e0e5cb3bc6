import math

import torch
import torch.nn.functional as F
from torch import Tensor

from torch_judge.authoring import accepted


@accepted
def shifted_mask(
    logits: Tensor, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0, min_p: float = 0.0
) -> Tensor:
    """As many repositories write it: remove where the sum exceeds top_p, shifted by one so that the crossing one stays."""
    assert temperature > 0
    logits = logits.clone() / temperature
    vocabulary = logits.size(-1)
    if top_k:
        top_k = min(top_k, vocabulary)
        remove = logits < torch.topk(logits, top_k)[0][..., -1, None]
        logits[remove] = float("-inf")
    if top_p < 1.0:
        sorted_logits, sorted_indices = torch.sort(logits, descending=True)
        cumulative = torch.cumsum(F.softmax(sorted_logits, dim=-1), dim=-1)
        remove = cumulative > top_p
        remove[..., 1:] = remove[..., :-1].clone()
        remove[..., 0] = False
        logits[torch.zeros_like(remove).scatter_(-1, sorted_indices, remove)] = float("-inf")
    if min_p:
        probs = logits.softmax(-1)
        logits = torch.where(probs >= min_p * probs.max(-1, keepdim=True)[0], logits, torch.tensor(-torch.inf))
    print("kept", torch.isfinite(logits).sum(-1))
    return logits


@accepted
def ascending_order(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """From the unlikely end: what sums to at most 1 - top_p goes. min-p on the logits."""
    scores = logits.mul(1 / temperature)
    size = scores.shape[-1]
    if 0 < top_k < size:
        scores = scores.masked_fill(scores < scores.kthvalue(size - top_k + 1, dim=-1, keepdim=True).values, -torch.inf)
    if top_p < 1:
        ranked, ids = scores.sort(dim=-1)
        gone = ranked.softmax(-1).cumsum(-1) <= 1 - top_p
        gone[..., -1:] = False
        back = gone.gather(-1, ids.argsort(-1))
        scores = scores.masked_fill(back, -torch.inf)
    if min_p > 0:
        highest = scores.amax(-1, keepdim=True)
        scores = scores.masked_fill(scores < highest + math.log(min_p), -torch.inf)
    return scores


@accepted
def token_by_token(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """Rows as Python lists of token ids, the likeliest first; what stays is a shorter list."""
    out = torch.full_like(logits, -math.inf)
    size = logits.shape[-1]
    for row, target in zip(logits.reshape(-1, size), out.view(-1, size), strict=True):
        z = [v / temperature for v in row.tolist()]
        best = sorted(range(size), key=lambda t: -z[t])
        e = {t: math.exp(z[t] - z[best[0]]) for t in best}
        if top_k > 0:
            best = best[:top_k]
        if top_p < 1:
            total, mass, kept = sum(e[t] for t in best), 0.0, []
            for t in best:
                kept.append(t)
                mass += e[t] / total
                if mass >= top_p:
                    break
            best = kept
        if min_p > 0:
            best = [t for t in best if e[t] >= min_p * e[best[0]]]
        for t in best:
            target[t] = row[t] / temperature
    return out


@accepted
def sorted_once(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """One sort; each sieve is a number of tokens to keep, the smallest number wins; ranks say who stays."""
    z = logits / temperature
    size = z.shape[-1]
    ranked, ids = torch.sort(z, dim=-1, descending=True)
    ranks = ids.argsort(dim=-1)
    places = torch.arange(size)
    count = torch.full(z.shape[:-1] + (1,), size)
    if top_k > 0:
        count = count.clamp(max=top_k)
    left = ranked.masked_fill(places >= count, -math.inf).double().softmax(-1)
    if top_p < 1:
        count = torch.minimum(count, 1 + (left.cumsum(-1) < top_p).sum(-1, keepdim=True).clamp(max=size - 1))
    if min_p > 0:
        ratio = (ranked - ranked[..., :1]).exp()
        count = torch.minimum(count, (ratio >= min_p).sum(-1, keepdim=True))
    return z.where(ranks < count, torch.tensor(-math.inf))


@accepted
def by_thresholds(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """Every sieve is a lowest logit that stays; top-p finds it without sorting back."""
    z = torch.div(logits, temperature)
    if top_k > 0 and top_k < z.shape[-1]:
        z = torch.where(z >= torch.topk(z, top_k).values.min(dim=-1, keepdim=True).values, z, -math.inf)
    if top_p < 1:
        probs = torch.exp(z - torch.logsumexp(z, dim=-1, keepdim=True))
        # What weighs more than a token: those strictly above it.
        above = torch.stack([(probs * (probs > probs[..., t : t + 1])).sum(-1) for t in range(z.shape[-1])], dim=-1)
        z = torch.where((above < top_p) | (z == z.amax(-1, keepdim=True)), z, -math.inf)
    if min_p > 0:
        z = torch.where(torch.exp(z - z.max(-1, keepdim=True).values) >= min_p, z, -math.inf)
    return z


class Sieve:
    """A chain of callables, each of them on one axis of rows."""

    def __init__(self, keep):
        self.keep = keep

    def __call__(self, z):
        return z.masked_fill(~self.keep(z), -math.inf)


@accepted
def chain_of_sieves(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    def largest(z):
        ids = z.topk(min(top_k, z.shape[-1])).indices
        return torch.zeros_like(z, dtype=torch.bool).scatter(-1, ids, True)

    def nucleus(z):
        probs, ids = z.softmax(-1).sort(dim=-1, descending=True)
        before = F.pad(probs.cumsum(-1), (1, -1))
        stays = before < max(top_p, 1e-30)
        return torch.empty_like(stays).scatter_(-1, ids, stays)

    def likely(z):
        return z.log_softmax(-1) - z.log_softmax(-1).amax(-1, keepdim=True) >= math.log(min_p)

    flat = logits.reshape(-1, logits.shape[-1]) / temperature
    for wanted, keep in ((top_k > 0, largest), (top_p < 1, nucleus), (min_p > 0, likely)):
        if wanted:
            flat = Sieve(keep)(flat)
    return flat.reshape(logits.shape)
