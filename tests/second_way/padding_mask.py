"""The mistakes of `padding_mask` as another learner would write them."""

import torch
import torch.nn.functional as F

INF = float("inf")


def _scores(q, k, scale=None):
    return torch.einsum("bhid,bhjd->bhij", q, k) * (k.shape[-1] ** -0.5 if scale is None else scale)


def _real(k, lengths, more=0):
    """Which keys are real: (B, 1, 1, Tk)."""
    return (torch.arange(k.size(2)) < (lengths + more).unsqueeze(1)).view(len(lengths), 1, 1, -1)


def _past(k, more=0):
    """Which keys are not later than a query: (Tk, Tk)."""
    return torch.ones(k.size(2), k.size(2)).tril(more) > 0


def _seen(k, lengths, causal, more=0):
    seen = _real(k, lengths, more)
    return seen & _past(k) if causal else seen


def _mix(scores, seen, v):
    """A clean attention over what is ``seen``."""
    scores = torch.where(seen, scores, torch.tensor(-INF, dtype=scores.dtype))
    return torch.where(seen, F.softmax(scores, -1), torch.zeros_like(scores)) @ v


def no_padding_mask(q, k, v, lengths, causal=False):
    return _mix(_scores(q, k), _seen(k, torch.full_like(lengths, k.shape[2]), causal), v)


def masked_after_softmax(q, k, v, lengths, causal=False):
    return (_scores(q, k).softmax(-1) * _seen(k, lengths, causal)) @ v


def renormalised_after_softmax(q, k, v, lengths, causal=False):
    seen = _seen(k, lengths, causal)
    weights = _scores(q, k).softmax(-1) * seen
    total = torch.where(seen.any(-1, keepdim=True), weights.sum(-1, keepdim=True), torch.ones((), dtype=q.dtype))
    return (weights / total) @ v


def nan_rows(q, k, v, lengths, causal=False):
    scores = torch.where(_seen(k, lengths, causal), _scores(q, k), torch.tensor(-INF, dtype=q.dtype))
    return torch.einsum("bhij,bhjv->bhiv", F.softmax(scores, -1), v)


def nan_gradient(q, k, v, lengths, causal=False):
    seen = _seen(k, lengths, causal)
    bias = torch.where(seen, 0.0, -INF).to(q.dtype)
    return torch.where(seen, (_scores(q, k) + bias).softmax(-1), torch.zeros((), dtype=q.dtype)) @ v


def minus_1e9(q, k, v, lengths, causal=False):
    return _scores(q, k).masked_fill(_seen(k, lengths, causal) == 0, -1e9).softmax(dim=3) @ v


def minus_1e9_too_large(q, k, v, lengths, causal=False):
    seen = _seen(k, lengths, causal)
    out = _scores(q, k).masked_fill(~seen, -1e9).softmax(dim=3) @ v
    return out.masked_fill(~seen.any(-1, keepdim=True), 0)


def _filled(q, k, v, lengths, causal, filler):
    seen = _seen(k, lengths, causal)
    out = F.softmax(torch.where(seen, _scores(q, k), torch.tensor(filler, dtype=q.dtype)), -1) @ v
    return out.masked_fill(~seen.any(-1, keepdim=True), 0)


def empty_rows_average(q, k, v, lengths, causal=False):
    low = torch.tensor(-1e4, dtype=q.dtype)
    return F.softmax(torch.where(_seen(k, lengths, causal), _scores(q, k), low), -1) @ v


def minus_100(q, k, v, lengths, causal=False):
    return _filled(q, k, v, lengths, causal, -100.0)


def minus_1000(q, k, v, lengths, causal=False):
    return _filled(q, k, v, lengths, causal, -1000.0)


def _added(q, k, v, lengths, causal, bias):
    seen = _seen(k, lengths, causal)
    return F.softmax(_scores(q, k) + (1 - seen.to(q.dtype)) * bias, -1) @ v * seen.any(-1, keepdim=True)


def minus_1000_added(q, k, v, lengths, causal=False):
    return _added(q, k, v, lengths, causal, -1e3)


def minus_10000_added(q, k, v, lengths, causal=False):
    return _added(q, k, v, lengths, causal, -1e4)


def zero_scores(q, k, v, lengths, causal=False):
    return _filled(q, k, v, lengths, causal, 0.0)


def masks_queries(q, k, v, lengths, causal=False):
    seen = (torch.arange(q.size(2)) < lengths.unsqueeze(1)).view(len(lengths), 1, -1, 1)
    seen = seen & (_past(k) if causal else torch.ones(k.size(2), dtype=torch.bool))
    return _mix(_scores(q, k), seen, v)


