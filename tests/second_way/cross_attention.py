"""The mistakes of `cross_attention`, each written as another learner would: the diagnosis must name them too."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class Right(nn.Module):
    """A right solution in steps that can go wrong one by one, under the names of the statement."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.H, self.dk = num_heads, d_model // num_heads
        self.make(d_model)

    def make(self, d, bias=False):
        self.W_q, self.W_k = nn.Linear(d, d, bias=bias), nn.Linear(d, d, bias=bias)
        self.W_v, self.W_o = nn.Linear(d, d, bias=bias), nn.Linear(d, d, bias=bias)

    def split(self, t):
        return torch.stack(t.split(self.dk, dim=-1), dim=1)

    def join(self, t):
        return torch.cat(t.unbind(1), dim=-1)

    def project(self, x_q, x_kv):
        return self.split(self.W_q(x_q)), self.split(self.W_k(x_kv)), self.split(self.W_v(x_kv))

    def scale(self):
        return self.dk**-0.5

    def scores(self, q, k, v):
        return torch.einsum("bhqd,bhkd->bhqk", q * self.scale(), k)

    def weights(self, scores):
        return F.softmax(scores, -1)

    def mix(self, w, k, v):
        return torch.einsum("bhqk,bhkd->bhqd", w, v)

    def out(self, joined, x_q):
        return self.W_o(joined)

    def forward(self, x_q, x_kv):
        q, k, v = self.project(x_q, x_kv)
        return self.out(self.join(self.mix(self.weights(self.scores(q, k, v)), k, v)), x_q)


class Fused(Right):
    """The same with one layer for keys and values, and names of its own."""

    def make(self, d, bias=False):
        self.to_q, self.to_kv = nn.Linear(d, d, bias=bias), nn.Linear(d, 2 * d, bias=bias)
        self.to_out = nn.Linear(d, d, bias=bias)

    def project(self, x_q, x_kv):
        k, v = self.to_kv(x_kv).chunk(2, dim=-1)
        return self.split(self.to_q(x_q)), self.split(k), self.split(v)

    def out(self, joined, x_q):
        return self.to_out(joined)


class AllFromXq(Fused):
    def project(self, x_q, x_kv):
        return super().project(x_q, x_q)


class InputsSwapped(Right):
    def forward(self, x_q, x_kv):
        return super().forward(x_kv, x_q)


class AttendsToBoth(Fused):
    def project(self, x_q, x_kv):
        return super().project(x_q, torch.hstack((x_q, x_kv)))


class HeadsNotSplitProperly(Right):
    def split(self, t):
        return t.contiguous().view(t.size(0), self.H, t.size(1), self.dk)


class HeadsNotJoinedProperly(Fused):
    def join(self, t):
        return t.contiguous().view(t.size(0), t.size(2), -1)


class BatchMixedWithSequence(Right):
    def join(self, t):
        return torch.stack([t[:, :, s].flatten(1) for s in range(t.size(2))]).view(t.size(0), t.size(2), -1)


class HeadsInterleaved(Right):
    def split(self, t):
        return torch.stack([t[..., h :: self.H] for h in range(self.H)], dim=1)

    def join(self, t):
        return torch.stack(t.unbind(1), dim=-1).flatten(-2)


class NumHeadsIgnored(Fused):
    def __init__(self, d_model, num_heads):
        super().__init__(d_model, 1)


class NoScaling(Fused):
    def scale(self):
        return 1.0


class ScaledByDModel(Right):
    def scale(self):
        return 1 / math.sqrt(self.W_q.in_features)


class DividedByDk(Fused):
    def scale(self):
        return 1 / self.dk


class MultipliedByRoot(Right):
    def scale(self):
        return math.sqrt(self.dk)


class SoftmaxOverQueries(Fused):
    def weights(self, scores):
        return F.softmax(scores.mT, -1).mT


class SoftmaxOverHeads(Right):
    def weights(self, scores):
        return F.softmax(scores, -3)


class NoSoftmax(Fused):
    def weights(self, scores):
        return scores


class CausalMask(Right):
    def weights(self, scores):
        seen = torch.tril(torch.ones(scores.shape[-2:]))
        return F.softmax(scores.masked_fill(seen == 0, -1e9), -1)


class ZeroScoresHidden(Right):
    def weights(self, scores):
        e = torch.exp(scores - scores.amax(-1, keepdim=True)) * scores.bool()
        return e / e.sum(-1, keepdim=True)


class UnshiftedSoftmax(Fused):
    def weights(self, scores):
        e = torch.exp(scores)
        return e / e.sum(-1)[..., None]


class GlobalMaximum(Right):
    def weights(self, scores):
        e = torch.exp(scores - torch.amax(scores))
        return e / e.sum(-1, True)


