"""The mistakes of `gpt2_block`, each written as another learner would: the diagnosis must name them too."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class Right(nn.Module):
    """A right solution in steps that can go wrong one by one."""

    fill = float("-inf")

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.D, self.H, self.dk = d_model, num_heads, d_model // num_heads
        for name in ("W_q", "W_k", "W_v", "W_o"):
            setattr(self, name, nn.Linear(d_model, d_model, bias=False))
        self.ln1, self.ln2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(*self.layers(d_model))

    def layers(self, d):
        return [nn.Linear(d, 4 * d), self.act(), nn.Linear(4 * d, d)]

    def act(self):
        return nn.GELU()

    def split(self, t):
        return torch.stack(t.split(self.dk, dim=-1), dim=1)

    def join(self, t):
        return torch.cat(t.unbind(1), dim=-1)

    def scale(self):
        return self.dk**-0.5

    def allowed(self, n):
        return torch.ones(n, n).tril() > 0

    def weights(self, scores, allowed):
        return F.softmax(torch.where(allowed, scores, torch.tensor(self.fill)), -1)

    def attend(self, x):
        q, k, v = (self.split(W(x)) for W in (self.W_q, self.W_k, self.W_v))
        w = self.weights(torch.einsum("bhqd,bhkd->bhqk", q * self.scale(), k), self.allowed(x.size(1)))
        return self.project(self.join(torch.einsum("bhqk,bhkd->bhqd", w, v)))

    def project(self, t):
        return self.W_o(t)

    def first(self, x):
        return self.attend(self.ln1(x)) + x

    def second(self, h):
        return self.mlp(self.ln2(h)) + h

    def forward(self, x):
        return self.second(self.first(x))


class PostNorm(Right):
    def first(self, x):
        return self.ln1(self.attend(x) + x)

    def second(self, h):
        return self.ln2(self.mlp(h) + h)


class NormOnTheAnswers(Right):
    def first(self, x):
        return self.ln1(self.attend(x)) + x

    def second(self, h):
        return self.ln2(self.mlp(h)) + h


class NoAttentionResidual(Right):
    def first(self, x):
        return self.attend(self.ln1(x))


class NoMlpResidual(Right):
    def second(self, h):
        return self.mlp(self.ln2(h))


class NoResiduals(NoAttentionResidual, NoMlpResidual):
    pass


class NormalisedXAdded(Right):
    def first(self, x):
        return super().first(x) - x + self.ln1(x)


class NormalisedHAdded(Right):
    def second(self, h):
        n = self.ln2(h)
        return n + self.mlp(n)


class BothNormalisedAdded(NormalisedXAdded, NormalisedHAdded):
    pass


class Parallel(Right):
    def forward(self, x):
        return x + self.attend(self.ln1(x)) + self.mlp(self.ln2(x))


class XAddedAgain(Right):
    def forward(self, x):
        return x + self.mlp(self.ln2(self.first(x)))


class MlpFirst(Right):
    def forward(self, x):
        h = self.mlp(self.ln1(x)) + x
        return self.attend(self.ln2(h)) + h


class AttentionNotNormalised(Right):
    def first(self, x):
        return x + self.attend(x)


class MlpNotNormalised(Right):
    def second(self, h):
        return h + self.mlp(h)


class NotNormalised(AttentionNotNormalised, MlpNotNormalised):
    pass


class OneNormForBoth(Right):
    def second(self, h):
        return h + self.mlp(self.ln1(h))


class NormsSwapped(Right):
    def first(self, x):
        return x + self.attend(self.ln2(x))

    def second(self, h):
        return h + self.mlp(self.ln1(h))


class FinalNorm(Right):
    def forward(self, x):
        out = super().forward(x)
        return (out - out.mean(-1, keepdim=True)) / (out.var(-1, keepdim=True, correction=0) + 1e-5).sqrt()


class NoMask(Right):
    def allowed(self, n):
        return torch.tensor(True)


class SeesOnlyThePast(Right):
    def allowed(self, n):
        return torch.ones(n, n).tril(-1) > 0


class SeesOnlyThePastFinitely(SeesOnlyThePast):
    fill = -1e12


class SeesTheNext(Right):
    def allowed(self, n):
        return torch.ones(n, n).tril(1) > 0


class SeesOnlyTheFuture(Right):
    def allowed(self, n):
        return torch.ones(n, n).triu() > 0


class ScoresZeroed(Right):
    def weights(self, scores, allowed):
        return F.softmax(scores * allowed, -1)


class ZeroScoresHidden(Right):
    def weights(self, scores, allowed):
        scores = torch.tril(scores)
        return F.softmax(torch.where(scores.bool(), scores, torch.tensor(self.fill)), -1)


class ZeroScoresHiddenFinitely(ZeroScoresHidden):
    fill = -1e9


class MaskedAfterSoftmax(Right):
    def weights(self, scores, allowed):
        return F.softmax(scores, -1) * allowed.float()


class WeakMask(Right):
    fill = -100.0


class SoftmaxOverQueries(Right):
    def weights(self, scores, allowed):
        return F.softmax(scores.masked_fill(~allowed, -math.inf), 2)


class NoScaling(Right):
    def scale(self):
        return 1.0


class ScaledByDModel(Right):
    def scale(self):
        return 1 / math.sqrt(self.D)


class DividedByDk(Right):
    def scale(self):
        return 1 / self.dk


class OneHead(Right):
    def __init__(self, d_model, num_heads):
        super().__init__(d_model, num_heads)
        self.dk = d_model


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
    def project(self, t):
        return t


class UnshiftedSoftmax(Right):
    def weights(self, scores, allowed):
        e = torch.exp(scores.masked_fill(~allowed, -math.inf))
        return e / e.sum(-1)[..., None]


class ReluMlp(Right):
    def act(self):
        return nn.Threshold(0.0, 0.0)


class SiluMlp(Right):
    class Swish(nn.Module):
        def forward(self, z):
            return z * torch.sigmoid(z)

    act = Swish


class NoActivation(Right):
    def layers(self, d):
        return [nn.Linear(d, 4 * d), nn.Linear(4 * d, d)]


class ActivationAtTheEnd(Right):
    def second(self, h):
        return h + F.gelu(self.mlp(self.ln2(h)))


class MlpNotWidened(Right):
    def layers(self, d):
        return [nn.Linear(d, d), nn.GELU(), nn.Linear(d, d)]


class TiedProjections(Right):
    def __init__(self, d_model, num_heads):
        super().__init__(d_model, num_heads)
        self.W_v = self.W_k


class TiedNorms(Right):
    def __init__(self, d_model, num_heads):
        super().__init__(d_model, num_heads)
        self.ln2 = self.ln1


class NormWithoutWeights(Right):
    def __init__(self, d_model, num_heads):
        super().__init__(d_model, num_heads)
        self.ln1 = nn.LayerNorm(d_model, elementwise_affine=False)
        self.ln2 = nn.LayerNorm(d_model, elementwise_affine=False)


class Dropout(Right):
    def __init__(self, d_model, num_heads):
        nn.Module.__init__(self)
        self.D, self.H, self.dk = d_model, num_heads, d_model // num_heads
        self.ln1, self.ln2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        for name in ("W_q", "W_k", "W_v", "W_o"):
            setattr(self, name, nn.Linear(d_model, d_model))
        self.mlp = nn.Sequential(*self.layers(d_model))

    def second(self, h):
        return h + F.dropout(self.mlp(self.ln2(h)), 0.1, self.training)


class WritesIntoX(Right):
    def first(self, x):
        x += self.attend(self.ln1(x))
        return x


class DetachedInput(Right):
    def forward(self, x):
        return super().forward(x.data)


class DetachedResidual(Right):
    def first(self, x):
        return self.attend(self.ln1(x)) + x.data


class DetachedAttention(Right):
    @torch.no_grad()
    def attend(self, x):
        return super().attend(x)


class DetachedWeights(Right):
    @torch.no_grad()
    def weights(self, scores, allowed):
        return super().weights(scores, allowed)


class OutsideTheGraph(Right):
    @torch.no_grad()
    def forward(self, x):
        return super().forward(x)


class LearnedGain(Right):
    def __init__(self, d_model, num_heads):
        super().__init__(d_model, num_heads)
        self.alpha = nn.Parameter(torch.ones(1))

    def second(self, h):
        return h + self.alpha * self.mlp(self.ln2(h))


class IdleLayer(Right):
    def __init__(self, d_model, num_heads):
        super().__init__(d_model, num_heads)
        self.W_x = nn.Linear(d_model, d_model, bias=False)


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
    def attend(self, x):
        q, k = self.split(self.W_q(x)), self.split(self.W_k(x))
        w = self.weights(q * self.scale() @ k.mT, self.allowed(x.size(1)))
        return self.project(self.join(w @ k))


class MaskOfMinus1000(Right):
    fill = -1000.0


class MaskOfMinus1000Added(Right):
    def weights(self, scores, allowed):
        return F.softmax(scores - 1000.0 * (~allowed), -1)


class DetachedKeys(Right):
    def attend(self, x):
        layer, self.W_k = self.W_k, Cut(self.W_k)
        out = super().attend(x)
        self.W_k = layer
        return out


class DetachedValues(Right):
    def attend(self, x):
        layer, self.W_v = self.W_v, Cut(self.W_v)
        out = super().attend(x)
        self.W_v = layer
        return out


class Cut(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x).data


SECOND_WAY = {
    "values_by_w_k": ValuesByWk,
    "normalised_over_everything": NormalisedOverEverything,
    "heads_never_swapped": HeadsNeverSwapped,
    "post_norm": PostNorm,
    "norm_on_the_answers": NormOnTheAnswers,
    "no_attention_residual": NoAttentionResidual,
    "no_mlp_residual": NoMlpResidual,
    "no_residuals": NoResiduals,
    "normalised_x_added": NormalisedXAdded,
    "normalised_h_added": NormalisedHAdded,
    "both_normalised_added": BothNormalisedAdded,
    "parallel": Parallel,
    "x_added_again": XAddedAgain,
    "mlp_first": MlpFirst,
    "attention_not_normalised": AttentionNotNormalised,
    "mlp_not_normalised": MlpNotNormalised,
    "not_normalised": NotNormalised,
    "one_norm_for_both": OneNormForBoth,
    "norms_swapped": NormsSwapped,
    "final_norm": FinalNorm,
    "no_mask": NoMask,
    "sees_only_the_past": SeesOnlyThePast,
    "sees_only_the_past_finitely": SeesOnlyThePastFinitely,
    "sees_the_next": SeesTheNext,
    "sees_only_the_future": SeesOnlyTheFuture,
    "scores_zeroed": ScoresZeroed,
    "zero_scores_hidden": ZeroScoresHidden,
    "zero_scores_hidden_finitely": ZeroScoresHiddenFinitely,
    "masked_after_softmax": MaskedAfterSoftmax,
    "weak_mask": WeakMask,
    "softmax_over_queries": SoftmaxOverQueries,
    "no_scaling": NoScaling,
    "scaled_by_d_model": ScaledByDModel,
    "divided_by_dk": DividedByDk,
    "one_head": OneHead,
    "heads_not_split_properly": HeadsNotSplitProperly,
    "heads_interleaved": HeadsInterleaved,
    "heads_not_joined_properly": HeadsNotJoinedProperly,
    "no_output_projection": NoOutputProjection,
    "unshifted_softmax": UnshiftedSoftmax,
    "relu_mlp": ReluMlp,
    "silu_mlp": SiluMlp,
    "no_activation": NoActivation,
    "activation_at_the_end": ActivationAtTheEnd,
    "mlp_not_widened": MlpNotWidened,
    "tied_projections": TiedProjections,
    "tied_norms": TiedNorms,
    "norm_without_weights": NormWithoutWeights,
    "dropout": Dropout,
    "writes_into_x": WritesIntoX,
    "detached_input": DetachedInput,
    "detached_residual": DetachedResidual,
    "detached_attention": DetachedAttention,
    "detached_weights": DetachedWeights,
    "outside_the_graph": OutsideTheGraph,
    "idle_layer": IdleLayer,
    "learned_gain": LearnedGain,
}
SECOND_WAY |= {
    "mask_of_minus_1000": MaskOfMinus1000,
    "mask_of_minus_1000_added": MaskOfMinus1000Added,
    "detached_keys": DetachedKeys,
    "detached_values": DetachedValues,
}
