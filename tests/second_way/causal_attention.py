"""The mistakes of `causal_attention`, each written as another learner would: the diagnosis must name them too."""

import torch
import torch.nn.functional as F


def scores_of(Q, K, scale=None):
    return torch.einsum("bid,bjd->bij", Q, K) * (K.shape[-1] ** -0.5 if scale is None else scale)


def seen(Q, offset=0):
    """Pairs (i, j) with j ≤ i + offset."""
    at = torch.arange(Q.shape[1])
    return at[None, :] <= at[:, None] + offset


def hidden(scores, mask):
    return torch.where(mask, scores, torch.tensor(float("-inf")))


def mixed(scores, V):
    e = torch.exp(scores - scores.amax(-1, keepdim=True))
    return torch.bmm(e / e.sum(-1, keepdim=True), V)


def no_mask(Q, K, V):
    return mixed(scores_of(Q, K), V)


def hides_itself(Q, K, V):
    return torch.bmm(F.softmax(hidden(scores_of(Q, K), seen(Q, -1)), 2), V)


def hides_itself_finitely(Q, K, V):
    return mixed(torch.where(seen(Q, -1), scores_of(Q, K), torch.tensor(torch.finfo(torch.float32).min)), V)


def sees_the_next(Q, K, V):
    S = Q.shape[1]
    return torch.stack(
        [mixed(scores_of(Q[:, i : i + 1], K[:, : min(i + 2, S)]), V[:, : i + 2])[:, 0] for i in range(S)], dim=1
    )


def sees_the_future(Q, K, V):
    at = torch.arange(Q.shape[1])
    return mixed(hidden(scores_of(Q, K), at[None, :] >= at[:, None]), V)


def mask_inverted(Q, K, V):
    return torch.bmm(F.softmax(hidden(scores_of(Q, K), ~seen(Q)), dim=-1), V)


def own_and_previous_only(Q, K, V):
    rows = []
    for i in range(Q.size(1)):
        past = slice(max(i - 1, 0), i + 1)
        rows.append(mixed(scores_of(Q[:, [i]], K[:, past]), V[:, past]))
    return torch.cat(rows, dim=1)


def zeroes_the_future(Q, K, V):
    return mixed(torch.tril(scores_of(Q, K)), V)


def zero_scores_hidden(Q, K, V):
    scores = scores_of(Q, K).tril()
    scores[scores == 0] = float("-inf")
    return torch.bmm(F.softmax(scores, dim=-1), V)


def zero_scores_hidden_finitely(Q, K, V):
    scores = scores_of(Q, K) * seen(Q)
    padding = scores.abs() < 1e-12
    return mixed(scores - 1e9 * padding, V)


def small_fill(Q, K, V):
    return mixed(torch.where(seen(Q), scores_of(Q, K), torch.tensor(-100.0)), V)


def infinity_times_zero(Q, K, V):
    S = Q.size(1)
    bias = torch.triu(torch.ones(S, S), 1) * float("-inf")
    return F.softmax(scores_of(Q, K) + bias, -1) @ V


def masked_after_softmax(Q, K, V):
    return torch.bmm(torch.tril(F.softmax(scores_of(Q, K), -1)), V)


def renormalised_after_softmax(Q, K, V):
    weights = F.softmax(scores_of(Q, K), -1) * seen(Q)
    return torch.bmm(weights, V) / weights.sum(2).unsqueeze(2)


def queries_and_keys_swapped(Q, K, V):
    return mixed(hidden(scores_of(Q, K).transpose(1, 2), seen(Q)), V)


def no_scaling(Q, K, V):
    return mixed(hidden(torch.bmm(Q, K.mT), seen(Q)), V)


def divided_by_d(Q, K, V):
    return mixed(hidden(scores_of(Q, K, 1 / Q.size(2)), seen(Q)), V)


def scaled_by_length(Q, K, V):
    return mixed(hidden(scores_of(Q, K, Q.size(1) ** -0.5), seen(Q)), V)