class ScoresAgainstV(Right):
    def scores(self, q, k, v):
        return q @ v.mT * self.scale()


class HalfOfKeysAndValuesIdle(Fused):
    def scores(self, q, k, v):
        return q @ v.transpose(2, 3) * self.scale()


class MixesKeys(Right):
    def mix(self, w, k, v):
        return w @ k


class OneLengthForAll(Right):
    def project(self, x_q, x_kv):
        B, S, _ = x_q.shape
        pairs = ((self.W_q, x_q), (self.W_k, x_kv), (self.W_v, x_kv))
        return tuple(W(x).view(B, S, self.H, self.dk).transpose(1, 2) for W, x in pairs)


class NoOutputProjection(Fused):
    def out(self, joined, x_q):
        return joined


class Residual(Right):
    def out(self, joined, x_q):
        return x_q + self.W_o(joined)


class KeysValuesTied(Right):
    def make(self, d, bias=False):
        super().make(d, bias)
        self.W_k = self.W_v = nn.Linear(d, d)


class QueriesKeysTied(Right):
    def make(self, d, bias=False):
        super().make(d, bias)
        self.W_q = self.W_k = nn.Linear(d, d)


class BiasLeftOut(Right):
    def make(self, d, bias=False):
        super().make(d, True)

    def project(self, x_q, x_kv):
        pairs = ((self.W_q, x_q), (self.W_k, x_kv), (self.W_v, x_kv))
        return tuple(self.split(torch.einsum("bsi,oi->bso", x, W.weight)) for W, x in pairs)

    def out(self, joined, x_q):
        return F.linear(joined, self.W_o.weight)


class BiasAddedTwice(Right):
    def make(self, d, bias=False):
        super().make(d, True)

    def out(self, joined, x_q):
        y = self.W_o.bias.repeat(*x_q.shape[:2], 1)
        y += self.W_o(joined)
        return y


class DetachedXkv(Fused):
    def project(self, x_q, x_kv):
        return super().project(x_q, x_kv.data)


class DetachedWeights(Right):
    @torch.no_grad()
    def weights(self, scores):
        return F.softmax(scores, -1)


class EverythingDetached(Fused):
    @torch.no_grad()
    def forward(self, x_q, x_kv):
        return super().forward(x_q, x_kv)


class Squeezed(Right):
    def out(self, joined, x_q):
        return torch.squeeze(self.W_o(joined))


class HeadsNeverSwapped(Right):
    def split(self, t):
        return t.contiguous().view(t.size(0), self.H, -1, self.dk)

    def join(self, t):
        return t.contiguous().view(t.size(0), t.size(2), -1)


class NormalisedOverEverything(Right):
    def weights(self, scores):
        e = torch.exp(scores)
        return e / torch.sum(e)


class NoWo(Right):
    def make(self, d, bias=False):
        super().make(d, bias)
        del self.W_o

    def out(self, joined, x_q):
        return joined


SECOND_WAY = {
    "no_w_o": NoWo,
    "normalised_over_everything": NormalisedOverEverything,
    "heads_never_swapped": HeadsNeverSwapped,
    "all_from_x_q": AllFromXq,
    "inputs_swapped": InputsSwapped,
    "attends_to_both": AttendsToBoth,
    "heads_not_split_properly": HeadsNotSplitProperly,
    "heads_not_joined_properly": HeadsNotJoinedProperly,
    "batch_mixed_with_sequence": BatchMixedWithSequence,
    "heads_interleaved": HeadsInterleaved,
    "num_heads_ignored": NumHeadsIgnored,
    "no_scaling": NoScaling,
    "scaled_by_d_model": ScaledByDModel,
    "divided_by_dk": DividedByDk,
    "multiplied_by_root": MultipliedByRoot,
    "softmax_over_queries": SoftmaxOverQueries,
    "softmax_over_heads": SoftmaxOverHeads,
    "no_softmax": NoSoftmax,
    "causal_mask": CausalMask,
    "zero_scores_hidden": ZeroScoresHidden,
    "unshifted_softmax": UnshiftedSoftmax,
    "global_maximum": GlobalMaximum,
    "scores_against_v": ScoresAgainstV,
    "half_of_keys_and_values_idle": HalfOfKeysAndValuesIdle,
    "mixes_keys": MixesKeys,
    "one_length_for_all": OneLengthForAll,
    "no_output_projection": NoOutputProjection,
    "residual": Residual,
    "keys_values_tied": KeysValuesTied,
    "queries_keys_tied": QueriesKeysTied,
    "bias_left_out": BiasLeftOut,
    "bias_added_twice": BiasAddedTwice,
    "detached_x_kv": DetachedXkv,
    "detached_weights": DetachedWeights,
    "everything_detached": EverythingDetached,
    "squeezed": Squeezed,
}
