import torch


def sample_top_k_top_p(logits, top_k=0, top_p=1.0, temperature=1.0):
    logits = logits / temperature
    if top_k > 0:
        kth = logits.topk(top_k).values[-1]
        logits = logits.masked_fill(logits < kth, -torch.inf)
    if top_p < 1.0:
        ordered, ids = logits.sort(descending=True)
        probs = torch.softmax(ordered, dim=-1)
        # What counts is the mass in front of a token: the top one has none in front of it, so it always stays.
        before = probs.cumsum(dim=-1) - probs
        logits[ids[before > top_p]] = -torch.inf
    probs = torch.softmax(logits, dim=-1)
    return torch.multinomial(probs, num_samples=1).item()
