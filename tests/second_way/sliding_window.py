"""The mistakes of `sliding_window`, each written as another learner would: the diagnosis must name them too."""

import math

import torch
import torch.nn.functional as F


def scores_of(Q, K, scale=None):
    return torch.einsum("bid,bjd->bij", Q, K) * (K.shape[-1] ** -0.5 if scale is None else scale)


def band(Q, back, ahead=None):
    """Pairs (i, j) with i - back ≤ j ≤ i + ahead."""
    S = Q.shape[1]
    ones = torch.ones(S, S, dtype=torch.bool)
    return ones.triu(-back) & ones.tril(back if ahead is None else ahead)


def hidden(scores, mask):
    return torch.where(mask, scores, torch.tensor(float("-inf")))


def mixed(scores, V):
    e = torch.exp(scores - scores.amax(-1, keepdim=True))
    return torch.bmm(e / e.sum(-1, keepdim=True), V)


def window(Q, K, V, mask):
    return mixed(hidden(scores_of(Q, K), mask), V)


def sliced(Q, K, V, lo, hi):
    """Query i against the keys lo(i) … hi(i) - 1."""
    rows = []
    for i in range(Q.size(1)):
        part = slice(lo(i), hi(i))
        rows.append(torch.bmm(F.softmax(scores_of(Q[:, [i]], K[:, part]), dim=-1), V[:, part]))
    return torch.cat(rows, dim=1)


def window_ignored(Q, K, V, window_size):
    return mixed(scores_of(Q, K), V)


def twice_too_wide(Q, K, V, window_size):
    return sliced(Q, K, V, lambda i: max(0, i - 2 * window_size), lambda i: i + 2 * window_size + 1)


def total_width(Q, K, V, window_size):
    half = window_size // 2
    return sliced(Q, K, V, lambda i: max(0, i - half), lambda i: i + half + 1)


def excludes_the_edge(Q, K, V, window_size):
    at = torch.arange(Q.size(1))
    near = (at[None] - at[:, None]).abs() < window_size
    return torch.bmm(F.softmax(hidden(scores_of(Q, K), near), dim=2), V)


def one_too_many(Q, K, V, window_size):
    return window(Q, K, V, band(Q, window_size + 1))


def slice_stops_short(Q, K, V, window_size):
    return sliced(Q, K, V, lambda i: max(0, i - window_size), lambda i: max(i + window_size, i + 1))


def looks_back_only(Q, K, V, window_size):
    return sliced(Q, K, V, lambda i: max(0, i - window_size), lambda i: i + 1)


def looks_ahead_only(Q, K, V, window_size):
    return window(Q, K, V, band(Q, 0, window_size))


def no_absolute_value(Q, K, V, window_size):
    return window(Q, K, V, torch.ones(Q.shape[1], Q.shape[1], dtype=torch.bool).triu(-window_size))


def mask_inverted(Q, K, V, window_size):
    return torch.bmm(F.softmax(hidden(scores_of(Q, K), ~band(Q, window_size)), -1), V)


def blocks(Q, K, V, window_size):
    n = window_size + 1
    parts = zip(Q.split(n, 1), K.split(n, 1), V.split(n, 1), strict=True)
    return torch.cat([mixed(scores_of(q, k), v) for q, k, v in parts], dim=1)


def wraps_around(Q, K, V, window_size):
    S = Q.size(1)
    near = torch.zeros(S, S, dtype=torch.bool)
    for i in range(S):
        for o in range(-window_size, window_size + 1):
            near[i, (i + o) % S] = True
    return window(Q, K, V, near)


def moved_at_the_ends(Q, K, V, window_size):
    S, width = Q.size(1), 2 * window_size + 1
    rows = []
    for i in range(S):
        start = max(0, min(i - window_size, S - width))
        part = slice(start, start + width)
        rows.append(mixed(scores_of(Q[:, [i]], K[:, part]), V[:, part]))
    return torch.cat(rows, dim=1)


def padding_counted(Q, K, V, window_size):
    n = 2 * window_size + 1
    k, v = (F.pad(x, (0, 0, window_size, window_size)).unfold(1, n, 1) for x in (K, V))
    weights = F.softmax((Q.unsqueeze(-1) * k).sum(2) / math.sqrt(Q.size(2)), dim=-1)
    return (weights.unsqueeze(2) * v).sum(-1)


def averages(Q, K, V, window_size):
    near = band(Q, window_size).float()
    return near @ V / near.sum(1, keepdim=True)


def zeroes_outside(Q, K, V, window_size):
    return mixed(scores_of(Q, K) * band(Q, window_size), V)


def zero_scores_hidden(Q, K, V, window_size):
    scores = scores_of(Q, K).triu(-window_size).tril(window_size)
    return torch.bmm(F.softmax(hidden(scores, scores.bool()), dim=2), V)


def zero_scores_hidden_finitely(Q, K, V, window_size):
    scores = torch.einsum("bij,ij->bij", scores_of(Q, K), band(Q, window_size).float())
    return mixed(scores + scores.eq(0) * -1e9, V)


def small_fill(Q, K, V, window_size):
    return mixed(torch.where(band(Q, window_size), scores_of(Q, K), torch.tensor(-100.0)), V)


def infinity_times_zero(Q, K, V, window_size):
    bias = (1 - band(Q, window_size).float()) * float("-inf")
    return F.softmax(scores_of(Q, K) + bias, -1) @ V


def masked_after_softmax(Q, K, V, window_size):
    return torch.bmm(F.softmax(scores_of(Q, K), -1) * band(Q, window_size), V)


