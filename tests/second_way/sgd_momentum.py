"""The mistakes of `sgd_momentum` as another learner would write them."""

import torch


class Right:
    """A right optimiser, taken apart so that a mistake is one method."""

    def __init__(self, params, lr=1e-3, momentum=0.0, weight_decay=0.0, nesterov=False):
        self.remember(params)
        self.lr, self.mu, self.decay, self.nesterov = lr, momentum, weight_decay, nesterov
        self.reset()

    def remember(self, params):
        self.weights = list(params)

    def reset(self):
        self.bufs = {w: self.start(w) for w in self.weights}

    def start(self, w):
        return torch.zeros(w.shape)

    def step(self):
        for w in self.weights:
            if w.grad is not None:
                self.one(w, w.grad)

    def decayed(self, w, g):
        return torch.add(g, w.data, alpha=self.decay)

    def blend(self, old, g):
        return old * self.mu + g

    def ahead(self, w, g, buf):
        return self.mu * buf + g

    def rate(self):
        return self.lr

    def one(self, w, grad):
        g = self.decayed(w, grad)
        self.bufs[w] = self.blend(self.bufs[w], g)
        self.move(w, self.direction(w, g, self.bufs[w]) * self.rate())

    def direction(self, w, g, buf):
        return self.ahead(w, g, buf) if self.nesterov else buf

    def move(self, w, by):
        w.data = w.data - by

    def zero_grad(self):
        for w in self.weights:
            w.grad = None


class Dampening(Right):
    def blend(self, old, g):
        return torch.lerp(g, old, self.mu)


class ZeroGradientSkipped(Right):
    def one(self, w, grad):
        if grad.abs().sum() > 0:
            super().one(w, grad)


class LrInBuffer(Right):
    def decayed(self, w, g):
        return super().decayed(w, g) * self.lr

    def rate(self):
        return 1.0


class LrFixed(Right):
    def reset(self):
        super().reset()
        self.first = self.lr

    def rate(self):
        return self.first


class LrIgnored(Right):
    def __init__(self, params, lr=1e-3, momentum=0.0, weight_decay=0.0, nesterov=False):
        super().__init__(params, 1e-3, momentum, weight_decay, nesterov)


class MomentumIgnored(Right):
    def blend(self, old, g):
        return g


class NeverSlows(Right):
    def blend(self, old, g):
        return old + g


class MomentumOnGradient(Right):
    def blend(self, old, g):
        return old + g * self.mu


class DecayIgnored(Right):
    def decayed(self, w, g):
        return g * 1


class DecaySign(Right):
    def decayed(self, w, g):
        return g - w.data * self.decay


class DecayTimesLr(Right):
    def decayed(self, w, g):
        return g + w.data * (self.decay * self.lr)


class DecoupledDecay(Right):
    def decayed(self, w, g):
        return g.clone()

    def move(self, w, by):
        w.data = w.data * (1 - self.lr * self.decay) - by


class GradientAltered(Right):
    def decayed(self, w, g):
        g += w.data * self.decay
        return g


class NesterovIgnored(Right):
    def ahead(self, w, g, buf):
        return buf


class NesterovAlways(Right):
    def direction(self, w, g, buf):
        return self.ahead(w, g, buf)


class NesterovExchanged(Right):
    def ahead(self, w, g, buf):
        return buf.add(g, alpha=self.mu)


class NesterovUndamped(Right):
    def ahead(self, w, g, buf):
        return buf + g


class NesterovWithoutDecay(Right):
    def ahead(self, w, g, buf):
        return w.grad + buf * self.mu


class NesterovStored(Right):
    def direction(self, w, g, buf):
        self.bufs[w] = super().direction(w, g, buf)
        return self.bufs[w]


class SharedBuffer(Right):
    def reset(self):
        self.velocity = 0.0

    def one(self, w, grad):
        g = self.decayed(w, grad)
        self.velocity = g + self.mu * self.velocity
        self.move(w, self.lr * self.direction(w, g, self.velocity))


STATE: dict = {}


class StateOnTheClass(Right):
    def reset(self):
        STATE["all"] = [self.start(w) for w in self.weights]

    def step(self):
        for i, w in enumerate(self.weights):
            if w.grad is not None:
                g = self.decayed(w, w.grad)
                STATE["all"][i] = self.blend(STATE["all"][i], g)
                self.move(w, self.direction(w, g, STATE["all"][i]) * self.lr)


class Ascends(Right):
    def move(self, w, by):
        w.data += by


class ParametersNotMoved(Right):
    def move(self, w, by):
        w = w.detach() - by


class StepOnTheGraph(Right):
    def move(self, w, by):
        w -= by


class BuffersOnGraph(Right):
    def start(self, w):
        return w - w


class StopsTracking(Right):
    def move(self, w, by):
        w.detach_()
        w.requires_grad = False
        w -= by


class FailsWithoutGradient(Right):
    def step(self):
        for w in self.weights:
            self.one(w, w.grad)

    def decayed(self, w, g):
        return g + self.decay * w.data


class MissingCountsAsZero(Right):
    def step(self):
        for w in self.weights:
            self.one(w, torch.zeros_like(w.data) if w.grad is None else w.grad)


class StopsAtMissing(Right):
    def step(self):
        for w in self.weights:
            if w.grad is None:
                return
            self.one(w, w.grad)


class GeneratorUsedUp(Right):
    def remember(self, params):
        self.weights = params


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


class BufferIsGradient(Right):
    def start(self, w):
        return None

    def decayed(self, w, g):
        return g.add(w.data, alpha=self.decay) if self.decay else g

    def blend(self, old, g):
        if old is None:
            return g
        old *= self.mu
        old += g
        return old


def snake(name):
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


SECOND_WAY = {
    snake(name): value for name, value in list(globals().items()) if isinstance(value, type) and value is not Right
}
