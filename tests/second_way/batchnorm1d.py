"""The mistakes of `batchnorm1d`, each written as another learner would: the diagnosis must name them too."""

import torch
from torch import nn


class Right(nn.Module):
    """A right solution in steps that can go wrong one by one."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True):
        super().__init__()
        self.c, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track = affine, track_running_stats
        self.make_affine()
        self.make_buffers()

    def make_affine(self):
        if self.affine:
            self.weight = nn.Parameter(torch.ones(self.c))
            self.bias = nn.Parameter(torch.zeros(self.c))

    def make_buffers(self):
        if self.track:
            self.register_buffer("running_mean", torch.zeros(self.c))
            self.register_buffer("running_var", torch.ones(self.c))
            self.register_buffer("num_batches_tracked", torch.zeros((), dtype=torch.long))

    def check(self, x):
        if x.ndim not in (2, 3):
            raise ValueError("rank")
        if x.size(1) != self.c:
            raise ValueError("channels")

    def check_count(self, x):
        if x.numel() == x.size(1):
            raise ValueError("one value")

    def col(self, v, x):
        return v.reshape(1, -1, 1) if x.ndim == 3 else v.reshape(1, -1)

    def axes(self, x):
        return (0,) if x.ndim == 2 else (0, 2)

    def stats(self, x):
        var, mean = torch.var_mean(x, dim=self.axes(x), correction=0)
        return mean, var

    def corrected(self, x, var):
        n = x.numel() / x.size(1)
        return var * (n / (n - 1))

    def rate(self):
        return 1.0 / self.num_batches_tracked.item() if self.momentum is None else self.momentum

    def count(self, x):
        self.num_batches_tracked.add_(1)

    def update(self, x, mean, var):
        self.count(x)
        m = self.rate()
        self.running_mean.lerp_(mean.detach(), m)
        self.running_var.lerp_(self.corrected(x, var).detach(), m)

    def live(self):
        return self.training or not self.track

    def root(self, var):
        return (var + self.eps) ** 0.5

    def affined(self, y, x):
        return torch.addcmul(self.col(self.bias, x), y, self.col(self.weight, x)) if self.affine else y

    def forward(self, x):
        self.check(x)
        if self.live():
            self.check_count(x)
            mean, var = self.stats(x)
            if self.track:
                self.update(x, mean, var)
        else:
            mean, var = self.running_mean, self.running_var
        return self.affined((x - self.col(mean, x)) / self.root(self.col(var, x)), x)


class BiasedRunningVar(Right):
    def corrected(self, x, var):
        return var


class UnbiasedOutput(Right):
    def stats(self, x):
        return x.mean(self.axes(x)), x.var(self.axes(x))

    def corrected(self, x, var):
        return var


class CorrectedByBatchSize(Right):
    def corrected(self, x, var):
        return var / (x.size(0) - 1) * x.size(0)


class CorrectedTwice(Right):
    def corrected(self, x, var):
        return super().corrected(x, x.var(self.axes(x)))


class BuffersAreAttributes(Right):
    def make_buffers(self):
        if self.track:
            self.running_mean, self.running_var = torch.zeros(self.c), torch.ones(self.c)
            self.num_batches_tracked = torch.tensor(0)


class CountIsAnAttribute(Right):
    def make_buffers(self):
        super().make_buffers()
        if self.track:
            del self.num_batches_tracked
            self.num_batches_tracked = torch.tensor(0)


class CountIsAFloat(Right):
    def make_buffers(self):
        super().make_buffers()
        if self.track:
            self.num_batches_tracked = torch.zeros(())


class CountOfOneElement(Right):
    def make_buffers(self):
        super().make_buffers()
        if self.track:
            self.num_batches_tracked = torch.tensor([0])


class BuffersAreParameters(Right):
    def make_buffers(self):
        if self.track:
            self.running_mean = nn.Parameter(torch.zeros(self.c), requires_grad=False)
            self.running_var = nn.Parameter(torch.ones(self.c), requires_grad=False)
            self.register_buffer("num_batches_tracked", torch.tensor(0))


class LengthNotReduced(Right):
    def forward(self, x):
        if x.ndim == 2 or not self.live():
            return super().forward(x)
        self.check(x)
        self.check_count(x)
        if self.track:
            self.update(x, *self.stats(x))
        m = x.mean(0, keepdim=True)
        v = ((x - m) ** 2).mean(0, keepdim=True)
        return self.affined((x - m) / self.root(v), x)


class AffineOnLastAxis(Right):
    def affined(self, y, x):
        return y * self.weight + self.bias if self.affine else y


class StatisticsOnLastAxis(Right):
    def forward(self, x):
        self.check(x)
        if self.live():
            self.check_count(x)
            m, v = self.stats(x)
            if self.track:
                self.update(x, m, v)
        else:
            m, v = self.running_mean, self.running_var
        return self.affined((x - m) / self.root(v), x)


class ChannelsLast(Right):
    def forward(self, x):
        if x.ndim == 3 and x.size(-1) == self.c:
            return super().forward(x.mT).mT
        return super().forward(x)


class MixedByReshape(Right):
    def forward(self, x):
        self.check(x)
        return super().forward(x.reshape(-1, self.c)).reshape(x.shape)


class NoneIsATenth(Right):
    def rate(self):
        return 0.1 if self.momentum is None else self.momentum


class FalsyMomentum(Right):
    def rate(self):
        return self.momentum or 1 / self.num_batches_tracked.item()


class CountAfterUse(Right):
    def update(self, x, mean, var):
        m = self.momentum
        if m is None:
            m = 1 / max(1, self.num_batches_tracked.item())
        self.running_mean.copy_((1 - m) * self.running_mean + m * mean.detach())
        self.running_var.copy_((1 - m) * self.running_var + m * self.corrected(x, var).detach())
        self.count(x)


class OneOverCountPlusOne(Right):
    def rate(self):
        return (1 + self.num_batches_tracked.item()) ** -1 if self.momentum is None else self.momentum


class CountMissing(Right):
    k = 0

    def count(self, x):
        self.k += 1

    def rate(self):
        return 1 / self.k if self.momentum is None else self.momentum


class CountOnlyForNone(Right):
    def count(self, x):
        if self.momentum is None:
            self.num_batches_tracked += 1


class CountsSamples(Right):
    def count(self, x):
        self.num_batches_tracked += x.shape[0]


class ZerosAndOnesInEval(Right):
    def forward(self, x):
        if self.training or self.track:
            return super().forward(x)
        self.check(x)
        return self.affined(x / self.root(torch.ones(())), x)


class TracksAllTheSame(Right):
    def make_buffers(self):
        self.register_buffer("running_mean", torch.zeros(self.c))
        self.register_buffer("running_var", torch.ones(self.c))
        self.register_buffer("num_batches_tracked", torch.tensor(0))


class TrackingIgnored(Right):
    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True):
        super().__init__(num_features, eps, momentum, affine, True)


class AffineIgnored(Right):
    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True):
        super().__init__(num_features, eps, momentum, True, track_running_stats)


class OneChannelBroadcasts(Right):
    def check(self, x):
        if x.ndim not in (2, 3):
            raise ValueError("rank")
        if x.size(1) > 1 and x.size(1) != self.c:
            raise ValueError("channels")


class AnyRank(Right):
    def check(self, x):
        if x.ndim == 1:
            if len(x) != self.c:
                raise ValueError("channels")
        elif x.size(1) != self.c:
            raise ValueError("channels")

    def check_count(self, x):
        if x.ndim == 1 or x.numel() == x.size(1):
            raise ValueError("one value")

    def axes(self, x):
        return [d for d in range(x.ndim) if d != 1]

    def col(self, v, x):
        return v.reshape(1, -1, *(1 for _ in x.shape[2:]))


class SingleValueAccepted(Right):
    def check_count(self, x):
        pass

    def corrected(self, x, var):
        return var * (x.numel() / x.size(1)) / max(1, x.numel() / x.size(1) - 1)


class OneRowRefused(Right):
    def check_count(self, x):
        if x.size(0) < 2:
            raise ValueError("one sample")


class SingleRowRefusedInEval(Right):
    def check(self, x):
        super().check(x)
        self.check_count(x)


class SingleRowPassesWithoutTracking(Right):
    def check_count(self, x):
        if self.training:
            super().check_count(x)


class BuffersInGraph(Right):
    def update(self, x, mean, var):
        self.count(x)
        m = self.rate()
        self.running_mean = (1 - m) * self.running_mean + m * mean
        self.running_var = (1 - m) * self.running_var + m * self.corrected(x, var)


class DetachedStatistics(Right):
    def stats(self, x):
        with torch.no_grad():
            return super().stats(x)


class DetachedVariance(Right):
    def stats(self, x):
        mean, var = super().stats(x)
        return mean, var.data


class EvalUsesBatch(Right):
    def forward(self, x):
        if self.live():
            return super().forward(x)
        self.check(x)
        m, v = self.stats(x)
        return self.affined((x - self.col(m, x)) / self.root(self.col(v, x)), x)


class UpdatesInEval(Right):
    def forward(self, x):
        y = super().forward(x)
        if self.track and not self.training:
            self.update(x, *self.stats(x))
        return y

    def corrected(self, x, var):
        return var if x.numel() == x.size(1) else super().corrected(x, var)


class TrainingUsesBuffers(Right):
    def forward(self, x):
        if not (self.track and self.training):
            return super().forward(x)
        self.check(x)
        self.check_count(x)
        self.update(x, *self.stats(x))
        m, v = self.running_mean * 1, self.running_var * 1
        return self.affined((x - self.col(m, x)) / self.root(self.col(v, x)), x)


class ModeOfItsOwn(Right):
    def live(self):
        return True


class MomentumIgnored(Right):
    def rate(self):
        return super().rate() if self.momentum is None else 0.1


class MomentumSwapped(Right):
    def rate(self):
        return super().rate() if self.momentum is None else 1 - self.momentum


class EpsOutside(Right):
    def root(self, var):
        return var**0.5 + self.eps


class EpsIgnored(Right):
    def root(self, var):
        return (var + 0.00001).sqrt()


class EpsAsFloor(Right):
    def root(self, var):
        return torch.where(var > self.eps, var, self.eps) ** 0.5


class NoEps(Right):
    def root(self, var):
        return var.sqrt()


class StoresStd(Right):
    def corrected(self, x, var):
        return super().corrected(x, var) ** 0.5


class ShiftBeforeScale(Right):
    def affined(self, y, x):
        return self.col(self.weight, x) * (self.col(self.bias, x) + y) if self.affine else y


class AffineNotApplied(Right):
    def affined(self, y, x):
        return y


class WeightStartsRandom(Right):
    def make_affine(self):
        super().make_affine()
        if self.affine:
            nn.init.normal_(self.weight)


class VarianceStartsAtZero(Right):
    def make_buffers(self):
        super().make_buffers()
        if self.track:
            self.running_var = torch.zeros(self.c)


class RefusedTooLate(Right):
    def check_count(self, x):
        pass

    def corrected(self, x, var):
        return var if x.numel() == x.size(1) else super().corrected(x, var)

    def forward(self, x):
        y = super().forward(x)
        if self.live():
            Right.check_count(self, x)
        return y


class WritesIntoX(Right):
    def forward(self, x):
        self.check(x)
        if self.live():
            self.check_count(x)
            mean, var = self.stats(x)
            if self.track:
                self.update(x, mean, var)
        else:
            mean, var = self.running_mean, self.running_var
        x -= self.col(mean, x)
        return self.affined(x / self.root(self.col(var, x)), x)


class DifferenceOfMoments(Right):
    def stats(self, x):
        mean = x.mean(self.axes(x))
        return mean, (x * x).mean(self.axes(x)) - mean**2


class FollowsAutograd(Right):
    def forward(self, x):
        mode = self.training
        self.training = mode and torch.is_grad_enabled()
        try:
            return super().forward(x)
        finally:
            self.training = mode


SECOND_WAY = {
    "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_"): value
    for name, value in list(globals().items())
    if isinstance(value, type) and value is not Right
}
