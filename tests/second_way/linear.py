"""The mistakes of `linear` as another learner would write them."""

import math

import torch
from torch import nn


class Layer(nn.Module):
    """A right layer, taken apart so that a mistake is one method."""

    def __init__(self, in_features, out_features):
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = nn.Parameter(self.first_weight())
        self.bias = nn.Parameter(self.first_bias())

    def scale(self):
        return 1 / math.sqrt(self.in_features)

    def first_weight(self):
        return torch.empty(self.out_features, self.in_features).normal_(0, self.scale())

    def first_bias(self):
        return torch.zeros(self.out_features)

    def forward(self, x):
        return torch.addmm(self.bias, x, self.weight.t())


class TransposedWeight(Layer):
    def first_weight(self):
        return torch.empty(self.in_features, self.out_features).normal_(0, self.scale())

    def forward(self, x):
        return torch.addmm(self.bias, x, self.weight)


class NotTransposed(Layer):
    def forward(self, x):
        return torch.matmul(x, self.weight) + self.bias


class WeightNoLeaf:
    def __init__(self, in_features, out_features):
        weight = torch.empty(out_features, in_features).normal_().requires_grad_()
        self.weight = weight * in_features**-0.5
        self.bias = nn.Parameter(torch.zeros(out_features))

    def forward(self, x):
        return torch.einsum("ni,oi->no", x, self.weight) + self.bias


class WeightNotTracked(Layer):
    def __init__(self, in_features, out_features):
        super().__init__(in_features, out_features)
        self.weight.requires_grad = False


class BiasNotTracked(Layer):
    def __init__(self, in_features, out_features):
        super().__init__(in_features, out_features)
        self.bias.requires_grad_(False)


class NothingTracked:
    def __init__(self, in_features, out_features):
        self.weight = torch.normal(torch.zeros(out_features, in_features), 1 / math.sqrt(in_features))
        self.bias = torch.tensor([0.0] * out_features)

    def forward(self, x):
        return self.bias + x.mm(self.weight.T)


class NotScaled(Layer):
    def scale(self):
        return 1.0


class Kaiming(Layer):
    def first_weight(self):
        return nn.init.kaiming_normal_(torch.empty(self.out_features, self.in_features))


class ScaledByOut(Layer):
    def scale(self):
        return self.out_features**-0.5


class DividedByIn(Layer):
    def scale(self):
        return 1 / self.in_features


class MultipliedByRoot(Layer):
    def scale(self):
        return self.in_features**0.5


class Uniform(Layer):
    def first_weight(self):
        return torch.empty(self.out_features, self.in_features).uniform_(-self.scale(), self.scale())


class UniformSameStd(Layer):
    def first_weight(self):
        bound = math.sqrt(3) * self.scale()
        return torch.empty(self.out_features, self.in_features).uniform_(-bound, bound)


class RandForRandn(Layer):
    def first_weight(self):
        return torch.rand(self.out_features, self.in_features) * self.scale()


class ZeroWeight(Layer):
    def first_weight(self):
        return torch.zeros(self.out_features, self.in_features)


class RandomBias(Layer):
    def first_bias(self):
        return torch.empty(self.out_features).uniform_(-self.scale(), self.scale())


class BiasIsARow(Layer):
    def first_bias(self):
        return torch.zeros(1, self.out_features)


class SubtractsBias(Layer):
    def forward(self, x):
        return torch.addmm(self.bias, x, self.weight.t(), beta=-1)


class ForgetsBias(Layer):
    def forward(self, x):
        return torch.einsum("ni,oi->no", x, self.weight)


class Reseeds(Layer):
    def first_weight(self):
        generator = torch.Generator().manual_seed(42)
        shape = self.out_features, self.in_features
        return torch.randn(shape, generator=generator) * self.scale()


class DetachedParameters(Layer):
    def forward(self, x):
        with torch.no_grad():
            weight, bias = 1 * self.weight, 1 * self.bias
        return torch.addmm(bias, x, weight.T)


class DetachedWeight(Layer):
    def forward(self, x):
        return torch.addmm(self.bias, x, self.weight.detach().t())


class DetachedBias(Layer):
    def forward(self, x):
        return torch.addmm(self.bias.detach(), x, self.weight.t())


class DetachedInput(Layer):
    def forward(self, x):
        return torch.addmm(self.bias, x.data, self.weight.t())


class NoGradForward(Layer):
    @torch.no_grad()
    def forward(self, x):
        return super().forward(x)


class ViewFromConstruction(Layer):
    def __init__(self, in_features, out_features):
        super().__init__(in_features, out_features)
        self.matrix = self.weight.transpose(0, 1)

    def forward(self, x):
        return torch.mm(x, self.matrix).add(self.bias)


class CopyFromConstruction(Layer):
    def __init__(self, in_features, out_features):
        super().__init__(in_features, out_features)
        self.matrix = self.weight.data.t().clone()
        self.offset = self.bias.data.clone()

    def forward(self, x):
        return torch.matmul(x, self.matrix) + self.offset


class ScalesInForward(Layer):
    def forward(self, x):
        return x @ (self.weight * self.scale()).T + self.bias


class Squeezed(Layer):
    def forward(self, x):
        return torch.squeeze(super().forward(x))


class NumbersTied(Layer):
    def first_weight(self):
        rows = nn.init.orthogonal_(torch.empty(self.out_features, self.in_features))
        return rows * (max(rows.shape) / self.in_features) ** 0.5


class Standardised(Layer):
    def first_weight(self):
        drawn = torch.randn(self.out_features, self.in_features)
        return (drawn - torch.mean(drawn)) / torch.std(drawn) * self.scale()


SECOND_WAY = {
    "transposed_weight": TransposedWeight,
    "not_transposed": NotTransposed,
    "weight_no_leaf": WeightNoLeaf,
    "weight_not_tracked": WeightNotTracked,
    "bias_not_tracked": BiasNotTracked,
    "nothing_tracked": NothingTracked,
    "not_scaled": NotScaled,
    "kaiming": Kaiming,
    "scaled_by_out": ScaledByOut,
    "divided_by_in": DividedByIn,
    "multiplied_by_root": MultipliedByRoot,
    "uniform": Uniform,
    "uniform_same_std": UniformSameStd,
    "rand_for_randn": RandForRandn,
    "zero_weight": ZeroWeight,
    "random_bias": RandomBias,
    "bias_is_a_row": BiasIsARow,
    "subtracts_bias": SubtractsBias,
    "forgets_bias": ForgetsBias,
    "reseeds": Reseeds,
    "detached_parameters": DetachedParameters,
    "detached_weight": DetachedWeight,
    "detached_bias": DetachedBias,
    "detached_input": DetachedInput,
    "no_grad_forward": NoGradForward,
    "view_from_construction": ViewFromConstruction,
    "copy_from_construction": CopyFromConstruction,
    "scales_in_forward": ScalesInForward,
    "squeezed": Squeezed,
}


class TailsCutOff(Layer):
    def first_weight(self):
        weight, s = torch.empty(self.out_features, self.in_features), self.scale()
        return nn.init.trunc_normal_(weight, std=s, a=-2.8 * s, b=2.8 * s)


SECOND_WAY |= {"numbers_tied": NumbersTied, "standardised": Standardised, "tails_cut_off": TailsCutOff}


class OneInputMore(Layer):
    def scale(self):
        return (1 + self.in_features) ** -0.5


SECOND_WAY |= {"one_input_more": OneInputMore}
