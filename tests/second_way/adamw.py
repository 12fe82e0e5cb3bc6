"""The mistakes of `adamw` as another learner would write them."""

import torch


class Right:
    """A right optimiser, taken apart so that a mistake is one method."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        self.remember(params)
        self.lr, self.betas, self.eps, self.decay = lr, betas, eps, weight_decay
        self.reset()

    def remember(self, params):
        self.weights = list(params)

    def reset(self):
        self.steps = 0
        self.exp_avg = [self.start(w) for w in self.weights]
        self.exp_avg_sq = [torch.zeros_like(w.data) for w in self.weights]

    def start(self, w):
        return torch.zeros_like(w.data)

    def step(self):
        self.steps += 1
        for i in range(len(self.weights)):
            if self.weights[i].grad is not None:
                self.one(i, self.weights[i], self.weights[i].grad)

    def blend(self, old, new, beta):
        return old * beta + new * (1 - beta)

    def power(self, g):
        return g * g

    def one(self, i, w, g):
        self.exp_avg[i] = self.blend(self.exp_avg[i], g, self.betas[0])
        self.exp_avg_sq[i] = self.blend(self.exp_avg_sq[i], self.power(g), self.betas[1])
        self.move(w, self.lr * self.first(i, g) / self.divisor(i) + self.pull(w))

    def pull(self, w):
        return self.lr * self.decay * w.data

    def move(self, w, by):
        w.data = w.data - by

    def first(self, i, g):
        return self.exp_avg[i] / (1 - self.betas[0] ** self.steps)

    def second(self, i):
        return self.exp_avg_sq[i] / (1 - self.betas[1] ** self.steps)

    def divisor(self, i):
        return torch.sqrt(self.second(i)) + self.eps

    def zero_grad(self):
        for w in self.weights:
            w.grad = None


class FirstNotCorrected(Right):
    def first(self, i, g):
        return self.exp_avg[i]


class SecondNotCorrected(Right):
    def second(self, i):
        return self.exp_avg_sq[i]


class NoBiasCorrection(FirstNotCorrected, SecondNotCorrected):
    pass


class TPerParameter(Right):
    def step(self):
        for i, w in enumerate(self.weights):
            if w.grad is None:
                continue
            self.steps = self.steps + 1
            self.one(i, w, w.grad)


class TFromZero(Right):
    def step(self):
        for i, w in enumerate(self.weights):
            if w.grad is not None:
                self.one(i, w, w.grad)
        self.steps += 1


class TConstant(Right):
    def step(self):
        self.steps = 0
        super().step()


class SharedAverages(Right):
    def reset(self):
        self.steps, self.m, self.v = 0, 0.0, 0.0

    def one(self, i, w, g):
        self.m = self.betas[0] * self.m + (1 - self.betas[0]) * g
        self.v = self.betas[1] * self.v + (1 - self.betas[1]) * g**2
        m, v = self.m / (1 - self.betas[0] ** self.steps), self.v / (1 - self.betas[1] ** self.steps)
        w.data -= self.lr * m / (v.sqrt() + self.eps) + self.pull(w)


STATE: dict = {}


class StateOnTheClass(Right):
    def reset(self):
        super().reset()
        STATE.update(t=0, m=self.exp_avg, v=self.exp_avg_sq)

    def step(self):
        STATE["t"] += 1
        self.steps, self.exp_avg, self.exp_avg_sq = STATE["t"] - 1, STATE["m"], STATE["v"]
        super().step()


class EpsInsideRoot(Right):
    def divisor(self, i):
        return (self.second(i) + self.eps) ** 0.5


class NoEps(Right):
    def divisor(self, i):
        return self.second(i) ** 0.5


class EpsIgnored(Right):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        super().__init__(params, lr, betas, weight_decay=weight_decay)


class BetasExchanged(Right):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        super().__init__(params, lr, betas[::-1], eps, weight_decay)


class BetasIgnored(Right):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        super().__init__(params, lr=lr, eps=eps, weight_decay=weight_decay)


class LrIgnored(Right):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        super().__init__(params, betas=betas, eps=eps, weight_decay=weight_decay)


class BlendSwapped(Right):
    def blend(self, old, new, beta):
        return old * (1 - beta) + new * beta


class NoRoot(Right):
    def divisor(self, i):
        return self.second(i) + self.eps


class NoMomentum(Right):
    def first(self, i, g):
        return g


class Ascends(Right):
    def first(self, i, g):
        return -super().first(i, g)


class ParametersNotMoved(Right):
    def move(self, w, by):
        w = w - by


class StepOnTheGraph(Right):
    def move(self, w, by):
        w -= by


class AveragesOnGraph(Right):
    def start(self, w):
        return w * 0.0


class StopsTracking(Right):
    def move(self, w, by):
        w.detach_()
        w.requires_grad = False
        w -= by


class FailsWithoutGradient(Right):
    def step(self):
        self.steps += 1
        for i, w in enumerate(self.weights):
            self.one(i, w, w.grad)

    def one(self, i, w, g):
        self.exp_avg[i].mul_(self.betas[0]).add_((1 - self.betas[0]) * g)
        self.exp_avg_sq[i] = self.blend(self.exp_avg_sq[i], self.power(g), self.betas[1])
        self.move(w, self.lr * self.first(i, g) / self.divisor(i) + self.pull(w))


class MissingCountsAsZero(Right):
    def step(self):
        self.steps += 1
        for i, w in enumerate(self.weights):
            self.one(i, w, torch.zeros_like(w.data) if w.grad is None else w.grad)


class StopsAtMissing(Right):
    def step(self):
        self.steps += 1
        for i, w in enumerate(self.weights):
            if w.grad is None:
                return
            self.one(i, w, w.grad)


class GeneratorUsedUp(Right):
    def remember(self, params):
        self.weights = params

    def step(self):
        self.steps += 1
        for i, w in enumerate(self.weights):
            if w.grad is not None:
                self.one(i, w, w.grad)


class StepClearsGradients(Right):
    def step(self):
        super().step()
        self.zero_grad()


class ZeroGradDoesNothing(Right):
    def zero_grad(self):
        for w in self.weights:
            w = w.detach()
            w.grad = None


class ZeroGradNeedsGradient(Right):
    def zero_grad(self):
        for w in self.weights:
            w.grad.zero_()


class ZeroGradStopsAtMissing(Right):
    def zero_grad(self):
        for w in self.weights:
            if w.grad is None:
                return
            w.grad = torch.zeros_like(w)


class ZeroGradResets(Right):
    def zero_grad(self):
        super().zero_grad()
        self.reset()


class L2InGradient(Right):
    def one(self, i, w, g):
        super().one(i, w, g + self.decay * w.data)

    def pull(self, w):
        return 0.0


class GradientAltered(Right):
    def one(self, i, w, g):
        g += self.decay * w.data
        super().one(i, w, g)

    def pull(self, w):
        return 0.0


class DecayAfterStep(Right):
    def move(self, w, by):
        w.data = (w.data - by) * (1 - self.lr * self.decay)

    def pull(self, w):
        return 0.0


class DecayWithoutLr(Right):
    def pull(self, w):
        return self.decay * w.data


class DecayIgnored(Right):
    def pull(self, w):
        return 0.0


class DecaySign(Right):
    def pull(self, w):
        return -super().pull(w)


class DecaysSkipped(Right):
    def step(self):
        for w in self.weights:
            w.data *= 1 - self.lr * self.decay
        super().step()

    def pull(self, w):
        return 0.0


class NoDecayOnZeroGradients(Right):
    def pull(self, w):
        return super().pull(w) if bool((w.grad != 0).any()) else 0.0


class DecayInFraction(Right):
    def first(self, i, g):
        return super().first(i, g) + self.decay * self.weights[i].data

    def pull(self, w):
        return 0.0


class DecayInFirstAverage(Right):
    def blend(self, old, new, beta):
        pulled = new + self.decay * self.now.data if old is self.exp_avg[self.place] else new
        return super().blend(old, pulled, beta)

    def one(self, i, w, g):
        self.place, self.now = i, w
        super().one(i, w, g)

    def pull(self, w):
        return 0.0


class DecaysMatricesOnly(Right):
    def pull(self, w):
        return super().pull(w) if w.dim() >= 2 else 0.0


class DefaultDecayZero(Right):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0):
        super().__init__(params, lr, betas, eps, weight_decay)


def snake(name):
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


SECOND_WAY = {
    snake(name): value for name, value in list(globals().items()) if isinstance(value, type) and value is not Right
}
