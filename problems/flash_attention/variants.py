import math

import torch
import torch.nn.functional as F

from torch_judge.authoring import accepted, mistake


def plain(Q, K, V):
    return torch.softmax(Q @ K.transpose(1, 2) / math.sqrt(Q.shape[-1]), dim=-1) @ V


@accepted
def ranges_and_slices(Q: torch.Tensor, K: torch.Tensor, V: torch.Tensor, block_size: int = 32) -> torch.Tensor:
    B, S, D = Q.shape
    assert K.shape == V.shape == (B, S, D)
    out = torch.zeros(B, S, D, device=Q.device)
    scale = 1 / math.sqrt(D)
    for i in range(0, S, block_size):
        q = Q[:, i : i + block_size, :]
        m = torch.full((B, q.size(1)), float("-inf"), device=Q.device)
        l = torch.zeros(B, q.size(1), device=Q.device)
        acc = torch.zeros_like(q)
        for j in range(0, S, block_size):
            s = torch.bmm(q, K[:, j : j + block_size].transpose(1, 2)) * scale
            m_new = torch.max(m, s.max(dim=-1).values)
            p = torch.exp(s - m_new.unsqueeze(-1))
            alpha = torch.exp(m - m_new)
            l = l * alpha + p.sum(dim=-1)
            acc = acc * alpha.unsqueeze(-1) + torch.bmm(p, V[:, j : j + block_size])
            m = m_new
        out[:, i : i + block_size] = acc / l.unsqueeze(-1)
    return out


@accepted
def keys_and_values_only(Q, K, V, block_size=32):
    """All queries at once, a finite start, maxima taken as constants."""
    m = Q.new_full(Q.shape[:2], -1e9)
    den, num = torch.zeros_like(m), torch.zeros_like(Q)
    for start in range(0, K.shape[1], block_size):
        k, v = K[:, start : start + block_size], V[:, start : start + block_size]
        s = torch.einsum("bid,bjd->bij", Q, k) / Q.shape[-1] ** 0.5
        new = torch.maximum(m, s.detach().amax(-1))
        p, factor = (s - new[..., None]).exp(), (m - new).exp()
        den = den * factor + p.sum(-1)
        num = num * factor[..., None] + p @ v
        m = new
    return num / den[..., None]


@accepted
def queries_only(Q, K, V, block_size=32):
    """Blocks of queries against all keys: block × S, with an ordinary softmax."""
    return torch.cat([plain(q, K, V) for q in torch.split(Q, block_size, dim=1)], dim=1)


@accepted
def merged_by_logsumexp(Q, K, V, block_size=32):
    Q = Q * Q.shape[-1] ** -0.5
    out, lse = None, None
    for k, v in zip(K.split(block_size, 1), V.split(block_size, 1), strict=True):
        s = Q @ k.mT
        tile_lse = torch.logsumexp(s, dim=-1, keepdim=True)
        tile = s.softmax(dim=-1) @ v
        if out is None:
            out, lse = tile, tile_lse
            continue
        both = torch.logaddexp(lse, tile_lse)
        out = out * torch.exp(lse - both) + tile * torch.exp(tile_lse - both)
        lse = both
    return out


@accepted
def padded_with_masked_scores(Q, K, V, block_size=32):
    B, S, D = Q.shape
    blocks = math.ceil(S / block_size)
    pad = blocks * block_size - S
    q, k, v = (F.pad(x, (0, 0, 0, pad)).reshape(B, blocks, block_size, D) for x in (Q, K, V))
    real = (torch.arange(blocks * block_size, device=Q.device) < S).view(blocks, block_size)
    rows = []
    for i in range(blocks):
        m = torch.full((B, block_size, 1), -torch.inf, device=Q.device)
        l, o = torch.zeros(B, block_size, 1, device=Q.device), torch.zeros(B, block_size, D, device=Q.device)
        for j in range(blocks):
            s = (q[:, i] @ k[:, j].transpose(-1, -2) / math.sqrt(D)).masked_fill(~real[j], -torch.inf)
            m_new = torch.maximum(m, s.max(-1, keepdim=True)[0])
            p = torch.exp(s - m_new)
            scale = torch.exp(m - m_new)
            l, o, m = l * scale + p.sum(-1, keepdim=True), o * scale + p @ v[:, j], m_new
        rows.append(o / l)
    return torch.stack(rows, dim=1).reshape(B, -1, D)[:, :S]


