"""The mistakes of `kv_cache`, each written as another learner would: the diagnosis must name them too."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class Right(nn.Module):
    """A right solution in steps that can go wrong one by one."""

    fill, bias = float("-inf"), False

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.H, self.dk = num_heads, d_model // num_heads
        for name in ("W_q", "W_k", "W_v", "W_o"):
            setattr(self, name, nn.Linear(d_model, d_model, bias=self.bias))

    def split(self, t):
        return torch.stack(t.split(self.dk, dim=-1), dim=1)

    def join(self, t):
        return torch.cat(t.unbind(1), dim=-1)

    def new(self, x):
        return tuple(self.split(W(x)) for W in (self.W_q, self.W_k, self.W_v))

    def grown(self, cache, k, v):
        return (k, v) if cache is None else (torch.cat((cache[0], k), -2), torch.cat((cache[1], v), -2))

    def scale(self, q):
        return self.dk**-0.5

    def allowed(self, n, total, cache):
        return torch.arange(total) <= (torch.arange(n) + total - n).view(-1, 1)

    def scores(self, q, k, v):
        return torch.einsum("bhqd,bhkd->bhqk", q * self.scale(q), k)

    def weights(self, scores, allowed):
        return F.softmax(torch.where(allowed, scores, torch.tensor(self.fill)), -1)

    def attend(self, q, k, v, cache):
        w = self.weights(self.scores(q, k, v), self.allowed(q.size(2), k.size(2), cache))
        return self.join(torch.einsum("bhqk,bhkd->bhqd", w, v))

    def out(self, joined):
        return self.W_o(joined)

    def forward(self, x, cache=None):
        q, k, v = self.new(x)
        k, v = self.grown(cache, k, v)
        return self.out(self.attend(q, k, v, cache)), (k, v)


class MaskWithoutCacheOnly(Right):
    def allowed(self, n, total, cache):
        return super().allowed(n, total, cache) if cache is None else torch.tensor(True)


class MaskWithoutOffset(Right):
    def allowed(self, n, total, cache):
        return torch.tril(torch.ones(n, total)) > 0


class NoMask(Right):
    def allowed(self, n, total, cache):
        return torch.ones(n, total).bool()


class SeesOnlyThePast(Right):
    def allowed(self, n, total, cache):
        return torch.arange(total) < (torch.arange(n) + total - n).view(-1, 1)


class SeesOnlyThePastFinitely(SeesOnlyThePast):
    fill = -1e12


class SeesTheNext(Right):
    def allowed(self, n, total, cache):
        return torch.arange(total) <= (torch.arange(n) + total - n + 1).view(-1, 1)


class ScoresZeroed(Right):
    def weights(self, scores, allowed):
        return F.softmax(scores * allowed, -1)


class ZeroScoresHidden(Right):
    def weights(self, scores, allowed):
        scores = scores * allowed
        scores[scores == 0] = self.fill
        return F.softmax(scores, -1)


class ZeroScoresHiddenFinitely(ZeroScoresHidden):
    fill = -1e9


class MaskedAfterSoftmax(Right):
    def weights(self, scores, allowed):
        return F.softmax(scores, -1) * allowed.float()


class WeakMask(Right):
    fill = -100.0


class NoScaling(Right):
    def scale(self, q):
        return 1.0


class ScaledByDModel(Right):
    def scale(self, q):
        return 1 / math.sqrt(self.W_q.in_features)


class DividedByDk(Right):
    def scale(self, q):
        return 1 / self.dk


class ScoresAgainstV(Right):
    def scores(self, q, k, v):
        return q @ v.mT * self.scale(q)


class CacheSwapped(Right):
    def forward(self, x, cache=None):
        out, (k, v) = super().forward(x, None if cache is None else (cache[1], cache[0]))
        return out, (v, k)


class NewBeforePast(Right):
    def grown(self, cache, k, v):
        return (k, v) if cache is None else (torch.cat((k, cache[0]), -2), torch.cat((v, cache[1]), -2))


class OnlyNewCached(Right):
    def forward(self, x, cache=None):
        q, k, v = self.new(x)
        return self.W_o(self.attend(q, *self.grown(cache, k, v), cache)), (k, v)


class CacheIgnored(Right):
    def forward(self, x, cache=None):
        return super().forward(x)


class CacheIsAList(Right):
    def forward(self, x, cache=None):
        out, cache = super().forward(x, cache)
        return out, list(cache)


class HeadsNotSplitProperly(Right):
    def split(self, t):
        return t.contiguous().view(t.size(0), self.H, t.size(1), self.dk)


class HeadsInterleaved(Right):
    def split(self, t):
        return torch.stack([t[..., h :: self.H] for h in range(self.H)], dim=1)

    def join(self, t):
        return torch.stack(t.unbind(1), dim=-1).flatten(-2)


class HeadsNotJoinedProperly(Right):
    def join(self, t):
        return t.contiguous().view(t.size(0), t.size(2), -1)


class NoOutputProjection(Right):
    def out(self, joined):
        return joined


class BiasLeftOut(Right):
    bias = True

    def new(self, x):
        return tuple(self.split(F.linear(x, W.weight)) for W in (self.W_q, self.W_k, self.W_v))

    def out(self, joined):
        return torch.einsum("bsi,oi->bso", joined, self.W_o.weight)


class BiasAddedTwice(Right):
    bias = True

    def out(self, joined):
        heads = zip(joined.split(self.dk, -1), self.W_o.weight.split(self.dk, 1), strict=True)
        y = sum((head @ block.T for head, block in heads), start=self.W_o.bias)
        return y + self.W_o.bias


class UnshiftedSoftmax(Right):
    def weights(self, scores, allowed):
        e = torch.exp(scores.masked_fill(~allowed, -math.inf))
        return e / e.sum(-1)[..., None]


class TiedProjections(Right):
    def __init__(self, d_model, num_heads):
        super().__init__(d_model, num_heads)
        self.W_k = self.W_v = nn.Linear(d_model, d_model)


class DetachedCacheTooEarly(Right):
    def new(self, x):
        with torch.no_grad():
            _, k, v = super().new(x)
        return self.split(self.W_q(x)), k, v


class EverythingDetached(Right):
    @torch.no_grad()
    def forward(self, x, cache=None):
        return super().forward(x, cache)


class Squeezed(Right):
    def out(self, joined):
        return torch.squeeze(self.W_o(joined))


class CacheOnSelf(Right):
    def forward(self, x, cache=None):
        out, self.cache = super().forward(x, self.cache if cache is not None else None)
        return out, self.cache


class GrowsCallersCache(Right):
    def grown(self, cache, k, v):
        if cache is None:
            return k, v
        for old, more in zip(cache, (k, v), strict=True):
            old.set_(torch.cat((old, more), 2).detach())
        return cache


class OneBufferForAll(Right):
    def grown(self, cache, k, v):
        past, n = (0 if cache is None else cache[0].size(2)), k.size(2)
        if not past:
            self.k, self.v = k.new_zeros(*k.shape[:2], 99, self.dk), k.new_zeros(*k.shape[:2], 99, self.dk)
        self.k.data[:, :, past : past + n], self.v.data[:, :, past : past + n] = k.data, v.data
        return torch.cat((self.k[:, :, :past], k), 2), torch.cat((self.v[:, :, :past], v), 2)

    def forward(self, x, cache=None):
        out, (k, _) = super().forward(x, cache)
        return out, (self.k[:, :, : k.size(2)], self.v[:, :, : k.size(2)])


class CachesInputs(Right):
    def forward(self, x, cache=None):
        all_x = x if cache is None else torch.cat([self.join(cache[0]), x], 1)
        q, k, v = self.split(self.W_q(x)), self.split(self.W_k(all_x)), self.split(self.W_v(all_x))
        return self.W_o(self.attend(q, k, v, cache)), (self.split(all_x), self.split(all_x))


class RemembersInputs(Right):
    def forward(self, x, cache=None):
        self.memory = getattr(self, "memory", {})
        all_x = x if cache is None else torch.cat([self.memory[id(cache[0])], x], 1)
        q, k, v = self.new(all_x)
        self.memory[id(k)] = all_x
        return self.W_o(self.attend(q[:, :, -x.size(1) :], k, v, cache)), (k, v)


class HeadsNeverSwapped(Right):
    def split(self, t):
        return t.contiguous().view(t.size(0), self.H, -1, self.dk)

    def join(self, t):
        return t.contiguous().view(t.size(0), t.size(2), -1)


class NormalisedOverEverything(Right):
    def weights(self, scores, allowed):
        e = torch.exp(torch.where(allowed, scores, torch.tensor(self.fill)))
        return e / torch.sum(e)


class ValuesByWk(Right):
    def new(self, x):
        q, k, _ = super().new(x)
        return q, k, k


class MaskOfMinus1000(Right):
    fill = -1000.0


class MaskOfMinus1000Added(Right):
    def scores(self, q, k, v):
        hidden = ~super().allowed(q.shape[-2], k.shape[-2], None)
        return super().scores(q, k, v) - 1000.0 * hidden

    def allowed(self, n, total, cache):
        return torch.ones(n, total) > 0


class DetachedKeys(Right):
    def new(self, x):
        q, k, v = super().new(x)
        return q, k.data, v


class DetachedValues(Right):
    def new(self, x):
        q, k, v = super().new(x)
        return q, k, v.data


SECOND_WAY = {
    "values_by_w_k": ValuesByWk,
    "normalised_over_everything": NormalisedOverEverything,
    "heads_never_swapped": HeadsNeverSwapped,
    "mask_without_cache_only": MaskWithoutCacheOnly,
    "mask_without_offset": MaskWithoutOffset,
    "no_mask": NoMask,
    "sees_only_the_past": SeesOnlyThePast,
    "sees_only_the_past_finitely": SeesOnlyThePastFinitely,
    "sees_the_next": SeesTheNext,
    "scores_zeroed": ScoresZeroed,
    "zero_scores_hidden": ZeroScoresHidden,
    "zero_scores_hidden_finitely": ZeroScoresHiddenFinitely,
    "masked_after_softmax": MaskedAfterSoftmax,
    "weak_mask": WeakMask,
    "no_scaling": NoScaling,
    "scaled_by_d_model": ScaledByDModel,
    "divided_by_dk": DividedByDk,
    "scores_against_v": ScoresAgainstV,
    "cache_swapped": CacheSwapped,
    "new_before_past": NewBeforePast,
    "only_new_cached": OnlyNewCached,
    "cache_ignored": CacheIgnored,
    "cache_is_a_list": CacheIsAList,
    "heads_not_split_properly": HeadsNotSplitProperly,
    "heads_interleaved": HeadsInterleaved,
    "heads_not_joined_properly": HeadsNotJoinedProperly,
    "no_output_projection": NoOutputProjection,
    "bias_left_out": BiasLeftOut,
    "bias_added_twice": BiasAddedTwice,
    "unshifted_softmax": UnshiftedSoftmax,
    "tied_projections": TiedProjections,
    "detached_cache_too_early": DetachedCacheTooEarly,
    "everything_detached": EverythingDetached,
    "cache_on_self": CacheOnSelf,
    "grows_callers_cache": GrowsCallersCache,
    "one_buffer_for_all": OneBufferForAll,
    "caches_inputs": CachesInputs,
    "remembers_inputs": RemembersInputs,
    "squeezed": Squeezed,
}
SECOND_WAY |= {
    "mask_of_minus_1000": MaskOfMinus1000,
    "mask_of_minus_1000_added": MaskOfMinus1000Added,
    "detached_keys": DetachedKeys,
    "detached_values": DetachedValues,
}
