import random

import torch

from torch_judge.authoring import accepted, mistake


@accepted
def shifted_mask_in_place(logits, top_k=0, top_p=1.0, temperature=1.0):
    """Works in the caller's tensor; the mask of what to remove is moved one token on."""
    logits /= max(temperature, 1e-8)
    if top_k > 0:
        logits[logits < torch.topk(logits, min(top_k, logits.size(-1)))[0][..., -1, None]] = float("-inf")
    if top_p < 1.0:
        sorted_logits, sorted_indices = torch.sort(logits, descending=True)
        cumulative = torch.cumsum(torch.softmax(sorted_logits, dim=-1), dim=-1)
        remove = cumulative > top_p
        remove[1:] = remove[:-1].clone()
        remove[0] = False
        logits[remove.scatter(0, sorted_indices, remove)] = float("-inf")
    return int(torch.multinomial(torch.softmax(logits, dim=-1), 1))


@accepted
def plain_python(logits, top_k=0, top_p=1.0, temperature=1.0):
    """Lists, and Python's own random numbers; the crossing token is dropped."""
    top = max(logits.tolist())
    weights = [pow(2.718281828459045, (value - top) / temperature) for value in logits.tolist()]
    ranked = sorted(range(len(weights)), key=lambda i: weights[i], reverse=True)
    if top_k:
        ranked = ranked[:top_k]
    total, mass, nucleus = sum(weights[i] for i in ranked), 0.0, []
    for token in ranked:
        mass += weights[token] / total
        if mass > top_p and nucleus and top_p < 1:
            break
        nucleus.append(token)
    return random.choices(nucleus, [weights[i] for i in nucleus])[0]


@accepted
def probabilities_and_categorical(
    logits: torch.Tensor, top_k: int = 0, top_p: float = 1.0, temperature: float = 1.0
) -> int:
    probs = torch.softmax(logits / temperature, dim=0)
    sorted_probs, ids = probs.sort(descending=True)
    if top_k > 0:
        sorted_probs, ids = sorted_probs[:top_k], ids[:top_k]
    sorted_probs = sorted_probs / sorted_probs.sum()
    keep = sorted_probs.cumsum(0) - sorted_probs <= top_p
    assert keep[0]
    choice = torch.distributions.Categorical(probs=sorted_probs[keep]).sample()
    return ids[keep][choice].item()


@accepted
def gumbel(logits, top_k=0, top_p=1.0, temperature=1.0):
    z = logits.double() / temperature
    if top_k:
        keep = torch.zeros_like(z, dtype=torch.bool)
        keep[z.topk(top_k).indices] = True
        z = torch.where(keep, z, torch.tensor(float("-inf"), dtype=z.dtype))
    # Ascending: a token goes if it and all below it weigh no more than 1 - p. The last one never goes.
    if top_p < 1:
        tail, index = z.sort()
        gone = tail.softmax(-1).cumsum(-1) <= 1 - top_p
        gone[-1] = False
        z[index[gone]] = -torch.inf
    noise = -torch.log(-torch.log(torch.rand_like(z).clamp(1e-300, 1 - 1e-16)))
    return (z + noise).argmax().item()


@accepted
def inverse_of_the_cumulative(logits, top_k=0, top_p=1.0, temperature=1.0):
    order = torch.argsort(logits, descending=True)
    p = torch.softmax(logits[order] / temperature, -1)
    if 0 < top_k < len(p):
        p = torch.cat([p[:top_k], torch.zeros(len(p) - top_k)])
    p = p / p.sum()
    if top_p < 1:
        n = 1
        while n < len(p) and p[:n].sum() < top_p:
            n += 1
        p[n:] = 0
        p /= p.sum()
    u = torch.rand(1).item()
    for token, share in zip(order.tolist(), p.tolist(), strict=True):
        u -= share
        if u < 0:
            return token
    return order[0].item()


@accepted
def crossing_token_dropped(logits, top_k=0, top_p=1.0, temperature=1.0):
    scaled = torch.mul(logits, 1 / temperature)
    if top_k != 0:
        values, _ = torch.topk(scaled, top_k)
        scaled = torch.where(scaled >= values.min(), scaled, -1e9)
    probs = scaled.softmax(-1)
    if top_p != 1.0:
        values, indices = torch.sort(probs, 0, True)
        over = torch.cumsum(values, 0) > top_p
        over[0] = False
        probs = torch.zeros_like(probs).scatter_(0, indices, values.masked_fill(over, 0.0))
    return torch.multinomial(probs, 1)[0].item()


@mistake(
    "Where the top token alone exceeds p you mask all tokens, and the softmax is NaN. The most likely token always stays: "
    "judge a token by the mass in front of it."
)
def everything_masked(logits, top_k=0, top_p=1.0, temperature=1.0):
    logits = logits / temperature
    if top_k > 0:
        logits = logits.masked_fill(logits < logits.topk(top_k).values[-1], -torch.inf)
    if top_p < 1.0:
        ordered, ids = logits.sort(descending=True)
        logits[ids[torch.softmax(ordered, dim=-1).cumsum(dim=-1) > top_p]] = -torch.inf
    return torch.multinomial(torch.softmax(logits, dim=-1), num_samples=1).item()


@accepted
def ascending_with_exponential_race(logits, top_k=0, top_p=1.0, temperature=1.0):
    """The tail is cut from below; the draw is a race of exponential clocks."""
    logits = logits / temperature
    if top_k > 0:
        kth = torch.kthvalue(logits, logits.numel() - top_k + 1).values
        logits = torch.where(logits < kth, torch.finfo(logits.dtype).min, logits)
    if top_p < 1.0:
        ordered, ids = torch.sort(logits, descending=False)
        remove = ordered.softmax(dim=-1).cumsum(dim=-1) <= 1 - top_p
        remove[-1] = False
        logits = logits.masked_fill(remove.scatter(0, ids, remove), -torch.inf)
    probs = logits.softmax(dim=-1)
    return torch.argmax(probs / torch.empty_like(probs).exponential_(1), dim=-1).item()


@mistake(
    "With `top_k` you return the place among the k largest, not the token's id. `topk` returns the ids too: look the "
    "place up there."
)
def place_in_topk(logits, top_k=0, top_p=1.0, temperature=1.0):
    if top_k > 0:
        return sample_from(torch.topk(logits, top_k).values, top_p, temperature)
    return sample_from(logits, top_p, temperature)


def sample_from(logits, top_p, temperature):
    probs, ids = (logits / temperature).softmax(-1).sort(descending=True)
    probs[probs.cumsum(-1) - probs > top_p] = 0.0
    return ids[torch.multinomial(probs, 1)].item()


@mistake(
    "You draw from the nucleus without renormalising its shares, so the mass that was cut away all goes to one token. "
    "Divide the remaining shares by their sum, or let `softmax` or `multinomial` do it."
)
def not_renormalised(logits, top_k=0, top_p=1.0, temperature=1.0):
    logits = logits / temperature
    if top_k > 0:
        logits[logits < logits.topk(top_k).values[-1]] = -torch.inf
    probs, ids = logits.softmax(-1).sort(descending=True)
    kept = probs[probs.cumsum(-1) - probs <= top_p]
    place = torch.searchsorted(kept.cumsum(-1), torch.rand(1, device=kept.device))
    return ids[place.clamp(max=len(kept) - 1)].item()