@accepted
def one_batch_element_at_a_time(Q, K, V, block_size=32):
    """Tiles of a single batch element, the values normalised after every tile instead of once at the end."""

    def attend(q, keys, values):
        out = torch.zeros_like(q)
        m, total = torch.full((len(q),), -math.inf, device=q.device), torch.zeros(len(q), device=q.device)
        for j in range(-(-len(keys) // block_size)):
            part = slice(j * block_size, (j + 1) * block_size)
            s = q @ keys[part].T / math.sqrt(q.shape[1])
            m_new = torch.where(s.amax(1) > m, s.amax(1), m)
            p = torch.exp(s - m_new[:, None])
            kept = torch.exp(m - m_new) * total
            m, total = m_new, kept + p.sum(1)
            out = (out * kept[:, None] + p @ values[part]) / total[:, None]
        return out

    result = []
    for b in range(Q.shape[0]):
        result.append(torch.cat([attend(q, K[b], V[b]) for q in Q[b].split(block_size)]))
    return torch.stack(result)


@accepted
def two_passes(Q, K, V, block_size=32):
    """First the maximum of every row, then the sums: no correction is needed."""
    n = -(-Q.size(1) // block_size)

    def scores(q, j):
        return torch.matmul(q, K[:, j * block_size : (j + 1) * block_size].transpose(1, 2)) / Q.size(-1) ** 0.5

    out = torch.empty_like(Q)
    for i in range(n):
        rows = slice(i * block_size, (i + 1) * block_size)
        q = Q[:, rows]
        top = torch.stack([scores(q, j).amax(-1) for j in range(n)]).amax(0).unsqueeze(-1)
        exps = [torch.exp(scores(q, j) - top) for j in range(n)]
        total = sum(e.sum(-1, keepdim=True) for e in exps)
        out[:, rows] = sum(e / total @ V[:, j * block_size : (j + 1) * block_size] for j, e in enumerate(exps))
    return out


@accepted
def all_query_blocks_at_once(Q, K, V, block_size=32):
    """In place on tensors of its own: the factor times the buffers, under plain autograd."""
    B, S, D = Q.shape
    flat = Q.reshape(B, S, D).mul(1 / math.sqrt(D))
    peak = flat.new_full((B, S, 1), torch.finfo(Q.dtype).min)
    sums = torch.cat([torch.zeros_like(Q), torch.zeros_like(peak)], dim=-1)
    ones = torch.ones_like(peak)
    values = torch.cat([V, ones], dim=-1)  # a column of ones gathers the denominator
    for start in range(0, S, min(block_size, S)):
        stop = min(start + block_size, S)
        tile = flat.matmul(K[:, start:stop].permute(0, 2, 1))
        higher = torch.maximum(peak, tile.amax(2, True))
        sums = sums.mul((peak - higher).exp()).add_((tile - higher).exp_() @ values[:, start:stop])
        peak = higher
    return sums[..., :D] / sums[..., D:]


@accepted
def rescaled_in_place(Q, K, V, block_size=32):
    m = torch.full_like(Q[..., :1], -math.inf)
    total, out = torch.zeros_like(m), torch.zeros_like(Q)
    for k, v in zip(K.split(block_size, 1), V.split(block_size, 1), strict=True):
        s = Q @ k.mT / math.sqrt(Q.shape[-1])
        m_new = torch.maximum(m, s.amax(-1, keepdim=True))
        shrink, p = torch.exp(m - m_new), torch.exp(s - m_new)
        total *= shrink
        total += p.sum(-1, keepdim=True)
        out *= shrink
        out += p @ v
        m = m_new
    return out / total


class _Tiled(torch.autograd.Function):
    """A backward pass of its own, which recomputes the tiles from the row's log-sum-exp."""

    @staticmethod
    def forward(ctx, Q, K, V, block_size):
        m = torch.full((*Q.shape[:2], 1), -math.inf, device=Q.device)
        total, out = torch.zeros_like(m), torch.zeros_like(Q)
        for k, v in zip(K.split(block_size, 1), V.split(block_size, 1), strict=True):
            s = Q @ k.mT / math.sqrt(Q.shape[-1])
            m_new = torch.maximum(m, s.amax(-1, keepdim=True))
            p = torch.exp(s - m_new)
            total.mul_(torch.exp(m - m_new)).add_(p.sum(-1, keepdim=True))
            out.mul_(torch.exp(m - m_new)).add_(p @ v)
            m = m_new
        out.div_(total)
        ctx.save_for_backward(Q, K, V, out, m + total.log())
        ctx.block_size = block_size
        return out

    @staticmethod
    def backward(ctx, grad):
        Q, K, V, out, lse = ctx.saved_tensors
        scale = 1 / math.sqrt(Q.shape[-1])
        delta = (grad * out).sum(-1, keepdim=True)
        dQ, dK, dV = torch.zeros_like(Q), [], []
        for k, v in zip(K.split(ctx.block_size, 1), V.split(ctx.block_size, 1), strict=True):
            p = torch.exp(Q @ k.mT * scale - lse)
            ds = p * (grad @ v.mT - delta) * scale
            dQ += ds @ k
            dK.append(ds.mT @ Q)
            dV.append(p.mT @ grad)
        return dQ, torch.cat(dK, 1), torch.cat(dV, 1), None


@accepted
def own_backward(Q, K, V, block_size=32):
    return _Tiled.apply(Q, K, V, block_size)


@mistake(
    "You compute plain attention, with all S × S scores at once. "
    "Work on one tile of at most `block_size` rows at a time."
)
def plain_attention(Q, K, V, block_size=32):
    return plain(Q, K, V)


@mistake(
    "A tensor of S × S elements comes into being: all scores at once, or a mask for them. "
    "Compute each tile, and what belongs to it, when you need it."
)
def scores_first(Q, K, V, block_size=32):
    scores = Q @ K.transpose(1, 2) / math.sqrt(Q.shape[-1])
    m = torch.full_like(scores[..., :1], -math.inf)
    total, out = torch.zeros_like(m), torch.zeros_like(Q)
    for s, v in zip(scores.split(block_size, dim=-1), V.split(block_size, dim=1), strict=True):
        m_new = torch.maximum(m, s.amax(-1, keepdim=True))
        p, shrink = torch.exp(s - m_new), torch.exp(m - m_new)
        m, total, out = m_new, shrink * total + p.sum(-1, keepdim=True), shrink * out + p @ v
    return out / total


@mistake(
    "You round S / block_size down, so there are too few blocks and each is larger than `block_size` (31 positions make one "
    "block of 31 instead of 16 + 15). Cut by size, `Q.split(block_size, dim=1)`, or round up."
)
def blocks_rounded_down(Q, K, V, block_size=32):
    blocks = max(1, Q.shape[1] // block_size)
    scale = Q.shape[-1] ** -0.5
    return torch.cat([torch.softmax(q @ K.mT * scale, dim=-1) @ V for q in Q.chunk(blocks, dim=1)], dim=1)
