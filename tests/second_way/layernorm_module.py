"""The mistakes of `layernorm_module`, each written as another learner would: the diagnosis must name them too."""

import torch
from torch import nn


class Right(nn.Module):
    """A right solution in steps that can go wrong one by one."""

    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True):
        super().__init__()
        self.shape = self.as_tuple(normalized_shape)
        self.eps, self.affine = eps, elementwise_affine
        self.make()

    def as_tuple(self, shape):
        return (shape,) if type(shape) is int else tuple(shape)

    def make(self):
        if self.affine:
            self.weight = nn.Parameter(torch.ones(self.shape))
            self.bias = nn.Parameter(torch.zeros(self.shape))

    def check(self, x):
        if x.ndim < len(self.shape) or tuple(x.shape[x.ndim - len(self.shape) :]) != self.shape:
            raise ValueError("shape")

    def axes(self, x):
        return [x.ndim - 1 - i for i in range(len(self.shape))]

    def stats(self, x):
        mean = torch.mean(x, dim=self.axes(x), keepdim=True)
        return mean, torch.mean((x - mean) ** 2, dim=self.axes(x), keepdim=True)

    def root(self, var):
        return (var + self.eps) ** 0.5

    def centre(self, x, mean):
        return x - mean

    def affined(self, y):
        return torch.addcmul(self.bias, self.weight, y) if self.affine else y

    def forward(self, x):
        self.check(x)
        mean, var = self.stats(x)
        return self.affined(self.centre(x, mean) / self.root(var))


class LastAxisOnly(Right):
    def axes(self, x):
        return [x.ndim - 1]


class LeadingAxes(Right):
    def axes(self, x):
        return list(range(x.ndim - len(self.shape))) or [0]


class AllButBatch(Right):
    def axes(self, x):
        return [0] if x.ndim == 1 else list(range(1, x.ndim))


class WholeTensor(Right):
    def stats(self, x):
        return x.mean(), ((x - x.mean()) ** 2).mean()


class AffineOfLastAxis(Right):
    def make(self):
        if self.affine:
            self.weight = nn.Parameter(torch.ones(self.shape[-1:]))
            self.bias = nn.Parameter(torch.zeros(self.shape[-1:]))


class FlatAffine(Right):
    def make(self):
        if self.affine:
            n = torch.Size(self.shape).numel()
            self.weight, self.bias = nn.Parameter(torch.ones(n)), nn.Parameter(torch.zeros(n))

    def affined(self, y):
        return y * self.weight.reshape(self.shape) + self.bias.reshape(self.shape) if self.affine else y


class UnbiasedVariance(Right):
    def stats(self, x):
        return x.mean(self.axes(x), keepdim=True), torch.var(x, self.axes(x), keepdim=True)


class IntOnly(Right):
    def as_tuple(self, shape):
        return (int(shape),)


class TupleOnly(Right):
    def as_tuple(self, shape):
        return tuple(n for n in shape)


class ListDoesNotCompare(Right):
    def as_tuple(self, shape):
        return (shape,) if type(shape) is int else shape


class TrailingOneBroadcasts(Right):
    def check(self, x):
        if x.ndim < len(self.shape):
            raise ValueError("rank")
        for got, want in zip(reversed(x.shape), reversed(self.shape), strict=False):
            if got != want and got != 1:
                raise ValueError("shape")


class LastAxisChecked(Right):
    def check(self, x):
        if x.size(-1) != self.shape[-1]:
            raise ValueError("last axis")

    def axes(self, x):
        return list(range(-min(x.ndim, len(self.shape)), 0))

    def affined(self, y):
        if self.affine and y.shape[y.ndim - len(self.shape) :] != self.shape and y.ndim >= len(self.shape):
            return y
        return super().affined(y)


class NoCheck(Right):
    def check(self, x):
        pass

    def axes(self, x):
        return list(range(-min(x.ndim, len(self.shape)), 0))


class AffineIgnored(Right):
    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True):
        super().__init__(normalized_shape, eps)


class FrozenAffine(AffineIgnored):
    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True):
        super().__init__(normalized_shape, eps)
        if not elementwise_affine:
            self.requires_grad_(False)


class RunningStatistics(Right):
    def make(self):
        super().make()
        self.register_buffer("running_mean", torch.tensor(0.0))
        self.register_buffer("running_var", torch.tensor(1.0))

    def stats(self, x):
        if not self.training:
            return self.running_mean, self.running_var
        mean, var = super().stats(x)
        self.running_mean = 0.9 * self.running_mean + 0.1 * mean.mean().detach()
        self.running_var = 0.9 * self.running_var + 0.1 * var.mean().detach()
        return mean, var


class EpsOutside(Right):
    def root(self, var):
        return self.eps + var.sqrt()


class EpsIgnored(Right):
    def root(self, var):
        return torch.sqrt(var + 1e-5)


class DefaultEps(Right):
    def __init__(self, normalized_shape, eps=0.000001, elementwise_affine=True):
        super().__init__(normalized_shape, eps, elementwise_affine)


class NoEps(Right):
    def root(self, var):
        return var.sqrt()


class WeightIsNoParameter(Right):
    def make(self):
        if self.affine:
            self.weight, self.bias = torch.ones(self.shape), torch.zeros(self.shape)


class OtherNames(Right):
    def make(self):
        if self.affine:
            self.gamma, self.beta = nn.Parameter(torch.ones(self.shape)), nn.Parameter(torch.zeros(self.shape))

    def affined(self, y):
        return self.gamma * y + self.beta if self.affine else y


class MeanOfVariances(Right):
    def stats(self, x):
        mean, _ = super().stats(x)
        rows = ((x - x.mean(-1, keepdim=True)) ** 2).mean(-1, keepdim=True)
        return mean, rows.mean(self.axes(x), keepdim=True)


class ShiftBeforeScale(Right):
    def affined(self, y):
        return self.weight * (self.bias + y) if self.affine else y


class AffineNotApplied(Right):
    def affined(self, y):
        return y


class NotCentred(Right):
    def centre(self, x, mean):
        return x


class DetachedStatistics(Right):
    @torch.no_grad()
    def stats(self, x):
        return super().stats(x)


class DetachedVariance(Right):
    def stats(self, x):
        mean, var = super().stats(x)
        return mean, var.data


class EpsAsFloor(Right):
    def root(self, var):
        return torch.where(var < self.eps, self.eps, var).sqrt()


class CountCompared(Right):
    def check(self, x):
        if x[(0,) * (x.ndim - len(self.shape))].numel() != torch.ones(self.shape).numel() or x.ndim < len(self.shape):
            raise ValueError("count")


class SingleValueRefused(Right):
    def check(self, x):
        super().check(x)
        if torch.Size(self.shape).numel() < 2:
            raise ValueError("one value")


class WritesIntoX(Right):
    def centre(self, x, mean):
        if x.requires_grad:
            return x
        x -= mean
        return x


class DifferenceOfMoments(Right):
    def stats(self, x):
        mean = x.mean(self.axes(x), keepdim=True)
        return mean, torch.mean(x * x, dim=self.axes(x), keepdim=True) - mean * mean


SECOND_WAY = {
    "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_"): value
    for name, value in list(globals().items())
    if isinstance(value, type) and value is not Right
}
OtherNames.__name__ = "MyLayerNorm"  # Python's error names the class
