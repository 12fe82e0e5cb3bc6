import math

import torch
import torch.nn.functional as F

from torch_judge.authoring import accepted, mistake


@accepted
def bmm_and_a_mask_of_ones(Q: torch.Tensor, K: torch.Tensor, V: torch.Tensor) -> torch.Tensor:
    B, S, d = Q.size()
    assert K.shape == (B, S, d) and V.shape[:2] == (B, S)
    mask = torch.tril(torch.ones(S, S, device=Q.device)).view(1, S, S)
    att = torch.bmm(Q, K.permute(0, 2, 1)) * (1.0 / math.sqrt(d))
    att = att.masked_fill(mask == 0, float("-inf"))
    att = F.softmax(att, dim=-1)
    print("attention", att.shape)
    return torch.bmm(att, V)


@accepted
def a_bias_of_minus_infinity(Q, K, V):
    """The mask is added, as a triangle of -inf over zeros, before the scale is applied."""
    S = Q.shape[1]
    bias = torch.triu(torch.full((S, S), -torch.inf, device=Q.device), 1)
    return ((torch.einsum("bid,bjd->bij", Q, K) + bias) / K.shape[-1] ** 0.5).softmax(2) @ V


@accepted
def positions_compared_and_a_huge_fill(Q, K, V):
    at = torch.arange(Q.shape[-2], device=Q.device)
    scores = torch.matmul(Q, K.mT).div_(math.sqrt(K.size(-1)))
    scores[:, at[:, None] < at] = -1e9
    scores = scores - scores.max(-1, keepdim=True).values
    e = scores.exp()
    return e.div(e.sum(-1, keepdim=True)).matmul(V)


@accepted
def one_prefix_at_a_time(Q, K, V):
    rows = []
    for i in range(Q.shape[1]):
        scores = (Q[:, i : i + 1] * K[:, : i + 1]).sum(dim=-1) / math.sqrt(Q.shape[-1])
        weights = torch.softmax(scores, dim=-1)
        rows.append((weights.unsqueeze(-1) * V[:, : i + 1]).sum(dim=1))
    return torch.stack(rows, dim=1)


@accepted
def scalar_loops(Q, K, V):
    out = torch.zeros(V.shape, device=V.device)
    for b in range(Q.shape[0]):
        for i in range(Q.shape[1]):
            scores = torch.stack([Q[b, i].dot(K[b, j]) for j in range(i + 1)]) / Q.shape[-1] ** 0.5
            out[b, i] = sum(w * v for w, v in zip(torch.softmax(scores, 0), V[b], strict=False))
    return out


@accepted
def logsumexp_of_the_visible(Q, K, V):
    scores = Q @ K.transpose(1, 2) / math.sqrt(Q.shape[-1])
    seen = torch.ones(scores.shape[-2:], dtype=torch.bool, device=Q.device).tril()
    scores = torch.where(seen, scores, torch.finfo(scores.dtype).min)
    return torch.exp(scores - torch.logsumexp(scores, dim=-1, keepdim=True)) @ V


@accepted
def divides_after_a_masked_exponential(Q, K, V):
    """The maximum of the visible scores, taken as constant; hidden exponentials are removed, the sum divides last."""
    scores = (Q * Q.shape[-1] ** -0.25) @ (K * Q.shape[-1] ** -0.25).mT
    visible = torch.ones_like(scores).tril() > 0
    peak = scores.detach().masked_fill(~visible, -math.inf).amax(-1, keepdim=True)
    e = torch.exp((scores - peak).masked_fill(~visible, -math.inf))
    return (e @ V) / e.sum(dim=-1, keepdim=True)


@accepted
def running_softmax(Q, K, V):
    """Key after key, with a running maximum, as in flash attention."""
    S = K.shape[1]
    m = torch.full((*Q.shape[:2], 1), -1e30, device=Q.device)
    total, out = torch.zeros_like(m), torch.zeros_like(V)
    for j in range(S):
        s = Q @ K[:, j].unsqueeze(-1) / math.sqrt(Q.shape[-1])
        s = torch.cat([torch.full_like(s[:, :j], -math.inf), s[:, j:]], dim=1)
        higher = torch.maximum(m, s)
        e, shrink = torch.exp(s - higher), torch.exp(m - higher)
        m, total, out = higher, total * shrink + e, out * shrink + e * V[:, j : j + 1]
    return out / total


class _Mask:
    tables = {}

    @classmethod
    def of(cls, S):
        """Masks are made once per length and kept."""
        if S not in cls.tables:
            cls.tables[S] = torch.tensor([[j > i for j in range(S)] for i in range(S)])
        return cls.tables[S]


@accepted
def a_table_of_masks(Q, K, V):
    scores = torch.stack([q @ k.T for q, k in zip(Q, K, strict=True)]) / math.sqrt(Q.shape[2])
    scores = scores.masked_fill_(_Mask.of(Q.shape[1]).to(Q.device), -math.inf)
    return torch.nn.Softmax(dim=2)(scores) @ V


@mistake(
    "You clip the scores to keep `exp` from overflowing, so different large scores become equal. "
    "Subtract each row's maximum instead, or use `torch.softmax`."
)
def clipped_scores(Q, K, V):
    scores = (Q @ K.mT / math.sqrt(Q.shape[-1])).clamp(-80, 80)
    return scores.masked_fill(torch.ones_like(scores, dtype=torch.bool).triu(1), -math.inf).softmax(-1) @ V


@mistake("Only the first batch element is computed; the others repeat it. Keep the batch axis in every product.")
def first_batch_element(Q, K, V):
    scores = Q[0] @ K[0].T / math.sqrt(Q.shape[-1])
    scores = scores.masked_fill(torch.ones_like(scores, dtype=torch.bool).triu(1), -math.inf)
    return (scores.softmax(-1) @ V[0]).expand(len(Q), -1, -1)


@mistake("You average the values seen so far, all with the same weight. Weigh them by the scores of queries and keys.")
def running_mean(Q, K, V):
    seen = torch.ones(Q.shape[1], Q.shape[1], device=Q.device).tril()
    return (seen / seen.sum(-1, keepdim=True)) @ V


@accepted
def mask_of_minus_ten_thousand_before_the_scale(Q, K, V):
    hidden = torch.ones(Q.shape[1], K.shape[1], device=Q.device).triu(1)
    scores = (Q @ K.mT).masked_fill(hidden.bool(), -1e4) / Q.shape[-1] ** 0.5
    return scores.softmax(-1) @ V


@accepted
def mask_of_minus_ten_thousand_added(Q, K, V):
    hidden = torch.ones(Q.shape[1], K.shape[1], device=Q.device).triu(1)
    return (Q @ K.mT / Q.shape[-1] ** 0.5 - 1e4 * hidden).softmax(-1) @ V
