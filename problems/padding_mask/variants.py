import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted


@accepted
def keep_mask_and_nan_to_num(q: Tensor, k: Tensor, v: Tensor, lengths: Tensor, causal: bool = False) -> Tensor:
    """The other polarity: True is kept. The NaN of empty rows is mended, and `where` has cut its gradient off."""
    B, H, Tq, d = q.shape
    Tk = k.size(2)
    keep = (torch.arange(Tk, device=q.device)[None, :] < lengths[:, None]).view(B, 1, 1, Tk)
    if causal:
        keep = keep & torch.ones(Tq, Tk, dtype=torch.bool, device=q.device).tril()
    scores = torch.matmul(q, k.mT) * d**-0.5
    scores = torch.where(keep, scores, float("-inf"))
    return torch.matmul(torch.nan_to_num(F.softmax(scores, dim=-1)), v)


@accepted
def smallest_number_and_empty_rows(q, k, v, lengths, causal=False):
    """A finite filler; empty rows are found by their mask and zeroed at the end."""
    at = torch.arange(k.shape[-2], device=k.device)
    mask = at.expand(len(lengths), -1).ge(lengths.unsqueeze(1))[:, None, None, :]
    if causal:
        mask = torch.logical_or(mask, torch.triu(torch.ones(len(at), len(at), device=k.device), diagonal=1).bool())
    att = torch.einsum("bhid,bhjd->bhij", q, k).div(math.sqrt(q.size(-1)))
    att = att.masked_fill(mask, torch.finfo(att.dtype).min).softmax(-1)
    out = torch.einsum("bhij,bhjv->bhiv", att, v)
    return out.masked_fill(mask.all(-1, keepdim=True), 0)


@accepted
def sequence_by_sequence(q, k, v, lengths, causal=False):
    """A beginner's loop: the padding is cut off, so that there is nothing to hide but the future."""
    out = []
    for b, length in enumerate(lengths.tolist()):
        if length == 0:
            out.append((q[b] * 0).sum(-1, keepdim=True) * v[b, :, :1] * 0)
            continue
        scores = q[b] @ k[b, :, :length].transpose(1, 2) / math.sqrt(q.shape[-1])
        if causal:
            for i in range(scores.shape[1]):
                scores[:, i, i + 1 :] = -math.inf
        out.append(torch.softmax(scores, dim=-1) @ v[b, :, :length])
    print("lengths", lengths.tolist())
    return torch.stack(out)


@accepted
def exponentials_of_what_is_seen(q, k, v, lengths, causal=False):
    """The maximum of the visible scores, taken as constant; the sum divides last, by 1 where it is empty."""
    scores = (q / q.shape[-1] ** 0.5) @ k.mT
    j = torch.arange(k.shape[2], device=q.device)
    seen = j < lengths.view(-1, 1, 1, 1)
    if causal:
        seen = seen & (j <= j.unsqueeze(1))
    peak = scores.detach().masked_fill(~seen, -1e4).amax(dim=-1, keepdim=True)
    e = torch.exp((scores - peak).masked_fill(~seen, -math.inf))
    total = e.sum(-1, keepdim=True)
    return (e @ v) / torch.where(total > 0, total, torch.ones_like(total))


@accepted
def filled_with_minus_ten_thousand(q, k, v, lengths, causal=False):
    """A finite filler that float16 can hold; hidden weights are multiplied away for the sake of empty rows."""
    Tq, Tk = q.shape[2], k.shape[2]
    j = torch.arange(Tk, device=q.device)
    hidden = (j[None] >= lengths[:, None]).to(q.dtype)[:, None, None]
    if causal:
        hidden = torch.maximum(hidden, q.new_ones(Tq, Tk).triu(1))
    scores = torch.lerp(q @ k.transpose(2, 3) / math.sqrt(k.shape[-1]), torch.full_like(hidden, -1e4), hidden)
    weights = nn.Softmax(dim=-1)(scores)
    return (weights * (1 - hidden)) @ v


class MaskedHeads(nn.Module):
    def __init__(self, causal):
        super().__init__()
        self.causal = causal

    def visible(self, queries, keys, lengths):
        rows = torch.arange(queries, device=lengths.device)
        limit = lengths[:, None].expand(-1, queries)
        if self.causal:
            limit = torch.minimum(limit, rows + 1)
        return torch.arange(keys, device=lengths.device) < limit[:, None, :, None]

    def forward(self, q, k, v, lengths):
        visible = self.visible(q.size(-2), k.size(-2), lengths)
        logits = (q.unsqueeze(-2) * k.unsqueeze(-3)).sum(-1) / k.size(-1) ** 0.5
        logits = logits.masked_fill(visible.logical_not(), -math.inf)
        normaliser = torch.logsumexp(logits, dim=-1, keepdim=True)
        weights = torch.exp(logits - normaliser.masked_fill(normaliser == -math.inf, 0.0))
        return torch.einsum("bhij,bhjv->bhiv", weights, v)


@accepted
def one_limit_per_query(q, k, v, lengths, causal=False):
    return MaskedHeads(causal)(q, k, v, lengths)


@accepted
def a_key_of_their_own_for_empty_rows(q, k, v, lengths, causal=False):
    """Every query sees at least key 0; the rows of empty sequences are multiplied by 0."""
    B, H, T, d = k.shape
    table = torch.zeros(B, q.shape[2], T, dtype=torch.bool, device=q.device)
    for b in range(B):
        table[b, :, max(int(lengths[b]), 1) :] = True
    if causal:
        table |= torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)
    flat = torch.bmm(q.flatten(0, 1), k.flatten(0, 1).transpose(1, 2)).view(B, H, -1, T) / math.sqrt(d)
    weights = flat.masked_fill(table[:, None], -torch.inf).softmax(3)
    some = (lengths > 0).to(v.dtype).view(B, 1, 1, 1)
    return weights @ v * some
