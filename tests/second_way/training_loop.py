"""The mistakes of `training_loop` as another learner would write them."""

import torch


class Right:
    """A right loop in steps that can go wrong one by one."""

    def __init__(self, model, batches, loss_fn, optimizer, epochs):
        self.model, self.batches, self.loss_fn, self.optimizer, self.epochs = model, batches, loss_fn, optimizer, epochs
        self.mode, self.history = model.training, []

    def clear(self):
        for p in self.model.parameters():
            p.grad = None

    def begin(self):
        self.model.train(True)

    def end(self):
        self.model.train(self.mode)

    def before_epoch(self):
        self.losses, self.sizes = [], []

    def after_epoch(self):
        self.history.append(self.number())

    def walk(self):
        return self.batches

    def numbers(self):
        return range(self.epochs)

    def loss(self, x, y):
        return self.loss_fn(self.model(x), y)

    def learn(self, x, y):
        self.clear()
        loss = self.loss(x, y)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def number(self):
        return sum(n * loss for n, loss in zip(self.sizes, self.losses, strict=True)) / sum(self.sizes)

    def run(self):
        self.begin()
        for _ in self.numbers():
            self.before_epoch()
            for x, y in self.walk():
                self.losses.append(self.learn(x, y))
                self.sizes.append(x.shape[0])
            self.after_epoch()
        self.end()
        return self.history


class NoZeroGrad(Right):
    def clear(self):
        pass


class ZeroGradAfterStep(NoZeroGrad):
    def learn(self, x, y):
        loss = super().learn(x, y)
        self.model.zero_grad()
        return loss


class ZeroGradBeforeStep(Right):
    def learn(self, x, y):
        loss = self.loss(x, y)
        loss.backward()
        self.clear()
        self.optimizer.step()
        return float(loss)


class ZeroGradPerEpoch(NoZeroGrad):
    def before_epoch(self):
        super().before_epoch()
        self.model.zero_grad()


class StepPerEpoch(ZeroGradPerEpoch):
    def learn(self, x, y):
        loss = self.loss(x, y)
        loss.backward()
        return loss.item()

    def after_epoch(self):
        super().after_epoch()
        self.optimizer.step()


class NoStep(Right):
    def learn(self, x, y):
        self.clear()
        loss = self.loss(x, y)
        loss.backward()
        return loss.item()


class MeanOfBatchMeans(Right):
    def number(self):
        return sum(self.losses) / len(self.losses)


class DividesByBatches(Right):
    def number(self):
        return super().number() * sum(self.sizes) / len(self.sizes)


class NotWeighed(Right):
    def number(self):
        return sum(self.losses) / sum(self.sizes)


class LossesSummed(Right):
    def number(self):
        return super().number() * sum(self.sizes)


class NeverReset(Right):
    def begin(self):
        super().begin()
        super().before_epoch()

    def before_epoch(self):
        pass


class LastLossOnly(Right):
    def number(self):
        return self.losses[-1]


class OneNumberPerBatch(Right):
    def after_epoch(self):
        self.history.extend(self.losses)


class LossAfterTheStep(Right):
    def learn(self, x, y):
        super().learn(x, y)
        return self.loss(x, y).item()


class NoTrainMode(Right):
    def begin(self):
        pass


class TrainsInEvalMode(Right):
    def begin(self):
        self.model.train(False)


class LeftInTrainingMode(Right):
    def end(self):
        self.model.train()


class LeftInEvalMode(Right):
    def end(self):
        self.model.train(False)


class ClipsTheGradients(Right):
    def learn(self, x, y):
        self.clear()
        loss = self.loss(x, y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return loss.item()


class XMadeFloat(Right):
    def walk(self):
        return ((x.to(torch.float32), y) for x, y in self.batches)


class YMadeFloat(Right):
    def walk(self):
        return ((x, y.to(torch.float32)) for x, y in self.batches)


class Rounded(Right):
    def number(self):
        return float(f"{super().number():.4f}")


class KeepsTensors(Right):
    def learn(self, x, y):
        self.clear()
        loss = self.loss(x, y)
        loss.backward()
        self.optimizer.step()
        return loss


class OneIterator(Right):
    def begin(self):
        super().begin()
        self.once = (pair for pair in self.batches)

    def walk(self):
        return self.once

    def number(self):
        return super().number() if self.sizes else 0.0


class KeepsTheFirstBatches(Right):
    def begin(self):
        super().begin()
        self.once = [pair for pair in self.batches]

    def walk(self):
        return self.once


class WalksTwice(Right):
    def before_epoch(self):
        super().before_epoch()
        self.samples = 0
        for x, _ in self.batches:
            self.samples += len(x)

    def number(self):
        return super().number() * sum(self.sizes) / self.samples


class NeedsALength(Right):
    def before_epoch(self):
        super().before_epoch()
        self.left = len(self.batches)


class StopsEarly(Right):
    best, patience = float("inf"), 2

    def walk(self):
        yield from self.batches if self.patience else []

    def after_epoch(self):
        if not self.patience:
            return
        super().after_epoch()
        self.patience = 2 if self.history[-1] < self.best else self.patience - 1
        self.best = min(self.best, self.history[-1])


class OneEpochTooMany(Right):
    def numbers(self):
        return range(0, self.epochs + 1)


class OneEpochTooFew(Right):
    def numbers(self):
        return range(self.epochs - 1)


class ArgumentsExchanged(Right):
    def loss(self, x, y):
        return self.loss_fn(y, self.model(x))


class PartsLeftInTrainingMode(Right):
    def end(self):
        self.model.training = self.mode


def as_function(loop):
    def fit(model, batches, loss_fn, optimizer, epochs):
        return loop(model, batches, loss_fn, optimizer, epochs).run()

    return fit


def snake(name):
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


SECOND_WAY = {
    snake(name): as_function(value)
    for name, value in list(globals().items())
    if isinstance(value, type) and value is not Right
}
