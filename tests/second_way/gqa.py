"""The mistakes of `gqa`, each written as another learner would: the diagnosis must name them too."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class Right(nn.Module):
    """A right solution in steps that can go wrong one by one."""

    def __init__(self, d_model, num_heads, num_kv_heads):
        super().__init__()
        self.H, self.G, self.dk = num_heads, num_kv_heads, d_model // num_heads
        self.make(d_model, num_kv_heads * self.dk)

    def make(self, d, kv, bias=False):
        self.W_q, self.W_k = nn.Linear(d, d, bias=bias), nn.Linear(d, kv, bias=bias)
        self.W_v, self.W_o = nn.Linear(d, kv, bias=bias), nn.Linear(d, d, bias=bias)

    def split(self, t, heads):
        return torch.stack(t.split(self.dk, dim=-1), dim=1)

    def join(self, t):
        return torch.cat(t.unbind(1), dim=-1)

    def project(self, x):
        return self.W_q(x), self.W_k(x), self.W_v(x)

    def owners(self):
        return [h // (self.H // self.G) for h in range(self.H)]

    def shared(self, k, v):
        return k[:, self.owners()], v[:, self.owners()]

    def scale(self):
        return self.dk**-0.5

    def scores(self, q, k, v):
        return torch.einsum("bhqd,bhkd->bhqk", q * self.scale(), k)

    def weights(self, scores):
        return F.softmax(scores, -1)

    def mix(self, w, k, v):
        return torch.einsum("bhqk,bhkd->bhqd", w, v)

    def out(self, joined, x):
        return self.W_o(joined)

    def forward(self, x):
        q, k, v = (self.split(t, n) for t, n in zip(self.project(x), (self.H, self.G, self.G), strict=True))
        k, v = self.shared(k, v)
        return self.out(self.join(self.mix(self.weights(self.scores(q, k, v)), k, v)), x)


class KvHeadsTiled(Right):
    def owners(self):
        return [h % self.G for h in range(self.H)]


class OnlyKeysTiled(Right):
    def shared(self, k, v):
        return torch.cat([k] * (self.H // self.G), dim=1), v[:, self.owners()]


class FirstKvHeadOnly(Right):
    def owners(self):
        return [0] * self.H


class KvHeadsAveraged(Right):
    def shared(self, k, v):
        return tuple(t.mean(1)[:, None].expand(-1, self.H, -1, -1) for t in (k, v))


class RepeatedNumKvHeadsTimes(Right):
    def shared(self, k, v):
        return torch.repeat_interleave(k, self.G, 1), torch.repeat_interleave(v, self.G, 1)

    def scores(self, q, k, v):
        return torch.matmul(q, k.mT) * self.scale()


class NotRepeated(RepeatedNumKvHeadsTimes):
    def shared(self, k, v):
        return k, v


class FullSizeKv(Right):
    def __init__(self, d_model, num_heads, num_kv_heads):
        super().__init__(d_model, num_heads, num_heads)


class DkFromKvHeads(Right):
    def __init__(self, d_model, num_heads, num_kv_heads):
        super().__init__(d_model, num_kv_heads, num_kv_heads)


class HeadsNotSplitProperly(Right):
    def split(self, t, heads):
        return t.contiguous().view(t.size(0), heads, t.size(1), self.dk)


class HeadsNotJoinedProperly(Right):
    def join(self, t):
        return t.contiguous().view(t.size(0), t.size(2), -1)


class BatchMixedWithSequence(Right):
    def join(self, t):
        return torch.stack([t[:, :, s].flatten(1) for s in range(t.size(2))]).view(t.size(0), t.size(2), -1)


class HeadsInterleaved(Right):
    def split(self, t, heads):
        return torch.stack([t[..., h::heads] for h in range(heads)], dim=1)

    def join(self, t):
        return torch.stack(t.unbind(1), dim=-1).flatten(-2)


class NoScaling(Right):
    def scale(self):
        return 1.0


class ScaledByDModel(Right):
    def scale(self):
        return 1 / math.sqrt(self.W_q.in_features)


class DividedByDk(Right):
    def scale(self):
        return 1 / self.dk


class MultipliedByRoot(Right):
    def scale(self):
        return math.sqrt(self.dk)


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
        return F.softmax(torch.where(scores.abs() > 0, scores, torch.tensor(-10000.0)), -1)


class UnshiftedSoftmax(Right):
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


class MixesKeys(Right):
    def mix(self, w, k, v):
        return w @ k


class NoOutputProjection(Right):
    def out(self, joined, x):
        return joined


class Residual(Right):
    def out(self, joined, x):
        return x + self.W_o(joined)


class KeysValuesTied(Right):
    def make(self, d, kv, bias=False):
        super().make(d, kv, bias)
        self.W_k = self.W_v = nn.Linear(d, kv)


class BiasLeftOut(Right):
    def make(self, d, kv, bias=False):
        super().make(d, kv, True)

    def project(self, x):
        return tuple(torch.einsum("bsi,oi->bso", x, W.weight) for W in (self.W_q, self.W_k, self.W_v))

    def out(self, joined, x):
        return F.linear(joined, self.W_o.weight)


class DetachedWeights(Right):
    @torch.no_grad()
    def weights(self, scores):
        return F.softmax(scores, -1)


class DetachedKeysValues(Right):
    @torch.no_grad()
    def shared(self, k, v):
        return super().shared(k, v)


class EverythingDetached(Right):
    @torch.no_grad()
    def forward(self, x):
        return super().forward(x)


class Squeezed(Right):
    def out(self, joined, x):
        return self.W_o(joined.squeeze())


class ParametersNotLayers(Right):
    def make(self, d, kv, bias=False):
        for name, n in (("W_q", d), ("W_k", kv), ("W_v", kv), ("W_o", d)):
            setattr(self, name, nn.Parameter(torch.empty(d, n).uniform_(-0.1, 0.1)))

    def project(self, x):
        return x.matmul(self.W_q), x.matmul(self.W_k), x.matmul(self.W_v)

    def out(self, joined, x):
        return joined.matmul(self.W_o)


class ProjectsThenDiscards(Right):
    def make(self, d, kv, bias=False):
        super().make(d, d, bias)

    def project(self, x):
        kv = self.G * self.dk
        return self.W_q(x), self.W_k(x)[..., :kv], self.W_v(x)[..., :kv]


class HeadsNeverSwapped(Right):
    def split(self, t, heads):
        return t.contiguous().view(t.size(0), -1, t.size(1), self.dk)

    def join(self, t):
        return t.contiguous().view(t.size(0), t.size(2), -1)


class NormalisedOverEverything(Right):
    def weights(self, scores):
        e = torch.exp(scores)
        return e / torch.sum(e)


class OnlyValuesTiled(Right):
    def shared(self, k, v):
        return k[:, self.owners()], torch.cat([v] * (self.H // self.G), dim=1)


class DetachedKeys(Right):
    def project(self, *inputs):
        q, k, v = super().project(*inputs)
        return q, k.data, v


class DetachedValues(Right):
    def project(self, *inputs):
        q, k, v = super().project(*inputs)
        return q, k, v.data


SECOND_WAY = {
    "only_values_tiled": OnlyValuesTiled,
    "normalised_over_everything": NormalisedOverEverything,
    "heads_never_swapped": HeadsNeverSwapped,
    "kv_heads_tiled": KvHeadsTiled,
    "only_keys_tiled": OnlyKeysTiled,
    "first_kv_head_only": FirstKvHeadOnly,
    "kv_heads_averaged": KvHeadsAveraged,
    "repeated_num_kv_heads_times": RepeatedNumKvHeadsTimes,
    "not_repeated": NotRepeated,
    "full_size_kv": FullSizeKv,
    "dk_from_kv_heads": DkFromKvHeads,
    "heads_not_split_properly": HeadsNotSplitProperly,
    "heads_not_joined_properly": HeadsNotJoinedProperly,
    "batch_mixed_with_sequence": BatchMixedWithSequence,
    "heads_interleaved": HeadsInterleaved,
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
    "mixes_keys": MixesKeys,
    "no_output_projection": NoOutputProjection,
    "residual": Residual,
    "keys_values_tied": KeysValuesTied,
    "bias_left_out": BiasLeftOut,
    "detached_weights": DetachedWeights,
    "detached_keys_values": DetachedKeysValues,
    "everything_detached": EverythingDetached,
    "squeezed": Squeezed,
    "parameters_not_layers": ParametersNotLayers,
    "projects_then_discards": ProjectsThenDiscards,
}
SECOND_WAY |= {"detached_keys": DetachedKeys, "detached_values": DetachedValues}
