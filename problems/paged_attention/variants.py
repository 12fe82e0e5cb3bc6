import math

import torch
import torch.nn.functional as F
from torch import Tensor

from torch_judge.authoring import accepted, mistake


@accepted
def gathered_at_once(q: Tensor, k_pages: Tensor, v_pages: Tensor, table: Tensor, lengths: Tensor) -> Tensor:
    """One gather with a clamped table; what is not there is hidden among the keys and replaced among the values."""
    B, H, d = q.shape
    assert k_pages.shape == v_pages.shape
    pages = table.clamp(min=0)
    k, v = k_pages[pages].flatten(1, 2), v_pages[pages].flatten(1, 2)  # (B, M * size, H, d)
    there = torch.arange(k.shape[1]) < lengths[:, None]
    k = k.masked_fill(~there[:, :, None, None], 0.0)
    v = v.masked_fill(~there[:, :, None, None], 0.0)
    scores = torch.einsum("bhd,bthd->bht", q, k) / math.sqrt(d)
    weights = F.softmax(scores.masked_fill(~there.unsqueeze(1), float("-inf")), dim=-1)
    print("tokens", k.shape[1])
    return torch.einsum("bht,bthd->bhd", weights, v)


@accepted
def token_by_token(q, k_pages, v_pages, table, lengths):
    """Every token is looked up by its page and slot."""
    size, out = k_pages.size(1), torch.empty_like(q)
    for b in range(q.size(0)):
        keys, values = [], []
        for t in range(int(lengths[b])):
            page = int(table[b, t // size])
            keys.append(k_pages[page, t % size])
            values.append(v_pages[page, t % size])
        k, v = torch.stack(keys, dim=1), torch.stack(values, dim=1)  # (H, n, d)
        weights = (k @ q[b].unsqueeze(-1) / q.size(-1) ** 0.5).softmax(dim=1)
        out[b] = (weights * v).sum(1)
    return out


@accepted
def page_by_page(q, k_pages, v_pages, table, lengths):
    """Flash attention over the pages: a running maximum, sum and weighted sum of values."""
    size, d = k_pages.shape[1], q.shape[-1]
    results = []
    for b, n in enumerate(lengths.tolist()):
        top = q.new_full((q.shape[1],), -math.inf)
        total, mixed = torch.zeros_like(top), torch.zeros_like(q[b])
        for place in range((n + size - 1) // size):
            here = min(size, n - place * size)
            k, v = (pool[table[b, place], :here].transpose(0, 1) for pool in (k_pages, v_pages))
            scores = torch.matmul(k, q[b, :, :, None]).squeeze(-1) * d**-0.5
            new = torch.maximum(top, scores.amax(-1))
            shrink, e = torch.exp(top - new), torch.exp(scores - new[:, None])
            total, mixed, top = (
                total * shrink + e.sum(-1),
                mixed * shrink[:, None] + torch.bmm(e[:, None], v)[:, 0],
                new,
            )
        results.append(mixed / total.unsqueeze(-1))
    return torch.stack(results)


@accepted
def flat_slots(q, k_pages, v_pages, table, lengths):
    """The pool as one list of slots (a view); the number of each token's slot; ragged rows padded by repeating slot 0."""
    size = k_pages.shape[1]
    t = torch.arange(int(lengths.max()))
    there = t[None] < lengths[:, None]
    slots = torch.where(there, table[:, t // size] * size + t % size, table[:, :1] * size)
    k = k_pages.reshape(-1, *q.shape[1:]).index_select(0, slots.flatten()).unflatten(0, slots.shape)
    v = v_pages.reshape(-1, *q.shape[1:]).index_select(0, slots.flatten()).unflatten(0, slots.shape)
    scores = (q[:, None] * k).sum(-1) / math.sqrt(q.shape[-1])
    scores = torch.where(there[..., None], scores, torch.tensor(-1e30))
    e = torch.exp(scores - scores.max(dim=1, keepdim=True).values)
    return (e[..., None] * v).sum(1) / e.sum(1)[..., None]


@accepted
class PagedCache:
    """An object for a sequence; the answer of the class is the result."""

    def __init__(self, pools, pages, length):
        self.pools, self.pages, self.length = pools, pages, length

    def read(self, pool):
        parts = [pool[p] for p in self.pages if p >= 0]
        return torch.cat(parts, dim=0)[: self.length].permute(1, 0, 2)

    def attend(self, query):
        k, v = map(self.read, self.pools)
        log_weights = torch.log_softmax(
            torch.baddbmm(query.new_zeros(1), query[:, None] / query.shape[1] ** 0.5, k.mT), 2
        )
        return torch.bmm(log_weights.exp(), v).squeeze(1)

    def __new__(cls, q, k_pages, v_pages, table, lengths):
        rows = []
        for query, pages, length in zip(q.unbind(), table.tolist(), lengths, strict=True):
            used = -(-int(length) // k_pages.shape[1])
            cache = object.__new__(cls)
            cache.__init__((k_pages, v_pages), pages[:used], length)
            rows.append(cache.attend(query))
        return torch.stack(rows, dim=0)


@mistake(
    "You make a copy of the whole pool. It is far larger than what the sequences use: take the pages in use, `k_pages[pages]`."
)
def copies_the_pool(q, k_pages, v_pages, table, lengths):
    keys, values = torch.nan_to_num(k_pages, 0.0, 0.0, 0.0), torch.nan_to_num(v_pages, 0.0, 0.0, 0.0)
    return token_by_token(q, keys, values, table, lengths)


@mistake(
    "You write into the pool: what is not in use is cleaned, and other sequences share these pages. The pool is only read."
)
def cleans_the_pool(q, k_pages, v_pages, table, lengths):
    size = k_pages.shape[1]
    for row, n in zip(table, lengths.tolist(), strict=True):
        if n % size:
            for pool in (k_pages, v_pages):
                pool[row[n // size], n % size :] = 0
    return token_by_token(q, k_pages, v_pages, table, lengths)