def renormalised_after_softmax(Q, K, V, window_size):
    weights = F.softmax(scores_of(Q, K), -1) * band(Q, window_size)
    return torch.bmm(weights, V) / weights.sum(2).unsqueeze(2)


def queries_and_keys_swapped(Q, K, V, window_size):
    return mixed(hidden(scores_of(Q, K).transpose(1, 2), band(Q, window_size)), V)


def no_scaling(Q, K, V, window_size):
    return mixed(hidden(torch.bmm(Q, K.mT), band(Q, window_size)), V)


def divided_by_d(Q, K, V, window_size):
    return mixed(hidden(scores_of(Q, K, 1 / Q.size(2)), band(Q, window_size)), V)


def scaled_by_length(Q, K, V, window_size):
    return mixed(hidden(scores_of(Q, K, Q.size(1) ** -0.5), band(Q, window_size)), V)


def scaled_by_window(Q, K, V, window_size):
    return mixed(hidden(scores_of(Q, K, (1 + 2 * window_size) ** -0.5), band(Q, window_size)), V)


def scaled_by_dv(Q, K, V, window_size):
    return mixed(hidden(scores_of(Q, K, V.size(2) ** -0.5), band(Q, window_size)), V)


def softmax_over_queries(Q, K, V, window_size):
    return torch.bmm(F.softmax(hidden(scores_of(Q, K), band(Q, window_size)), 1), V)


def zeroed_after_exp(Q, K, V, window_size):
    e = band(Q, window_size).float() * torch.exp(scores_of(Q, K))
    return torch.bmm(e, V) / e.sum(2).unsqueeze(2)


def unshifted_softmax(Q, K, V, window_size):
    e = torch.exp(scores_of(Q, K)).masked_fill(~band(Q, window_size), 0.0)
    return torch.bmm(e / e.sum(-1, keepdim=True), V)


def global_maximum(Q, K, V, window_size):
    scores = hidden(scores_of(Q, K), band(Q, window_size))
    e = (scores - torch.max(scores)).exp()
    return torch.bmm(e / e.sum(2)[..., None], V)


def windows_detached(Q, K, V, window_size):
    return sliced(Q, K.data, V.data, lambda i: max(0, i - window_size), lambda i: i + window_size + 1)


def detached_weights(Q, K, V, window_size):
    with torch.no_grad():
        weights = F.softmax(hidden(scores_of(Q, K), band(Q, window_size)), -1)
    return torch.einsum("bij,bjv->biv", weights, V)


@torch.no_grad()
def everything_detached(Q, K, V, window_size):
    return window(Q, K, V, band(Q, window_size))


def shaped_like_q(Q, K, V, window_size):
    return window(Q, K, V, band(Q, window_size)).reshape(*Q.shape)


def scales_q_in_place(Q, K, V, window_size):
    Q.mul_(Q.shape[-1] ** -0.5)
    return mixed(hidden(torch.bmm(Q, K.mT), band(Q, window_size)), V)


def squeezed(Q, K, V, window_size):
    return torch.squeeze(window(Q, K, V, band(Q, window_size)))


def negative_start(Q, K, V, window_size):
    rows = []
    for i in range(Q.size(1)):
        part = slice(i - window_size, i + window_size + 1)
        rows.append(torch.bmm(F.softmax(scores_of(Q[:, [i]], K[:, part]), dim=-1), V[:, part]))
    return torch.cat(rows, 1)


def clipped_scores(Q, K, V, window_size):
    e = torch.exp(torch.clip(scores_of(Q, K), min=-80.0, max=80.0)) * band(Q, window_size)
    return torch.bmm(e / e.sum(-1, keepdim=True), V)


def first_batch_element(Q, K, V, window_size):
    one = window(Q[:1], K[:1], V[:1], band(Q, window_size))
    return torch.cat([one] * Q.shape[0])


def normalised_over_everything(Q, K, V, window_size):
    e = torch.exp(hidden(scores_of(Q, K), band(Q, window_size)))
    return torch.bmm(e / torch.sum(e), V)


def excludes_the_edge_finitely(Q, K, V, window_size):
    at = torch.arange(Q.size(1))
    near = (at[None] - at[:, None]).abs() < window_size
    return mixed(torch.where(near, scores_of(Q, K), torch.tensor(-1e9)), V)


def mask_of_minus_1000(Q, K, V, window_size):
    return mixed(torch.where(band(Q, window_size), scores_of(Q, K), torch.tensor(-1000.0)), V)


def mask_of_minus_1000_added(Q, K, V, window_size):
    return mixed(scores_of(Q, K) + (~band(Q, window_size)) * -1000.0, V)


SECOND_WAY = {
    solution.__name__: solution
    for solution in (
        excludes_the_edge_finitely, normalised_over_everything, window_ignored, twice_too_wide, total_width, excludes_the_edge, one_too_many, slice_stops_short,
        looks_back_only, looks_ahead_only, no_absolute_value, mask_inverted, blocks, wraps_around, moved_at_the_ends,
        padding_counted, averages, zeroes_outside, zero_scores_hidden, zero_scores_hidden_finitely, zeroed_after_exp,
        small_fill, infinity_times_zero, masked_after_softmax, renormalised_after_softmax, queries_and_keys_swapped,
        no_scaling, divided_by_d, scaled_by_length, scaled_by_window, scaled_by_dv, softmax_over_queries,
        unshifted_softmax, global_maximum, windows_detached, detached_weights, everything_detached, shaped_like_q,
        scales_q_in_place, squeezed, negative_start, clipped_scores, first_batch_element,
    )
}  # fmt: skip
SECOND_WAY |= {"mask_of_minus_1000": mask_of_minus_1000, "mask_of_minus_1000_added": mask_of_minus_1000_added}
