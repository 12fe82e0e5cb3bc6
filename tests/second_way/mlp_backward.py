"""The mistakes of `mlp_backward`, each written as another learner would: the diagnosis must name them too."""

import torch
import torch.nn.functional as F


class Right:
    """A right solution in steps that can go wrong one by one."""

    def linear(self, x, w, b):
        return torch.addmm(b, x, w.t())

    def probs(self, z):
        return F.log_softmax(z, 1).exp()

    def loss(self, z, t):
        return (torch.logsumexp(z, 1) - z[range(len(z)), t]).mean()

    def dz(self, z, t):
        return (self.probs(z) - F.one_hot(t, z.size(1)).to(z.dtype)) / len(z)

    def mask(self, d, a, h):
        return torch.where(a > 0, d, torch.zeros_like(d))

    def w(self, d, x):
        return torch.mm(d.t(), x)

    w1 = w2 = w

    def b1(self, d):
        return torch.ones(len(d), dtype=d.dtype) @ d

    b2 = b1

    def back1(self, d, w):
        return torch.mm(d, w)

    back2 = back1

    def seen_by_second(self, a, h):
        return h

    def first(self, dh, da):
        return da

    def keys(self, grads):
        return grads

    def run(self, x, w1, b1, w2, b2, t):
        x, w1, b1, w2, b2 = (v.detach() for v in (x, w1, b1, w2, b2))
        a = self.linear(x, w1, b1)
        h = (a + a.abs()) / 2
        z = self.linear(h, w2, b2)
        d = self.dz(z, t)
        dh = self.back2(d, w2)
        da = self.mask(dh, a, h)
        d1 = self.first(dh, da)
        grads = {"w2": self.w2(d, self.seen_by_second(a, h)), "b2": self.b2(d), "w1": self.w1(d1, x), "b1": self.b1(d1)}
        return self.loss(z, t), self.keys(grads | {"x": self.back1(da, w1)})


class MeanForgotten(Right):
    def dz(self, z, t):
        return self.probs(z) - F.one_hot(t, z.size(1))


class DividedByAllLogits(Right):
    def dz(self, z, t):
        return super().dz(z, t) / z.size(1)


class NoMask(Right):
    def mask(self, d, a, h):
        return d


class MaskOfTheGradient(Right):
    def mask(self, d, a, h):
        return torch.relu(d)


class MaskInverted(Right):
    def mask(self, d, a, h):
        return d.masked_fill(a > 0, 0)


class MultipliedByH(Right):
    def mask(self, d, a, h):
        return d * torch.relu(a)


class B1OverUnits(Right):
    def b1(self, d):
        return d.sum(-1)


class BiasesOverUnits(B1OverUnits):
    b2 = B1OverUnits.b1


class BiasesNotSummed(Right):
    def b1(self, d):
        return d * 1

    b2 = b1


class W1Transposed(Right):
    def w1(self, d, x):
        return x.t() @ d


class WeightsTransposed(W1Transposed):
    w2 = W1Transposed.w1


class OnehotForgotten(Right):
    def dz(self, z, t):
        return self.probs(z) / len(z)


class OneEverywhere(Right):
    def dz(self, z, t):
        p = self.probs(z)
        p[:, t] = p[:, t] - 1
        return p / len(z)


class Overflow(Right):
    def probs(self, z):
        e = z.exp()
        return e / e.sum(1)[:, None]

    def loss(self, z, t):
        return -self.probs(z)[range(len(z)), t].log().mean()


class LogOfZero(Right):
    def loss(self, z, t):
        return -self.probs(z).gather(1, t[:, None]).log().mean()


class LogOfZeroPlusABit(Right):
    def loss(self, z, t):
        return -torch.log(self.probs(z).gather(1, t[:, None]) + 1e-8).mean()


class W2FromA(Right):
    def seen_by_second(self, a, h):
        return a


class BiasesAveraged(Right):
    def b1(self, d):
        return d.mean(0)

    b2 = b1


class B2Averaged(Right):
    def b2(self, d):
        return d.sum(0) / len(d)


class W2TheWrongWayRound(Right):
    def back2(self, d, w):
        return d @ w.t() if w.size(0) == w.size(1) else d @ w


class W1TheWrongWayRound(Right):
    def back1(self, d, w):
        return d @ w.t() if w.size(0) == w.size(1) else d @ w


class XForgotten(Right):
    def keys(self, grads):
        return {k: v for k, v in grads.items() if k != "x"}


class FirstLayerUnmasked(Right):
    def first(self, dh, da):
        return dh


class LossSummed(Right):
    def loss(self, z, t):
        return super().loss(z, t) * len(z)


class LossNotReduced(Right):
    def loss(self, z, t):
        return torch.logsumexp(z, 1) - z[range(len(z)), t]


class WrongSign(Right):
    def dz(self, z, t):
        return (F.one_hot(t, z.size(1)) - self.probs(z)) / len(z)


class SoftmaxOverRows(Right):
    def probs(self, z):
        return F.softmax(z, 0)


class WeightsNotTransposedInForward(Right):
    def linear(self, x, w, b):
        return x @ w + b if w.size(0) == w.size(1) else super().linear(x, w, b)


class Float32Only(Right):
    def run(self, *arguments):
        return super().run(*(v.float() if v.is_floating_point() else v for v in arguments))


def as_function(solution):
    def mlp_backward(x, w1, b1, w2, b2, target):
        return solution.run(x, w1, b1, w2, b2, target)

    return mlp_backward


def snake(name):
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


SECOND_WAY = {
    snake(name): as_function(value())
    for name, value in list(globals().items())
    if isinstance(value, type) and value is not Right
}