def scaled_by_dv(Q, K, V):
    return mixed(hidden(scores_of(Q, K, V.size(2) ** -0.5), seen(Q)), V)


def softmax_over_queries(Q, K, V):
    return torch.bmm(F.softmax(hidden(scores_of(Q, K), seen(Q)), 1), V)


def softmax_over_batch(Q, K, V):
    return torch.bmm(F.softmax(hidden(scores_of(Q, K), seen(Q)), 0), V)


def zeroed_after_exp(Q, K, V):
    e, mask = torch.exp(scores_of(Q, K)), seen(Q).float()
    return torch.einsum("bij,ij,bjv->biv", e, mask, V) / torch.einsum("bij,ij->bi", e, mask)[..., None]


def unshifted_softmax(Q, K, V):
    e = torch.exp(scores_of(Q, K)).masked_fill(~seen(Q), 0.0)
    return torch.bmm(e / e.sum(-1, keepdim=True), V)


def global_maximum(Q, K, V):
    scores = hidden(scores_of(Q, K), seen(Q))
    e = (scores - torch.max(scores)).exp()
    return torch.bmm(e / e.sum(2)[..., None], V)


def shaped_like_q(Q, K, V):
    return mixed(hidden(scores_of(Q, K), seen(Q)), V).contiguous().view(*Q.shape)


def scales_q_in_place(Q, K, V):
    Q.mul_(Q.shape[-1] ** -0.5)
    return mixed(hidden(torch.bmm(Q, K.mT), seen(Q)), V)


def detached_weights(Q, K, V):
    with torch.no_grad():
        weights = F.softmax(hidden(scores_of(Q, K), seen(Q)), -1)
    return torch.einsum("bij,bjv->biv", weights, V)


@torch.no_grad()
def everything_detached(Q, K, V):
    return mixed(hidden(scores_of(Q, K), seen(Q)), V)


def squeezed(Q, K, V):
    return torch.squeeze(mixed(hidden(scores_of(Q, K), seen(Q)), V))


def clipped_scores(Q, K, V):
    e = torch.exp(torch.clip(scores_of(Q, K), min=-80.0, max=80.0)) * seen(Q)
    return torch.bmm(e / e.sum(-1, keepdim=True), V)


def first_batch_element(Q, K, V):
    one = mixed(hidden(scores_of(Q[:1], K[:1]), seen(Q)), V[:1])
    return torch.cat([one] * Q.shape[0])


def running_mean(Q, K, V):
    return V.cumsum(dim=1) / torch.arange(1, V.shape[1] + 1).view(-1, 1)


def normalised_over_everything(Q, K, V):
    e = torch.exp(hidden(scores_of(Q, K), seen(Q)))
    return torch.bmm(e / torch.sum(e), V)


def mask_of_minus_1000(Q, K, V):
    return mixed(torch.where(seen(Q), scores_of(Q, K), torch.tensor(-1000.0)), V)


def mask_of_minus_1000_added(Q, K, V):
    return mixed(scores_of(Q, K) + torch.full((Q.shape[1], Q.shape[1]), -1000.0).triu(1), V)


SECOND_WAY = {
    solution.__name__: solution
    for solution in (
        normalised_over_everything, no_mask, hides_itself, sees_the_next, sees_the_future, mask_inverted, own_and_previous_only, zeroes_the_future,
        zero_scores_hidden, zero_scores_hidden_finitely, zeroed_after_exp, small_fill, infinity_times_zero,
        masked_after_softmax, renormalised_after_softmax, queries_and_keys_swapped, no_scaling, divided_by_d,
        scaled_by_length, scaled_by_dv, softmax_over_queries, softmax_over_batch, unshifted_softmax, global_maximum,
        shaped_like_q, scales_q_in_place, detached_weights, everything_detached, squeezed, clipped_scores,
        first_batch_element, running_mean, hides_itself_finitely,
    )
}  # fmt: skip
SECOND_WAY |= {"mask_of_minus_1000": mask_of_minus_1000, "mask_of_minus_1000_added": mask_of_minus_1000_added}
