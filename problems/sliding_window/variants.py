import math

import torch
import torch.nn.functional as F

from torch_judge.authoring import accepted, mistake


@accepted
def slices_of_keys(Q: torch.Tensor, K: torch.Tensor, V: torch.Tensor, window_size: int) -> torch.Tensor:
    B, S, d = Q.shape
    assert K.shape == Q.shape and window_size >= 0
    out = torch.zeros(B, S, V.shape[2], device=Q.device)
    for i in range(S):
        lo, hi = max(0, i - window_size), min(S, i + window_size + 1)
        scores = torch.bmm(Q[:, i : i + 1], K[:, lo:hi].transpose(1, 2)) / math.sqrt(d)
        out[:, i : i + 1] = torch.bmm(F.softmax(scores, dim=-1), V[:, lo:hi])
    print("window", window_size, "of", S)
    return out


@accepted
def unfolded_band(Q, K, V, window_size):
    """Padded, and cut into one window per query; the padding is masked."""
    S, w = Q.size(1), window_size
    windows = [F.pad(x, (0, 0, w, w)).unfold(1, 2 * w + 1, 1) for x in (K, V)]
    scores = torch.einsum("bsd,bsdn->bsn", Q, windows[0]) / math.sqrt(Q.size(-1))
    real = F.pad(torch.ones(S, device=Q.device), (w, w)).unfold(0, 2 * w + 1, 1).bool()
    weights = scores.masked_fill(~real, float("-inf")).softmax(dim=-1)
    return torch.einsum("bsn,bsvn->bsv", weights, windows[1])


@accepted
def gathered_band(Q, K, V, window_size):
    S = Q.shape[1]
    w = min(window_size, S - 1)
    index = torch.arange(S, device=Q.device)[:, None] + torch.arange(-w, w + 1, device=Q.device)
    valid = (index >= 0) & (index < S)
    index = index.clamp(0, S - 1)
    scores = (Q.unsqueeze(2) * K[:, index]).sum(-1) * Q.shape[-1] ** -0.5
    scores = torch.where(valid, scores, torch.tensor(-1e9, device=Q.device))
    return (torch.softmax(scores, dim=-1).unsqueeze(-1) * V[:, index]).sum(dim=2)


@accepted
def tril_of_triu(Q, K, V, window_size):
    ones = torch.ones(Q.shape[1], Q.shape[1], device=Q.device)
    band = torch.triu(torch.tril(ones, window_size), -window_size)
    scores = torch.bmm(Q, K.permute(0, 2, 1)) / K.shape[2] ** 0.5
    scores = scores.masked_fill(band == 0, -torch.inf)
    e = torch.exp(scores - scores.amax(dim=-1, keepdim=True))
    return (e @ V) / e.sum(dim=-1, keepdim=True)


@accepted
def a_bias_and_logsumexp(Q, K, V, window_size):
    S = Q.shape[1]
    bias = torch.zeros(S, S, device=Q.device)
    for i in range(S):
        for j in range(S):
            if not i - window_size <= j <= i + window_size:
                bias[i, j] = -math.inf
    scores = Q @ K.mT / math.sqrt(Q.shape[-1]) + bias[None]
    return torch.matmul(torch.exp(scores - torch.logsumexp(scores, -1, keepdim=True)), V)


@accepted
def diagonal_by_diagonal(Q, K, V, window_size):
    """One column of the band per offset; offsets that leave the sequence are skipped."""
    S, columns = Q.shape[1], []
    offsets = range(-min(window_size, S - 1), min(window_size, S - 1) + 1)
    for o in offsets:
        lo, hi = max(0, -o), min(S, S - o)
        product = (Q[:, lo:hi] * K[:, lo + o : hi + o]).sum(-1) / math.sqrt(Q.shape[-1])
        columns.append(F.pad(product, (lo, S - hi), value=-math.inf))
    weights = torch.stack(columns, dim=-1).softmax(dim=-1)
    out = torch.zeros_like(V)
    for n, o in enumerate(offsets):
        lo, hi = max(0, -o), min(S, S - o)
        out[:, lo:hi] += weights[:, lo:hi, n, None] * V[:, lo + o : hi + o]
    return out


@accepted
def shortcuts_at_both_ends(Q, K, V, window_size):
    """Window 0 returns V as it is; a window over everything needs no mask."""
    if window_size == 0:
        return V
    S, d = Q.shape[-2:]
    scores = torch.matmul(Q / math.sqrt(d), K.transpose(-2, -1))
    if window_size < S - 1:
        i = torch.arange(S, device=Q.device).view(S, 1).repeat(1, S)
        scores[:, (i - i.T).abs().gt(window_size)] = torch.finfo(scores.dtype).min
    return scores.softmax(-1) @ V


@accepted
def scalar_loops(Q, K, V, window_size):
    rows = []
    for q, k, v in zip(Q, K, V, strict=True):
        for i in range(len(q)):
            near = [j for j in range(len(q)) if abs(i - j) <= window_size]
            scores = torch.stack([torch.dot(q[i], k[j]) for j in near]) / q.shape[-1] ** 0.5
            weights = (scores - max(scores.tolist())).exp()
            rows.append(sum(weights[n] * v[j] for n, j in enumerate(near)) / weights.sum())
    return torch.stack(rows).view_as(V)


@mistake(
    "Near the start your slice begins at a negative index, which counts from the end of the sequence: the window comes "
    "out empty. Start it at `max(0, i - window_size)`."
)
def negative_start(Q, K, V, window_size):
    out = torch.zeros_like(V)
    for i in range(Q.shape[1]):
        k, v = (x[:, i - window_size : i + window_size + 1] for x in (K, V))
        out[:, i : i + 1] = torch.softmax(Q[:, i : i + 1] @ k.mT / math.sqrt(Q.shape[-1]), dim=-1) @ v
    return out


@mistake(
    "You clip the scores to keep `exp` from overflowing, so different large scores become equal. "
    "Subtract each row's maximum instead, or use `torch.softmax`."
)
def clipped_scores(Q, K, V, window_size):
    scores = (Q @ K.mT / math.sqrt(Q.shape[-1])).clamp(-80, 80)
    at = torch.arange(Q.shape[1], device=Q.device)
    return scores.masked_fill((at[:, None] - at).abs() > window_size, -math.inf).softmax(-1) @ V


@mistake("Only the first batch element is computed; the others repeat it. Keep the batch axis in every product.")
def first_batch_element(Q, K, V, window_size):
    at = torch.arange(Q.shape[1], device=Q.device)
    scores = Q[0] @ K[0].T / math.sqrt(Q.shape[-1])
    scores = scores.masked_fill((at[:, None] - at).abs() > window_size, -math.inf)
    return (scores.softmax(-1) @ V[0]).expand(len(Q), -1, -1)


@accepted
def mask_of_minus_ten_thousand_added(Q, K, V, window_size):
    at = torch.arange(Q.shape[1], device=Q.device)
    hidden = ((at[:, None] - at).abs() > window_size).float()
    return (Q @ K.mT / Q.shape[-1] ** 0.5 - 1e4 * hidden).softmax(-1) @ V
