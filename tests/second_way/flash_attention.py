"""The mistakes of `flash_attention`, each written as another learner would: the diagnosis must name them too."""

import math

import torch
import torch.nn.functional as F


def tiles(S, block_size):
    return [slice(i, min(i + block_size, S)) for i in range(0, S, block_size)]


def online(Q, K, V, block_size, scale=None, merge=None, start=-1e9, rows=None, of_scores=lambda s: s):
    """All queries at once. `merge(m, l, acc, s, v)` takes in one tile of scores."""
    scale = Q.shape[-1] ** -0.5 if scale is None else scale
    m = Q.new_full((*Q.shape[:2], 1), start)
    l, acc = torch.zeros_like(m), torch.zeros_like(Q)
    for part in rows or tiles(K.shape[1], block_size):
        s = of_scores(torch.einsum("bid,bjd->bij", Q, K[:, part]) * scale)
        m, l, acc = (merge or right)(m, l, acc, s, V[:, part])
    return acc / l


def right(m, l, acc, s, v, keep_l=True, keep_acc=True, factor=None, new=None):
    m_new = torch.maximum(m, s.max(dim=-1, keepdim=True).values) if new is None else new
    factor = torch.exp(m - m_new) if factor is None else factor
    p = torch.exp(s - m_new)
    l = (l * factor if keep_l else l) + p.sum(-1, keepdim=True)
    return m_new, l, (acc * factor if keep_acc else acc) + torch.bmm(p, v)


def no_scaling(Q, K, V, block_size=32):
    return online(Q, K, V, block_size, scale=1.0)


def divided_by_d(Q, K, V, block_size=32):
    return online(Q, K, V, block_size, scale=1 / Q.size(2))


def scaled_by_length(Q, K, V, block_size=32):
    return online(Q, K, V, block_size, scale=Q.size(1) ** -0.5)


def accumulator_not_rescaled(Q, K, V, block_size=32):
    return online(Q, K, V, block_size, merge=lambda *a: right(*a, keep_acc=False))


def sum_not_rescaled(Q, K, V, block_size=32):
    return online(Q, K, V, block_size, merge=lambda *a: right(*a, keep_l=False))


def nothing_rescaled(Q, K, V, block_size=32):
    return online(Q, K, V, block_size, merge=lambda *a: right(*a, keep_l=False, keep_acc=False))


def correction_inverted(Q, K, V, block_size=32):
    out = []
    for rows in tiles(Q.size(1), block_size):
        m = None
        for part in tiles(K.size(1), block_size):
            s = torch.bmm(Q[:, rows], K[:, part].mT) / Q.size(2) ** 0.5
            top = s.amax(-1, keepdim=True)
            if m is None:
                m = top
                l, acc = torch.exp(s - m).sum(-1, keepdim=True), torch.bmm(torch.exp(s - m), V[:, part])
                continue
            m_new = torch.maximum(m, top)
            p, factor = torch.exp(s - m_new), torch.exp(m_new - m)
            m, l, acc = m_new, l * factor + p.sum(-1, keepdim=True), acc * factor + torch.bmm(p, V[:, part])
        out.append(acc / l)
    return torch.cat(out, 1)


def no_maximum(Q, K, V, block_size=32):
    num, den = torch.zeros_like(Q), Q.new_zeros(Q.shape[0], Q.shape[1], 1)
    for part in tiles(K.shape[1], block_size):
        e = torch.exp(torch.bmm(Q, K[:, part].mT) / math.sqrt(Q.size(2)))
        num, den = num + torch.bmm(e, V[:, part]), den + e.sum(2, keepdim=True)
    return num / den


def maximum_of_tile_only(Q, K, V, block_size=32):
    return online(
        Q, K, V, block_size, start=-math.inf, merge=lambda m, l, a, s, v: right(m, l, a, s, v, new=s.amax(-1, True))
    )


def maximum_starts_at_zero(Q, K, V, block_size=32):
    return online(Q, K, V, block_size, start=0.0)


def one_maximum_for_all(Q, K, V, block_size=32):
    out = []
    for rows in tiles(Q.size(1), block_size):
        q = Q[:, rows]
        m = torch.tensor(-math.inf)
        l, acc = q.new_zeros(q.shape[0], q.shape[1]), torch.zeros_like(q)
        for part in tiles(K.size(1), block_size):
            s = q @ K[:, part].mT / Q.size(2) ** 0.5
            m_new = torch.maximum(m, s.max())
            p, factor = torch.exp(s - m_new), torch.exp(m - m_new)
            m, l, acc = m_new, l * factor + p.sum(-1), acc * factor + p @ V[:, part]
        out.append(acc / l[..., None])
    return torch.cat(out, 1)


