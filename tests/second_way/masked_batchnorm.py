"""The mistakes of `masked_batchnorm`, each written as another learner would: the diagnosis must name them too."""

import torch


class Right:
    """A right solution in steps that can go wrong one by one."""

    def mask(self, x, lengths):
        return (torch.arange(x.shape[1])[None, :] < lengths.reshape(-1, 1))[:, :, None]

    def clean(self, x, mask):
        return torch.where(mask, x, torch.zeros(()))

    def count(self, x, mask):
        return mask.sum().item()

    def mean(self, x, mask):
        return self.clean(x, mask).sum(1).sum(0) / self.count(x, mask)

    def var(self, x, mask, mean):
        return self.clean((x - mean) ** 2, mask).sum(1).sum(0) / self.count(x, mask)

    def corrected(self, x, mask, var):
        n = mask.sum().item()
        return var * (n / (n - 1))

    def blend(self, buffer, value, momentum):
        buffer.copy_((1 - momentum) * buffer + momentum * value.detach())

    def update(self, x, mask, mean, var, running_mean, running_var, momentum):
        self.blend(running_mean, mean, momentum)
        self.blend(running_var, self.corrected(x, mask, var), momentum)

    def root(self, var, eps):
        return torch.sqrt(var + eps)

    def affined(self, y, weight, bias):
        return weight * y + bias

    def out(self, y, mask, training):
        return self.clean(y, mask)

    def inner(self, x, mask):
        return self.clean(x, mask)

    def stats(self, x, mask):
        mean = self.mean(x, mask)
        return mean, self.var(x, mask, mean)

    def evaluated(self, x, mask, running_mean, running_var, momentum):
        return running_mean, running_var

    def __call__(self, x, lengths, weight, bias, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
        mask = self.mask(x, lengths)
        raw, x = x, self.inner(x, mask)
        if training:
            mean, var = self.stats(x, mask)
            self.update(x, mask, mean, var, running_mean, running_var, momentum)
            mean, var = self.used(mean, var, running_mean, running_var)
        else:
            mean, var = self.evaluated(x, mask, running_mean, running_var, momentum)
        y = self.affined((self.numerator(raw, x) - mean) / self.root(var, eps), weight, bias)
        return self.out(y, mask, training)

    def used(self, mean, var, running_mean, running_var):
        return mean, var

    def numerator(self, raw, x):
        return x


class PaddingCounted(Right):
    def inner(self, x, mask):
        return x

    def stats(self, x, mask):
        return x.mean((0, 1)), x.var((0, 1), unbiased=False)

    def corrected(self, x, mask, var):
        n = x[..., 0].numel()
        return var * n / (n - 1)


class PaddingAsZeros(Right):
    def stats(self, x, mask):
        return x.mean((0, 1)), x.var((0, 1), unbiased=False)

    def corrected(self, x, mask, var):
        n = x[..., 0].numel()
        return var * n / (n - 1)


class ZerosInTheVariance(Right):
    def var(self, x, mask, mean):
        return ((x - mean) ** 2).sum((0, 1)) / mask.sum()


class DividedByAllSteps(Right):
    def count(self, x, mask):
        return x.shape[0] * x.shape[1]

    def corrected(self, x, mask, var):
        n = x.shape[0] * x.shape[1]
        return var * n / (n - 1)


class PaddingNotZeroed(Right):
    def out(self, y, mask, training):
        return y


class MultipliedByMask(Right):
    def clean(self, x, mask):
        return x * mask.float()


class OutputMaskedAlone(Right):
    def numerator(self, raw, x):
        return raw


class MeanOfRowMeans(Right):
    def mean(self, x, mask):
        rows = [row[m[:, 0]].mean(0) for row, m in zip(x, mask, strict=True) if m.any()]
        return torch.stack(rows).mean(0)


class MomentsOfRowMoments(MeanOfRowMeans):
    def var(self, x, mask, mean):
        rows = [((row[m[:, 0]] - mean) ** 2).mean(0) for row, m in zip(x, mask, strict=True) if m.any()]
        return torch.stack(rows).mean(0)


class BiasedRunningVar(Right):
    def corrected(self, x, mask, var):
        return var


class UnbiasedOutput(Right):
    def stats(self, x, mask):
        real = x[mask[..., 0]]
        return real.mean(0), real.var(0)

    def corrected(self, x, mask, var):
        return var


class CorrectedByRows(Right):
    def corrected(self, x, mask, var):
        return var / (x.size(0) - 1) * x.size(0)


class CorrectedByAllSteps(Right):
    def corrected(self, x, mask, var):
        n = x.size(0) * x.size(1)
        return var / (n - 1) * n


class PerTimeStep(Right):
    def used(self, mean, var, running_mean, running_var):
        return self.kept

    def stats(self, x, mask):
        n = mask.float().sum(0).clamp(min=1)
        m = x.sum(0) / n
        self.kept = m, torch.where(mask, (x - m) ** 2, torch.tensor(0.0)).sum(0) / n
        return super().stats(x, mask)


class OffByOne(Right):
    def mask(self, x, lengths):
        return (torch.arange(x.shape[1]) <= lengths[:, None]).unsqueeze(-1)


class OneStepTooFew(Right):
    def mask(self, x, lengths):
        return (torch.arange(x.shape[1]) < lengths[:, None] - 1).unsqueeze(-1)


class CountFromLengths(Right):
    def mask(self, x, lengths):
        self.n = lengths.sum().item()
        return self.wrong(torch.arange(x.shape[1]), lengths[:, None]).unsqueeze(-1)

    def count(self, x, mask):
        return self.n

    def corrected(self, x, mask, var):
        return var * (self.n / (self.n - 1))


class OffByOneForTheMask(CountFromLengths):
    def wrong(self, steps, lengths):
        return steps <= lengths


class OneStepTooFewForTheMask(CountFromLengths):
    def wrong(self, steps, lengths):
        return steps < lengths - 1


class EvalForgetsTheMask(Right):
    def out(self, y, mask, training):
        return self.clean(y, mask) if training else y


class BuffersNeverChange(Right):
    def blend(self, buffer, value, momentum):
        buffer = (1 - momentum) * buffer + momentum * value


class BuffersInGraph(Right):
    def blend(self, buffer, value, momentum):
        buffer.mul_(1 - momentum).add_(momentum * value)


class UpdatesInEval(Right):
    def evaluated(self, x, mask, running_mean, running_var, momentum):
        before = running_mean.clone(), running_var.clone()
        self.update(x, mask, *self.stats(x, mask), running_mean, running_var, momentum)
        return before

    def corrected(self, x, mask, var):
        n = mask.sum().item()
        return var * n / max(1, n - 1)


class EvalUsesBatch(Right):
    def evaluated(self, x, mask, running_mean, running_var, momentum):
        return self.stats(x, mask)


class TrainingUsesBuffers(Right):
    def used(self, mean, var, running_mean, running_var):
        return running_mean * 1, running_var * 1


class WritesIntoX(Right):
    def inner(self, x, mask):
        if x.requires_grad:
            return self.clean(x, mask)
        x[~mask.expand_as(x)] = 0
        return x


class MaskOverFeatures(Right):
    def mask(self, x, lengths):
        return torch.arange(x.shape[1]) < lengths[:, None]


class EpsOutside(Right):
    def root(self, var, eps):
        return var**0.5 + eps


class EpsIgnored(Right):
    def root(self, var, eps):
        return (var + 0.00001) ** 0.5


class NoEps(Right):
    def root(self, var, eps):
        return var**0.5


class MomentumIgnored(Right):
    def blend(self, buffer, value, momentum):
        super().blend(buffer, value, 0.1)


class MomentumSwapped(Right):
    def blend(self, buffer, value, momentum):
        super().blend(buffer, value, 1 - momentum)


class DetachedStatistics(Right):
    @torch.no_grad()
    def stats(self, x, mask):
        return super().stats(x, mask)


class ShiftBeforeScale(Right):
    def affined(self, y, weight, bias):
        return (y + bias) * weight


class Squeezed(Right):
    def __call__(self, *arguments):
        return torch.squeeze(super().__call__(*arguments))


def as_function(solution):
    def masked_batch_norm(x, lengths, weight, bias, running_mean, running_var, eps=1e-5, momentum=0.1, training=True):
        return solution(x, lengths, weight, bias, running_mean, running_var, eps, momentum, training)

    return masked_batch_norm


class FalsyMomentum(Right):
    def blend(self, buffer, value, momentum):
        super().blend(buffer, value, momentum if momentum else 0.1)


class DifferenceOfMoments(Right):
    def var(self, x, mask, mean):
        return self.clean(x * x, mask).sum(1).sum(0) / self.count(x, mask) - mean**2


SECOND_WAY = {
    "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_"): as_function(value())
    for name, value in list(globals().items())
    if isinstance(value, type) and value not in (Right, CountFromLengths)
}