def masks_queries_too(q, k, v, lengths, causal=False):
    real = torch.arange(q.size(2)) < lengths.unsqueeze(1)
    return _mix(_scores(q, k), _seen(k, lengths, causal), v) * real[:, None, :, None]


def mask_on_the_heads(q, k, v, lengths, causal=False):
    seen = torch.arange(k.size(2)) < lengths.view(-1, 1, 1)
    return _mix(_scores(q, k), seen & _past(k) if causal else seen, v)


def one_length_for_all(q, k, v, lengths, causal=False):
    return _mix(_scores(q, k), _seen(k, torch.full_like(lengths, max(lengths.tolist())), causal), v)


def one_key_too_many(q, k, v, lengths, causal=False):
    return _mix(_scores(q, k), _seen(k, lengths, causal, more=1), v)


def one_key_too_few(q, k, v, lengths, causal=False):
    return _mix(_scores(q, k), _seen(k, lengths, causal, more=-1), v)


def mask_inverted(q, k, v, lengths, causal=False):
    seen = ~_real(k, lengths)
    return _mix(_scores(q, k), seen & _past(k) if causal else seen, v)


def causal_alone(q, k, v, lengths, causal=False):
    return _mix(_scores(q, k), _past(k) if causal else _real(k, lengths), v)


def empty_rows_see_themselves(q, k, v, lengths, causal=False):
    seen = _seen(k, lengths, causal)
    if causal:
        seen = seen | torch.eye(k.size(2), dtype=torch.bool)
    return _mix(_scores(q, k), seen, v)


def joined_by_and(q, k, v, lengths, causal=False):
    seen = _real(k, lengths)
    return _mix(_scores(q, k), seen | _past(k) if causal else seen, v)


def causal_ignored(q, k, v, lengths, causal=False):
    return _mix(_scores(q, k), _real(k, lengths), v)


def always_causal(q, k, v, lengths, causal=False):
    return _mix(_scores(q, k), _seen(k, lengths, q.size(2) == k.size(2)), v)


def hides_itself(q, k, v, lengths, causal=False):
    seen = _real(k, lengths)
    return _mix(_scores(q, k), seen & _past(k, -1) if causal else seen, v)


def sees_the_next(q, k, v, lengths, causal=False):
    seen = _real(k, lengths)
    return _mix(_scores(q, k), seen & _past(k, 1) if causal else seen, v)


def sees_the_future(q, k, v, lengths, causal=False):
    seen = _real(k, lengths)
    return _mix(_scores(q, k), seen & _past(k).T if causal else seen, v)


def no_scaling(q, k, v, lengths, causal=False):
    return _mix(_scores(q, k, 1.0), _seen(k, lengths, causal), v)


def divided_by_d(q, k, v, lengths, causal=False):
    return _mix(_scores(q, k, 1 / k.size(-1)), _seen(k, lengths, causal), v)


def scaled_by_dv(q, k, v, lengths, causal=False):
    return _mix(_scores(q, k, v.size(-1) ** -0.5), _seen(k, lengths, causal), v)


def softmax_over_queries(q, k, v, lengths, causal=False):
    seen = _seen(k, lengths, causal)
    scores = torch.where(seen, _scores(q, k), torch.tensor(-INF, dtype=q.dtype))
    return torch.where(seen, F.softmax(scores, 2), torch.zeros_like(scores)) @ v


def exp_overflows(q, k, v, lengths, causal=False):
    seen = _seen(k, lengths, causal)
    e = torch.exp(torch.where(seen, _scores(q, k), torch.tensor(-INF, dtype=q.dtype)))
    total = e.sum(-1, keepdim=True)
    return e / torch.where(seen.any(-1, keepdim=True), total, torch.ones_like(total)) @ v


def float32_only(q, k, v, lengths, causal=False):
    q, k, v = (x.to(torch.float32) for x in (q, k, v))
    return _mix(_scores(q, k), _seen(k, lengths, causal), v)


def detached_weights(q, k, v, lengths, causal=False):
    with torch.no_grad():
        weights = _mix(_scores(q, k), _seen(k, lengths, causal), torch.eye(k.size(2), dtype=k.dtype))
    return weights @ v


@torch.no_grad()
def detached(q, k, v, lengths, causal=False):
    return _mix(_scores(q, k), _seen(k, lengths, causal), v)


def clears_the_padding(q, k, v, lengths, causal=False):
    out = _mix(_scores(q, k), _seen(k, lengths, causal), v)
    for b, length in enumerate(lengths.tolist()):
        v.data[b, :, length:] = 0
    return out


SECOND_WAY = {name: value for name, value in globals().items() if callable(value) and not name.startswith("_")}