def correction_detached(Q, K, V, block_size=32):
    def merge(m, l, acc, s, v):
        m_new = torch.maximum(m, s.amax(-1, keepdim=True))
        with torch.no_grad():
            factor = torch.exp(m - m_new)
        return right(m, l, acc, s, v, factor=factor, new=m_new)

    return online(Q, K, V, block_size, merge=merge)


def keys_and_values_detached(Q, K, V, block_size=32):
    return online(Q, K.data, V.data, block_size)


@torch.no_grad()
def everything_detached(Q, K, V, block_size=32):
    return online(Q, K, V, block_size)


def block_size_ignored(Q, K, V, block_size=32):
    return online(Q, K, V, 32)


def last_block_lost(Q, K, V, block_size=32):
    n = max(K.shape[1] // block_size, 1)
    return online(Q, K, V, block_size, rows=[slice(i * block_size, (i + 1) * block_size) for i in range(n)])


def padding_counted(Q, K, V, block_size=32):
    S = K.shape[1]
    more = math.ceil(S / block_size) * block_size - S
    zeros = K.new_zeros(K.shape[0], more, K.shape[2])
    return online(Q, torch.cat([K, zeros], 1), torch.cat([V, zeros], 1), block_size)


def divided_per_tile(Q, K, V, block_size=32):
    out = torch.zeros_like(Q)
    for part in tiles(K.shape[1], block_size):
        out = out + F.softmax(torch.bmm(Q, K[:, part].mT) / math.sqrt(Q.size(2)), dim=-1) @ V[:, part]
    return out


def never_divided(Q, K, V, block_size=32):
    m, acc = Q.new_full((*Q.shape[:2], 1), -1e9), torch.zeros_like(Q)
    for part in tiles(K.shape[1], block_size):
        m, _, acc = right(m, torch.zeros_like(m), acc, Q @ K[:, part].mT / math.sqrt(Q.size(2)), V[:, part])
    return acc


def own_block_only(Q, K, V, block_size=32):
    def one(part):
        return F.softmax(Q[:, part] @ K[:, part].mT / math.sqrt(Q.size(2)), -1) @ V[:, part]

    return torch.cat([one(part) for part in tiles(Q.size(1), block_size)], dim=1)


def causal(Q, K, V, block_size=32):
    out = []
    for rows in tiles(Q.size(1), block_size):
        m, acc = Q.new_full((len(Q), Q[:, rows].size(1), 1), -1e9), torch.zeros_like(Q[:, rows])
        l = torch.zeros_like(m)
        for part in tiles(K.size(1), block_size):
            s = Q[:, rows] @ K[:, part].mT / math.sqrt(Q.size(2))
            i, j = torch.arange(Q.size(1))[rows], torch.arange(K.size(1))[part]
            m, l, acc = right(m, l, acc, torch.where(j <= i[:, None], s, float("-inf")), V[:, part])
        out.append(acc / l)
    return torch.cat(out, dim=1)


def plain_attention(Q, K, V, block_size=32):
    return torch.stack([F.softmax(q @ k.T / math.sqrt(Q.size(2)), -1) @ v for q, k, v in zip(Q, K, V, strict=True)])


def scores_first(Q, K, V, block_size=32):
    scores = torch.einsum("bid,bjd->bij", Q, K) / math.sqrt(Q.size(2))
    m, acc = scores.amax(-1, keepdim=True), torch.zeros_like(Q)
    l = torch.zeros_like(m)
    for part in tiles(Q.size(1), block_size):
        m, l, acc = right(m, l, acc, scores[:, :, part], V[:, part])
    return acc / l


def blocks_rounded_down(Q, K, V, block_size=32):
    S = K.shape[1]
    count = S // block_size or 1
    size = (S + count - 1) // count
    return online(Q, K, V, block_size, rows=tiles(S, size))


def squeezed(Q, K, V, block_size=32):
    return torch.squeeze(online(Q, K, V, block_size))


SECOND_WAY = {
    solution.__name__: solution
    for solution in (
        no_scaling, divided_by_d, scaled_by_length, accumulator_not_rescaled, sum_not_rescaled, nothing_rescaled,
        correction_inverted, no_maximum, maximum_of_tile_only, maximum_starts_at_zero, one_maximum_for_all,
        correction_detached, keys_and_values_detached, everything_detached, block_size_ignored, last_block_lost,
        padding_counted, divided_per_tile, never_divided, own_block_only, causal, plain_attention, scores_first,
        blocks_rounded_down, squeezed,
    )
}  # fmt: skip
