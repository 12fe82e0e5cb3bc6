"""The mistakes of `mha`, each written as another learner would: the diagnosis must name them too."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class Right(nn.Module):
    """A right solution in steps that can go wrong one by one."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.H, self.dk = num_heads, d_model // num_heads
        self.W_q = nn.Linear(d_model, d_model, bias=False)
        self.W_k = nn.Linear(d_model, d_model, bias=False)
        self.W_v = nn.Linear(d_model, d_model, bias=False)
        self.W_o = nn.Linear(d_model, d_model, bias=False)

    def split(self, t):
        return torch.stack(t.split(self.dk, dim=-1), dim=1)

    def join(self, t):
        return torch.cat(t.unbind(1), dim=-1)

    def project(self, Q, K, V):
        return self.split(self.W_q(Q)), self.split(self.W_k(K)), self.split(self.W_v(V))

    def scale(self):
        return self.dk**-0.5

    def scores(self, q, k, v):
        return torch.einsum("bhqd,bhkd->bhqk", q * self.scale(), k)

    def weights(self, scores):
        return F.softmax(scores, -1)

    def mix(self, w, k, v):
        return torch.einsum("bhqk,bhkd->bhqd", w, v)

    def out(self, joined, Q):
        return self.W_o(joined)

    def forward(self, Q, K, V):
        q, k, v = self.project(Q, K, V)
        return self.out(self.join(self.mix(self.weights(self.scores(q, k, v)), k, v)), Q)


class HeadsNotSplitProperly(Right):
    def split(self, t):
        return t.contiguous().view(t.size(0), self.H, t.size(1), self.dk)


class HeadsNotJoinedProperly(Right):
    def join(self, t):
        return t.contiguous().view(t.size(0), t.size(2), -1)


class BatchMixedWithSequence(Right):
    def join(self, t):
        rows = [self.tokens(t, s) for s in range(t.size(2))]
        return torch.stack(rows).view(t.size(0), t.size(2), -1)

    def tokens(self, t, s):
        return t[:, :, s].flatten(1)


class HeadsInterleaved(Right):
    def split(self, t):
        return torch.stack([t[..., h :: self.H] for h in range(self.H)], dim=1)

    def join(self, t):
        return torch.stack(t.unbind(1), dim=-1).flatten(-2)


class NumHeadsIgnored(Right):
    def __init__(self, d_model, num_heads):
        super().__init__(d_model, 1)


class NoScaling(Right):
    def scale(self):
        return 1.0


class ScaledByDModel(Right):
    def scale(self):
        return 1 / math.sqrt(self.W_q.in_features)


class ScaledByNumHeads(Right):
    def scale(self):
        return 1 / math.sqrt(self.H)


class DividedByDk(Right):
    def scale(self):
        return 1 / self.dk


class MultipliedByRoot(Right):
    def scale(self):
        return math.sqrt(self.dk)


class ScaledAfterSoftmax(NoScaling):
    def weights(self, scores):
        return F.softmax(scores, -1) * self.dk**-0.5


class SoftmaxOverQueries(Right):
    def weights(self, scores):
        return F.softmax(scores.mT, -1).mT


class SoftmaxOverHeads(Right):
    def weights(self, scores):
        return F.softmax(scores, -3)


class NoSoftmax(Right):
    def weights(self, scores):
        return scores


class CausalMask(Right):
    def weights(self, scores):
        seen = torch.tril(torch.ones(scores.shape[-2:]))
        return F.softmax(scores.masked_fill(seen == 0, -1e9), -1)


class ZeroScoresHidden(Right):
    def weights(self, scores):
        padding = (scores == 0).float()
        return F.softmax(scores + padding * -1e9, -1)


class UnshiftedSoftmax(Right):
    def weights(self, scores):
        e = torch.exp(scores)
        return e / e.sum(-1)[..., None]


class GlobalMaximum(Right):
    def weights(self, scores):
        e = torch.exp(scores - torch.amax(scores))
        return e / e.sum(-1, True)


class QueriesOnly(Right):
    def project(self, Q, K, V):
        return super().project(Q, Q, Q)


class ValuesFromKeys(Right):
    def project(self, Q, K, V):
        return super().project(Q, K, K)


class ScoresAgainstV(Right):
    def scores(self, q, k, v):
        return q @ v.mT * self.scale()


class MixesKeys(Right):
    def mix(self, w, k, v):
        return w @ k


class OneLengthForAll(Right):
    def forward(self, Q, K, V):
        B, S, _ = Q.shape
        layers = ((self.W_q, Q), (self.W_k, K), (self.W_v, V))
        q, k, v = (W(x).view(B, S, self.H, self.dk).transpose(1, 2) for W, x in layers)
        return self.W_o(self.join(self.mix(self.weights(self.scores(q, k, v)), k, v)))


class NoOutputProjection(Right):
    def out(self, joined, Q):
        return joined


class Residual(Right):
    def out(self, joined, Q):
        return Q + self.W_o(joined)


class AllInputsTied(Right):
    def __init__(self, d_model, num_heads):
        super().__init__(d_model, num_heads)
        self.W_q = self.W_k = self.W_v = nn.Linear(d_model, d_model)


