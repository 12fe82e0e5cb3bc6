"""The mistakes of `paged_attention`, each written as another learner would: the diagnosis must name them too."""

import math

import torch


class Paged:
    """A right solution in steps that can go wrong one by one: slot numbers of a flat pool, head after head."""

    def length(self, b, table, lengths, size):
        return int(lengths[b])

    def entries(self, b, table, n, size):
        return [int(table[b, place]) for place in range((n + size - 1) // size)]

    def slots(self, entries, size, n):
        return [page * size + slot for page in entries for slot in range(size)][:n]

    def value_slots(self, slots):
        return slots

    def value_pool(self, k, v):
        return v

    def scale(self, heads, width):
        return width**-0.5

    def weights(self, scores):
        """``scores`` are (n, H)."""
        e = torch.exp(scores - scores.max(dim=0).values)
        return e / e.sum(0)

    def scores(self, query, k):
        return torch.stack([k[:, h] @ query[h] for h in range(len(query))], dim=1)

    def __call__(self, q, k_pages, v_pages, table, lengths):
        size = k_pages.shape[1]
        k_flat, v_flat = k_pages.flatten(0, 1), v_pages.flatten(0, 1)
        rows = []
        for b, query in enumerate(q):
            n = self.length(b, table, lengths, size)
            slots = self.slots(self.entries(b, table, n, size), size, n)
            k, v = k_flat[slots], self.value_pool(k_flat, v_flat)[self.value_slots(slots)]
            weights = self.weights(self.hidden(self.scores(query, k) * self.scale(*query.shape), int(lengths[b])))
            rows.append((weights[:, :, None] * v).sum(0))
        return torch.stack(rows)

    def hidden(self, scores, n):
        return scores


def paged(**parts):
    """The attention with these parts of its own."""
    made = type("OwnPaged", (Paged,), parts)()
    return lambda *args, **named: made(*args, **named)


def whole_pages(self, entries, size, n):
    return [page * size + slot for page in entries for slot in range(size)]


def fewer_pages(self, b, table, n, size):
    return table[b, : max(n // size, 1)].tolist()


def follows_minus_one(self, b, table, n, size):
    return [page % self.pages for page in table[b].tolist()]


class FollowsMinusOne(Paged):
    slots = whole_pages
    entries = follows_minus_one

    def __call__(self, q, k_pages, *others):
        self.pages = len(k_pages)
        return super().__call__(q, k_pages, *others)


def zero_keys(q, k_pages, v_pages, table, lengths):
    size = k_pages.shape[1]
    rows = []
    for b, n in enumerate(lengths.tolist()):
        pages = table[b, : (n + size - 1) // size]
        there = (torch.arange(len(pages) * size) < n)[:, None, None]
        k, v = (torch.where(there, pool[pages].flatten(0, 1), 0.0) for pool in (k_pages, v_pages))
        weights = torch.softmax((k * q[b]).sum(-1) / math.sqrt(q.shape[-1]), dim=0)
        rows.append((weights[..., None] * v).sum(0))
    return torch.stack(rows)


def hidden_keys(self, scores, n):
    return torch.cat([scores[:n], torch.full_like(scores[n:], -math.inf)])


def slots_before_pages(self, entries, size, n):
    return [page * size + slot for slot in range(size) for page in entries][:n]


def longest(self, b, table, lengths, size):
    room = int((table[b] != -1).sum()) * size
    return min(int(max(lengths)), room)


def cleans_the_pool(q, k_pages, v_pages, table, lengths):
    size = k_pages.shape[1]
    for b, n in enumerate(lengths.tolist()):
        for t in range(n, -(-n // size) * size):
            k_pages[table[b, t // size], t % size] = 0.0
            v_pages[table[b, t // size], t % size] = 0.0
    return Paged()(q, k_pages, v_pages, table, lengths)


def copies_the_pool(q, k_pages, v_pages, table, lengths):
    return Paged()(q, k_pages.clone(), v_pages.clone(), table, lengths)


def one_page_further(self, b, table, n, size):
    return [table[b][place].item() for place in range(1 + n // size)]


SECOND_WAY = {
    "reads_past_the_length": paged(slots=whole_pages),
    "drops_the_last_page": paged(entries=fewer_pages),
    "one_page_too_many": paged(entries=one_page_further),
    "sorted_pages": paged(entries=lambda self, b, table, n, size: sorted(Paged.entries(self, b, table, n, size))),
    "table_ignored": paged(entries=lambda self, b, table, n, size: list(range(-(-n // size)))),
    "first_row_for_all": paged(entries=lambda self, b, table, n, size: Paged.entries(self, 0, table, n, size)),
    "follows_minus_one": lambda *args, **named: FollowsMinusOne()(*args, **named),
    "no_scaling": paged(scale=lambda self, heads, width: 1.0),
    "scaled_by_all_heads": paged(scale=lambda self, heads, width: 1 / math.sqrt(heads * width)),
    "divided_by_d": paged(scale=lambda self, heads, width: 1 / width),
    "zero_keys": zero_keys,
    "zero_times_nan": paged(slots=whole_pages, hidden=hidden_keys),
    "softmax_over_heads": paged(weights=lambda self, scores: scores.softmax(1)),
    "no_softmax": paged(weights=lambda self, scores: scores),
    "unshifted_softmax": paged(weights=lambda self, scores: torch.exp(scores) / torch.exp(scores).sum(0)),
    "values_shifted": paged(value_slots=lambda self, slots: [slots[-1], *slots[:-1]]),
    "values_from_the_keys": paged(value_pool=lambda self, k, v: k),
    "slots_before_pages": paged(slots=slots_before_pages),
    "longest_for_all": paged(length=longest),
    "length_plus_one": paged(length=lambda self, b, table, lengths, size: int(lengths[b]) + 1),
    "length_minus_one": paged(length=lambda self, b, table, lengths, size: max(int(lengths[b]) - 1, 1)),
    "heads_joined": paged(scores=lambda self, query, k: (k * query).sum((1, 2))[:, None].repeat(1, len(query))),
    "copies_the_pool": copies_the_pool,
    "cleans_the_pool": cleans_the_pool,
}
