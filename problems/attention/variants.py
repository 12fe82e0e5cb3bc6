import math

import torch
import torch.nn.functional as F
from torch import einsum

from torch_judge.authoring import accepted, mistake


@accepted
def bmm_and_functional(Q: torch.Tensor, K: torch.Tensor, V: torch.Tensor) -> torch.Tensor:
    assert Q.size(0) == K.size(0) == V.size(0), "batch sizes differ"
    B, Sq, dk = Q.size()
    Sk, dv = V.size(1), V.size(2)
    scale = 1.0 / math.sqrt(dk)
    attn = F.softmax(torch.bmm(Q, K.permute(0, 2, 1)) * scale, dim=2)
    assert attn.shape == (B, Sq, Sk)
    out = torch.bmm(attn, V)
    print("attention output", out.shape, dv)
    return out


@accepted
def einsum_and_own_softmax(Q, K, V):
    scores = einsum("bqd,bkd->bqk", Q, K) * K.shape[-1] ** -0.5
    e = torch.exp(scores - scores.max(dim=-1, keepdim=True).values)
    return einsum("bqk,bkv->bqv", e / e.sum(-1, keepdim=True), V)


@accepted
def divides_last(Q, K, V):
    """The normalisation after the product with V, and the maxima taken as constants."""
    scores = torch.matmul(Q / math.sqrt(Q.shape[2]), K.mT)
    scores = scores - scores.detach().amax(-1, keepdim=True)
    weights = scores.exp()
    return (weights @ V) / weights.sum(-1).unsqueeze(-1)


@accepted
def loops_over_batch_and_queries(Q, K, V):
    out = torch.zeros(Q.shape[0], Q.shape[1], V.shape[2], device=Q.device)
    for b in range(Q.shape[0]):
        for i in range(Q.shape[1]):
            scores = torch.stack([(Q[b, i] * key).sum() for key in K[b]]) / Q.shape[-1] ** 0.5
            weights = torch.softmax(scores, dim=0)
            out[b, i] = sum(w * value for w, value in zip(weights, V[b], strict=True))
    return out


@accepted
def logsumexp_in_place_on_own(Q, K, V):
    scores = torch.einsum("bid,bjd->bij", [Q, K])
    scores = scores.div_(math.sqrt(Q.size(-1)))
    scores = torch.exp(scores - torch.logsumexp(scores, dim=-1, keepdim=True))
    return scores.matmul(V)


@accepted
def transposed_scores(Q, K, V):
    """Keys in front, so the softmax runs over dim 1; both factors carry half of the scale."""
    q, k = Q * Q.shape[-1] ** -0.25, K * K.shape[-1] ** -0.25
    weights = (k @ q.transpose(1, 2)).softmax(1)
    return (V.transpose(1, 2) @ weights).transpose(1, 2)


@accepted
def broadcast_products(Q, K, V):
    dk = torch.tensor(K.shape[-1], dtype=Q.dtype, device=Q.device)
    similarity = (Q[:, :, None, :] * K[:, None, :, :]).sum(dim=-1) / torch.sqrt(dk)
    attention = torch.nn.Softmax(dim=-1)(similarity)
    return (attention[..., None] * V[:, None]).sum(dim=-2)


@accepted
def helpers_and_baddbmm(Q, K, V):
    def similarity(queries, keys):
        nothing = queries.new_zeros(1, 1, 1)
        return torch.baddbmm(nothing, queries, keys.transpose(1, 2), beta=0, alpha=1 / math.sqrt(keys.size(-1)))

    attend = torch.vmap(lambda weights, values: weights.softmax(dim=-1).mm(values))
    return attend(similarity(Q, K), V)


@mistake(
    "You clip the scores to keep `exp` from overflowing, so different large scores become equal. "
    "Subtract each row's maximum instead, or use `torch.softmax`."
)
def clipped_scores(Q, K, V):
    scores = (Q @ K.mT / math.sqrt(Q.shape[-1])).clamp(-80, 80)
    return scores.softmax(-1) @ V


@mistake("Only the first batch element is computed; the others repeat it. Keep the batch axis in every product.")
def first_batch_element(Q, K, V):
    weights = torch.softmax(Q[0] @ K[0].T / math.sqrt(Q.shape[-1]), dim=-1)
    return (weights @ V[0]).expand(len(Q), -1, -1)


@mistake("You mix the keys. Multiply the weights by V.")
def mixes_keys(Q, K, V):
    return torch.softmax(Q @ K.mT / math.sqrt(Q.shape[-1]), dim=-1) @ K
