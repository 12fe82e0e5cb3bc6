"""The mistakes of `batchnorm2d`, each written as another learner would: the diagnosis must name them too."""

import torch
from torch import nn


class Right(nn.Module):
    """A right solution in steps that can go wrong one by one."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.c, self.eps, self.momentum = num_features, eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.make_buffers()

    def make_buffers(self):
        self.register_buffer("running_mean", torch.zeros(self.c))
        self.register_buffer("running_var", torch.ones(self.c))
        self.make_count()

    def make_count(self):
        self.register_buffer("num_batches_tracked", torch.zeros((), dtype=torch.long))

    def check(self, x):
        if x.ndim != 4:
            raise ValueError("rank")
        if x.size(1) != self.c:
            raise ValueError("channels")

    def check_count(self, x):
        if x[:, 0].numel() == 1:
            raise ValueError("one value")

    def col(self, v):
        return v[None, :, None, None] if v.ndim == 1 else v

    def stats(self, x):
        m = x.mean(dim=[0, 2, 3], keepdim=True)
        return m, ((x - m) ** 2).mean(dim=[0, 2, 3], keepdim=True)

    def corrected(self, x, var):
        n = x[:, 0].numel()
        return var / (n - 1) * n

    def count(self):
        self.num_batches_tracked += 1

    def blend(self, name, value, m):
        old = getattr(self, name)
        old.copy_(old * (1 - m) + value.detach().reshape(-1) * m)

    def update(self, x, mean, var):
        self.count()
        self.blend("running_mean", mean, self.momentum)
        self.blend("running_var", self.corrected(x, var), self.momentum)

    def root(self, var):
        return (var + self.eps).sqrt()

    def centre(self, x, mean):
        return x - self.col(mean)

    def normalise(self, x, mean, var):
        return self.centre(x, mean) / self.root(self.col(var))

    def affined(self, y):
        return y * self.col(self.weight) + self.col(self.bias)

    def train_forward(self, x):
        self.check_count(x)
        mean, var = self.stats(x)
        self.update(x, mean, var)
        return self.affined(self.normalise(x, mean, var))

    def eval_forward(self, x):
        return self.affined(self.normalise(x, self.running_mean, self.running_var))

    def forward(self, x):
        self.check(x)
        return self.train_forward(x) if self.training else self.eval_forward(x)


class PerPixel(Right):
    def train_forward(self, x):
        super().train_forward(x)
        m = x.mean(0)
        return self.affined((x - m) / self.root(((x - m) ** 2).mean(0)))


class PerImage(Right):
    def train_forward(self, x):
        super().train_forward(x)
        m = x.mean((2, 3))[:, :, None, None]
        return self.affined((x - m) / self.root(x.var((2, 3), unbiased=False)[:, :, None, None]))


class PerImageEverywhere(Right):
    def stats(self, x):
        m = x.flatten(2).mean(-1)[..., None, None]
        return m, x.flatten(2).var(-1, unbiased=False)[..., None, None]

    def update(self, x, mean, var):
        super().update(x, mean.mean(0), var.mean(0))


class WholeTensor(Right):
    def stats(self, x):
        one = torch.ones(self.c, dtype=x.dtype)
        return x.mean() * one, ((x - x.mean()) ** 2).mean() * one


class CorrectedByBatchSize(Right):
    def corrected(self, x, var):
        n = x.size(0)
        return var / (n - 1) * n if n > 1 else var * 2


class BiasedRunningVar(Right):
    def corrected(self, x, var):
        return var


class UnbiasedOutput(Right):
    def stats(self, x):
        return x.mean((0, 2, 3)), x.var((0, 2, 3))

    def corrected(self, x, var):
        return var


class MeanOfSquares(Right):
    def stats(self, x):
        m = x.mean(dim=(0, 2, 3))
        return m, x.pow(2).mean(dim=(0, 2, 3)) - m.pow(2)


class StatisticsOnLastAxis(Right):
    def normalise(self, x, mean, var):
        return (x - mean.reshape(-1)) / self.root(var.reshape(-1))


class AffineOnLastAxis(Right):
    def affined(self, y):
        return self.weight * y + self.bias


class ChannelsLastAxis(Right):
    def check(self, x):
        if x.ndim != 4:
            raise ValueError("rank")
        if x.size(-1) != self.c:
            raise ValueError("channels")

    def forward(self, x):
        self.check(x)
        x = x.permute(0, 3, 1, 2)
        y = self.train_forward(x) if self.training else self.eval_forward(x)
        return y.permute(0, 2, 3, 1)


class MixedByReshape(Right):
    def stats(self, x):
        rows = x.reshape(self.c, -1)
        m = rows.mean(1)
        return m, ((rows - m[:, None]) ** 2).mean(1)


class OneImageRefused(Right):
    def check_count(self, x):
        if x.size(0) < 2:
            raise ValueError("batch")


class VarianceOfMeans(Right):
    def stats(self, x):
        means = x.flatten(2).mean(2)
        m = means.mean(0)
        return m, ((means - m) ** 2).mean(0)


class MeanOfVariances(Right):
    def stats(self, x):
        return x.mean((0, 2, 3)), x.flatten(2).var(2, unbiased=False).mean(0)


class OneChannelBroadcasts(Right):
    def check(self, x):
        if x.ndim != 4:
            raise ValueError("rank")
        if x.size(1) != 1 and x.size(1) != self.c:
            raise ValueError("channels")


class AnyRank(Right):
    def check(self, x):
        if x.ndim < 2 or x.size(1) != self.c:
            raise ValueError("channels")

    def col(self, v):
        return v

    def forward(self, x):
        self.check(x)
        rest = (1,) * (x.ndim - 2)
        axes = [d for d in range(x.ndim) if d != 1]
        mean, var = self.running_mean, self.running_var
        if self.training:
            self.check_count(x)
            mean, var = x.mean(axes), x.var(axes, unbiased=False)
            self.update(x, mean, var)
        shape = (1, -1, *rest)
        y = (x - mean.reshape(shape)) / self.root(var.reshape(shape))
        return y * self.weight.reshape(shape) + self.bias.reshape(shape)


class SingleValueAccepted(Right):
    def check_count(self, x):
        pass

    def corrected(self, x, var):
        n = x[:, 0].numel()
        return var * n / max(1, n - 1)


class SingleValueRefusedInEval(Right):
    def check(self, x):
        super().check(x)
        self.check_count(x)


class RefusedTooLate(SingleValueAccepted):
    def train_forward(self, x):
        y = super().train_forward(x)
        Right.check_count(self, x)
        return y


class EpsOutside(Right):
    def root(self, var):
        return var.sqrt() + self.eps


class EpsIgnored(Right):
    def root(self, var):
        return torch.sqrt(1e-5 + var)


class EpsAsFloor(Right):
    def root(self, var):
        return torch.maximum(var, torch.tensor(self.eps, dtype=var.dtype)).sqrt()


class NoEps(Right):
    def root(self, var):
        return var**0.5


class BuffersAreAttributes(Right):
    def make_buffers(self):
        self.running_mean, self.running_var = torch.zeros(self.c), torch.ones(self.c)
        self.num_batches_tracked = torch.tensor(0)


class NoCount(Right):
    def make_count(self):
        pass

    def count(self):
        pass


class CountStays(Right):
    def count(self):
        pass


class CountIsAFloat(Right):
    def make_count(self):
        self.register_buffer("num_batches_tracked", torch.zeros(()))


class KeptDimsInBuffers(Right):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__(num_features, eps, momentum)
        self.weight = nn.Parameter(torch.ones(1, num_features, 1, 1))
        self.bias = nn.Parameter(torch.zeros(1, num_features, 1, 1))

    def make_buffers(self):
        self.register_buffer("running_mean", torch.zeros(1, self.c, 1, 1))
        self.register_buffer("running_var", torch.ones(1, self.c, 1, 1))
        self.make_count()

    def blend(self, name, value, m):
        old = getattr(self, name)
        old.mul_(1 - m).add_(m * value.detach())


class BuffersInGraph(Right):
    def blend(self, name, value, m):
        setattr(self, name, (1 - m) * getattr(self, name) + m * value.flatten())


class DetachedStatistics(Right):
    def stats(self, x):
        return super().stats(x.data)


class DetachedVariance(Right):
    def stats(self, x):
        m, v = super().stats(x)
        return m, v.detach()


class EvalUsesBatch(Right):
    def eval_forward(self, x):
        return self.affined(self.normalise(x, *self.stats(x)))


class UpdatesInEval(Right):
    def eval_forward(self, x):
        y = super().eval_forward(x)
        self.update(x, *self.stats(x))
        return y

    def corrected(self, x, var):
        n = x[:, 0].numel()
        return var * n / max(1, n - 1)


class TrainingUsesBuffers(Right):
    def train_forward(self, x):
        super().train_forward(x)
        return self.affined(self.normalise(x, self.running_mean * 1, self.running_var * 1))


class MomentumIgnored(Right):
    def blend(self, name, value, m):
        super().blend(name, value, 0.1)


class MomentumSwapped(Right):
    def blend(self, name, value, m):
        super().blend(name, value, 1 - m)


class ShiftBeforeScale(Right):
    def affined(self, y):
        return (self.col(self.bias) + y) * self.col(self.weight)


class WritesIntoX(Right):
    def centre(self, x, mean):
        x -= self.col(mean)
        return x


class FalsyMomentum(Right):
    def update(self, x, mean, var):
        if not self.momentum:
            self.momentum = 0.1
        super().update(x, mean, var)


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
