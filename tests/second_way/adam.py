"""The mistakes of `adam` as another learner would write them."""

import torch


class Right:
    """A right optimiser, taken apart so that a mistake is one method."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.remember(params)
        self.lr, self.betas, self.eps = lr, betas, eps
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
        self.move(w, self.lr * self.first(i, g) / self.divisor(i))

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


class CorrectionStored(Right):
    def first(self, i, g):
        self.exp_avg[i] = super().first(i, g)
        return self.exp_avg[i]

    def second(self, i):
        self.exp_avg_sq[i] = super().second(i)
        return self.exp_avg_sq[i]


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


class TOneAhead(Right):
    def reset(self):
        super().reset()
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
        w.data -= self.lr * m / (v.sqrt() + self.eps)


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


class EpsOnUncorrected(Right):
    def divisor(self, i):
        root = (1 - self.betas[1] ** self.steps) ** 0.5
        return (self.exp_avg_sq[i].sqrt() + self.eps) / root


class NoEps(Right):
    def divisor(self, i):
        return self.second(i) ** 0.5


class EpsIgnored(Right):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, lr, betas)


class BetasExchanged(Right):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, lr, betas[::-1], eps)


class BetasIgnored(Right):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, lr=lr, eps=eps)


class LrIgnored(Right):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, betas=betas, eps=eps)


class BlendSwapped(Right):
    def blend(self, old, new, beta):
        return old * (1 - beta) + new * beta


class NoSquare(Right):
    def power(self, g):
        return torch.abs(g)


class NoRoot(Right):
    def divisor(self, i):
        return self.second(i) + self.eps


class NoMomentum(Right):
    def first(self, i, g):
        return g


class Ascends(Right):
    def move(self, w, by):
        w.data = w.data + by


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
        self.move(w, self.lr * self.first(i, g) / self.divisor(i))


class MissingCountsAsZero(Right):
    def step(self):
        self.steps += 1
        for i, w in enumerate(self.weights):
            self.one(i, w, torch.zeros_like(w.data) if w.grad is None else w.grad)


class SkipsZeroGradients(Right):
    def one(self, i, w, g):
        if g.abs().max() > 0:
            super().one(i, w, g)


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


class GradientOverwritten(Right):
    def one(self, i, w, g):
        self.exp_avg_sq[i] = self.blend(self.exp_avg_sq[i], self.power(g), self.betas[1])
        g *= 1 - self.betas[0]
        self.exp_avg[i] = self.exp_avg[i] * self.betas[0] + g
        self.move(w, self.lr * self.first(i, g) / self.divisor(i))


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


SECOND_WAY = {
    "no_bias_correction": NoBiasCorrection,
    "first_not_corrected": FirstNotCorrected,
    "second_not_corrected": SecondNotCorrected,
    "correction_stored": CorrectionStored,
    "t_per_parameter": TPerParameter,
    "t_from_zero": TFromZero,
    "t_one_ahead": TOneAhead,
    "t_constant": TConstant,
    "shared_averages": SharedAverages,
    "state_on_the_class": StateOnTheClass,
    "eps_inside_root": EpsInsideRoot,
    "eps_on_uncorrected": EpsOnUncorrected,
    "no_eps": NoEps,
    "eps_ignored": EpsIgnored,
    "betas_exchanged": BetasExchanged,
    "betas_ignored": BetasIgnored,
    "lr_ignored": LrIgnored,
    "blend_swapped": BlendSwapped,
    "no_square": NoSquare,
    "no_root": NoRoot,
    "no_momentum": NoMomentum,
    "ascends": Ascends,
    "parameters_not_moved": ParametersNotMoved,
    "step_on_the_graph": StepOnTheGraph,
    "averages_on_graph": AveragesOnGraph,
    "stops_tracking": StopsTracking,
    "fails_without_gradient": FailsWithoutGradient,
    "missing_counts_as_zero": MissingCountsAsZero,
    "stops_at_missing": StopsAtMissing,
    "skips_zero_gradients": SkipsZeroGradients,
    "generator_used_up": GeneratorUsedUp,
    "step_clears_gradients": StepClearsGradients,
    "gradient_overwritten": GradientOverwritten,
    "zero_grad_does_nothing": ZeroGradDoesNothing,
    "zero_grad_needs_gradient": ZeroGradNeedsGradient,
    "zero_grad_stops_at_missing": ZeroGradStopsAtMissing,
    "zero_grad_resets": ZeroGradResets,
}