class KeysValuesTied(Right):
    def __init__(self, d_model, num_heads):
        super().__init__(d_model, num_heads)
        self.W_k = self.W_v = nn.Linear(d_model, d_model)


class QueriesKeysTied(Right):
    def __init__(self, d_model, num_heads):
        super().__init__(d_model, num_heads)
        self.W_q = self.W_k = nn.Linear(d_model, d_model)


class BiasLeftOut(Right):
    def __init__(self, d_model, num_heads):
        super().__init__(d_model, num_heads)
        for name in ("W_q", "W_k", "W_v", "W_o"):
            setattr(self, name, nn.Linear(d_model, d_model))

    def project(self, Q, K, V):
        pairs = ((Q, self.W_q), (K, self.W_k), (V, self.W_v))
        return tuple(self.split(torch.einsum("bsi,oi->bso", x, W.weight)) for x, W in pairs)

    def out(self, joined, Q):
        return F.linear(joined, self.W_o.weight)


class KeysKept(Right):
    last = None

    def project(self, Q, K, V):
        q, k, v = super().project(Q, K, V)
        if self.last is None or self.last.shape != k.shape:
            self.last = k
        return q, self.last, v


class DetachedWeights(Right):
    @torch.no_grad()
    def weights(self, scores):
        return F.softmax(scores, -1)


class EverythingDetached(Right):
    @torch.no_grad()
    def forward(self, Q, K, V):
        return super().forward(Q, K, V)


class Squeezed(Right):
    def out(self, joined, Q):
        return self.W_o(joined.squeeze())


class ParametersNotLayers(Right):
    def __init__(self, d_model, num_heads):
        super().__init__(d_model, num_heads)
        for name in ("W_q", "W_k", "W_v", "W_o"):
            delattr(self, name)
            setattr(self, name, nn.Parameter(torch.empty(d_model, d_model).uniform_(-0.1, 0.1)))

    def project(self, Q, K, V):
        return self.split(Q.matmul(self.W_q)), self.split(K.matmul(self.W_k)), self.split(V.matmul(self.W_v))

    def out(self, joined, Q):
        return joined.matmul(self.W_o)


class HeadsNeverSwapped(Right):
    def split(self, t):
        return t.contiguous().view(t.size(0), self.H, -1, self.dk)

    def join(self, t):
        return t.contiguous().view(t.size(0), t.size(2), -1)


class NormalisedOverEverything(Right):
    def weights(self, scores):
        e = torch.exp(scores)
        return e / torch.sum(e)


class KeysFromValues(Right):
    def project(self, Q, K, V):
        return super().project(Q, V, V)


class ValuesByWk(Right):
    def project(self, Q, K, V):
        return self.split(self.W_q(Q)), self.split(self.W_k(K)), self.split(self.W_k(V))


class DetachedKeys(Right):
    def project(self, *inputs):
        q, k, v = super().project(*inputs)
        return q, k.data, v


class DetachedValues(Right):
    def project(self, *inputs):
        q, k, v = super().project(*inputs)
        return q, k, v.data


SECOND_WAY = {
    "values_by_w_k": ValuesByWk,
    "keys_from_values": KeysFromValues,
    "normalised_over_everything": NormalisedOverEverything,
    "heads_never_swapped": HeadsNeverSwapped,
    "heads_not_split_properly": HeadsNotSplitProperly,
    "heads_not_joined_properly": HeadsNotJoinedProperly,
    "batch_mixed_with_sequence": BatchMixedWithSequence,
    "heads_interleaved": HeadsInterleaved,
    "num_heads_ignored": NumHeadsIgnored,
    "no_scaling": NoScaling,
    "scaled_by_d_model": ScaledByDModel,
    "scaled_by_num_heads": ScaledByNumHeads,
    "divided_by_dk": DividedByDk,
    "multiplied_by_root": MultipliedByRoot,
    "scaled_after_softmax": ScaledAfterSoftmax,
    "softmax_over_queries": SoftmaxOverQueries,
    "softmax_over_heads": SoftmaxOverHeads,
    "no_softmax": NoSoftmax,
    "causal_mask": CausalMask,
    "zero_scores_hidden": ZeroScoresHidden,
    "unshifted_softmax": UnshiftedSoftmax,
    "global_maximum": GlobalMaximum,
    "queries_only": QueriesOnly,
    "values_from_keys": ValuesFromKeys,
    "scores_against_v": ScoresAgainstV,
    "mixes_keys": MixesKeys,
    "one_length_for_all": OneLengthForAll,
    "no_output_projection": NoOutputProjection,
    "residual": Residual,
    "all_inputs_tied": AllInputsTied,
    "keys_values_tied": KeysValuesTied,
    "queries_keys_tied": QueriesKeysTied,
    "bias_left_out": BiasLeftOut,
    "keys_kept": KeysKept,
    "detached_weights": DetachedWeights,
    "everything_detached": EverythingDetached,
    "squeezed": Squeezed,
    "parameters_not_layers": ParametersNotLayers,
}
SECOND_WAY |= {"detached_keys": DetachedKeys, "detached_values": DetachedValues}
