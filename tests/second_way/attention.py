"""The mistakes of `attention`, each written as another learner would: the diagnosis must name them too."""

import math

import torch
import torch.nn.functional as F


def weights_of(Q, K):
    return F.softmax(torch.einsum("bqd,bkd->bqk", Q, K) / K.shape[-1] ** 0.5, dim=-1)


def no_scaling(Q, K, V):
    return torch.bmm(F.softmax(torch.bmm(Q, K.transpose(1, 2)), dim=2), V)


def divided_by_dk(Q, K, V):
    scale = 1 / K.size(2)
    return torch.einsum("bqk,bkv->bqv", F.softmax(torch.einsum("bqd,bkd->bqk", Q * scale, K), dim=2), V)


def multiplied_by_root(Q, K, V):
    return torch.bmm(F.softmax(torch.bmm(Q * K.size(-1) ** 0.5, K.mT), dim=-1), V)


def scaled_by_dv(Q, K, V):
    d = V.size(2)
    return torch.bmm(F.softmax(torch.bmm(Q, K.mT).mul(d**-0.5), dim=-1), V)


def scaled_by_length(Q, K, V):
    Sk = K.size(1)
    scores = torch.einsum("bqd,bkd->bqk", Q, K) / Sk**0.5
    return F.softmax(scores, -1).matmul(V)


def scaled_after_softmax(Q, K, V):
    return (F.softmax(Q.matmul(K.mT), -1) @ V) * K.shape[2] ** -0.5


def softmax_over_queries(Q, K, V):
    scores = torch.bmm(Q, K.transpose(1, 2)) * (1 / math.sqrt(Q.size(-1)))
    e = torch.exp(scores - scores.amax(1, keepdim=True))
    return torch.bmm(e / e.sum(1, keepdim=True), V)


def softmax_over_batch(Q, K, V):
    scores = torch.einsum("bqd,bkd->bqk", Q, K) / math.sqrt(Q.size(-1))
    return torch.bmm(F.softmax(scores, 0), V)


def no_softmax(Q, K, V):
    return torch.einsum("bqd,bkd,bkv->bqv", Q / math.sqrt(Q.size(-1)), K, V)


def causal_mask(Q, K, V):
    scores = torch.bmm(Q, K.mT) / math.sqrt(Q.size(-1))
    mask = torch.tril(torch.ones(scores.shape[1:]))
    return torch.bmm(F.softmax(scores.masked_fill(mask == 0, float("-inf")), -1), V)


def zero_scores_hidden(Q, K, V):
    scores = torch.bmm(Q, K.mT) / math.sqrt(Q.size(-1))
    lowest = torch.full_like(scores, torch.finfo(scores.dtype).min)
    return torch.bmm(F.softmax(torch.where(scores.bool(), scores, lowest), dim=2), V)


def unshifted_softmax(Q, K, V):
    e = torch.exp(torch.einsum("bqd,bkd->bqk", Q, K) / math.sqrt(Q.size(-1)))
    total = e.sum(-1)
    return torch.bmm(e / total[..., None], V)


def global_maximum(Q, K, V):
    scores = torch.bmm(Q, K.mT) / math.sqrt(Q.size(-1))
    e = torch.exp(scores - torch.max(scores))
    return torch.bmm(e / e.sum(2, keepdim=True), V)


def shaped_like_q(Q, K, V):
    B, S, D = Q.shape
    return torch.bmm(weights_of(Q, K), V).view(B, S, D)


def scales_q_in_place(Q, K, V):
    Q.div_(K.shape[-1] ** 0.5)
    return torch.bmm(F.softmax(torch.bmm(Q, K.mT), -1), V)


def detached_weights(Q, K, V):
    with torch.no_grad():
        weights = weights_of(Q, K)
    return torch.bmm(weights, V)


@torch.no_grad()
def everything_detached(Q, K, V):
    return torch.bmm(weights_of(Q, K), V)


def squeezed(Q, K, V):
    return torch.squeeze(torch.bmm(weights_of(Q, K), V))


def clipped_scores(Q, K, V):
    scores = torch.bmm(Q, K.mT) / math.sqrt(Q.size(-1))
    e = torch.exp(torch.clip(scores, min=-80.0, max=80.0))
    return torch.bmm(e / e.sum(-1, keepdim=True), V)


def first_batch_element(Q, K, V):
    one = torch.bmm(weights_of(Q[:1], K[:1]), V[:1])
    return torch.cat([one] * Q.shape[0])


def mixes_keys(Q, K, V):
    return torch.bmm(weights_of(Q, K), K)


def normalised_over_everything(Q, K, V):
    e = torch.exp(torch.bmm(Q, K.mT) / math.sqrt(Q.size(-1)))
    return torch.bmm(e / torch.sum(e), V)


SECOND_WAY = {
    solution.__name__: solution
    for solution in (
        normalised_over_everything, no_scaling, divided_by_dk, multiplied_by_root, scaled_by_dv, scaled_by_length, scaled_after_softmax,
        softmax_over_queries, softmax_over_batch, no_softmax, causal_mask, zero_scores_hidden, unshifted_softmax,
        global_maximum, shaped_like_q, scales_q_in_place, detached_weights, everything_detached, squeezed,
        clipped_scores, first_batch_element, mixes_keys,
    )
}  # fmt: skip
