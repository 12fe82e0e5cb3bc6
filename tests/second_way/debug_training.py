"""The wrong mends of `debug_training`, each written as another learner would."""

import copy

import torch
import torch.nn.functional as F
from torch import nn


class Right:
    """A right loop in steps that can go wrong one by one."""

    def __init__(self, model, optimizer, train_batches, valid_batches, epochs, max_norm=1.0):
        self.model, self.optimizer, self.max_norm, self.epochs = model, optimizer, max_norm, epochs
        self.train_batches, self.valid_batches = train_batches, valid_batches
        self.history, self.best, self.lowest = [], None, float("inf")

    def begin(self):
        pass

    def clear(self):
        for p in self.model.parameters():
            p.grad = None

    def trainable(self):
        return [p for p in self.model.parameters() if p.requires_grad]

    def clip(self):
        nn.utils.clip_grad_norm_(list(self.model.parameters()), max_norm=self.max_norm)

    def loss(self, x, y):
        return F.mse_loss(self.model(x).view(-1), y)

    def learn(self, x, y):
        self.clear()
        loss = self.loss(x, y)
        loss.backward()
        self.clip()
        self.optimizer.step()
        return loss.item()

    def ready(self):
        self.model.train(True)

    def mean(self, losses, sizes):
        return sum(loss * size for loss, size in zip(losses, sizes, strict=True)) / sum(sizes)

    def errors(self, x, y):
        return (self.model(x)[:, 0] - y).square()

    def judged(self, errors):
        return torch.cat(errors).mean().item()

    def validate(self):
        self.model.train(False)
        with torch.no_grad():
            return self.judged([self.errors(x, y) for x, y in self.valid_batches])

    def snapshot(self):
        return copy.deepcopy(self.model.state_dict())

    def better(self, trained, valid):
        return valid < self.lowest

    def measure(self, trained, valid):
        return valid

    def run(self):
        self.begin()
        for _ in range(self.epochs):
            self.ready()
            losses = [self.learn(x, y) for x, y in self.train_batches]
            trained = self.mean(losses, [len(x) for x, _ in self.train_batches])
            valid = self.validate()
            self.history.append((trained, valid))
            if self.better(trained, valid):
                self.lowest, self.best = self.measure(trained, valid), self.snapshot()
        return self.history, self.best


class ClearedBeforeTheStep(Right):
    def clip(self):
        super().clip()
        self.clear()


class ClearedOncePerEpoch(Right):
    def clear(self):
        pass

    def ready(self):
        super().ready()
        self.optimizer.zero_grad()


class ClearedAfterTheStep(Right):
    def learn(self, x, y):
        loss = self.loss(x, y)
        loss.backward()
        self.clip()
        self.optimizer.step()
        self.clear()
        return loss.item()


class ClippedByValue(Right):
    def clip(self):
        for p in self.trainable():
            p.grad.clamp_(-self.max_norm, self.max_norm)


class ClippedOneByOne(Right):
    def clip(self):
        for p in self.trainable():
            p.grad *= min(1.0, self.max_norm / (p.grad.norm().item() + 1e-6))


class AlwaysMaxNorm(Right):
    def clip(self):
        norm = torch.cat([p.grad.flatten() for p in self.trainable()]).norm()
        for p in self.trainable():
            p.grad = p.grad * self.max_norm / norm


class FrozenHasNoGradient(Right):
    def clip(self):
        squares = [p.grad**2 for p in self.model.parameters()]
        length = torch.sqrt(sum(square.sum() for square in squares))
        if length > self.max_norm:
            for p in self.model.parameters():
                p.grad *= self.max_norm / length


class BestWithoutBuffers(Right):
    def snapshot(self):
        return {name: p.data.clone() for name, p in self.model.named_parameters()}


class ImprovementTooSmall(Right):
    def better(self, trained, valid):
        return self.lowest - valid > 5e-3


class BestBeforeTraining(Right):
    def ready(self):
        super().ready()
        self.before = copy.deepcopy(self.model.state_dict())

    def snapshot(self):
        return self.before


class LoadsTheBest(Right):
    def run(self):
        history, best = super().run()
        if best:
            self.model.load_state_dict(best)
        return history, best


class MaxNormIgnored(Right):
    def begin(self):
        self.max_norm = 1.0


class TrainedOnce(Right):
    def begin(self):
        self.model.train()

    def ready(self):
        pass


class KeepsTheLast(Right):
    def better(self, trained, valid):
        return True


class KeepsTheFirst(Right):
    def better(self, trained, valid):
        return not self.best


class BestByTrainingLoss(Right):
    def better(self, trained, valid):
        return trained < self.lowest

    def measure(self, trained, valid):
        return trained


class DividedByBatches(Right):
    def mean(self, losses, sizes):
        return super().mean(losses, sizes) * sum(sizes) / len(sizes)


class NotWeighed(Right):
    def mean(self, losses, sizes):
        return sum(losses) / sum(sizes)


class SummedLoss(Right):
    def loss(self, x, y):
        return F.mse_loss(self.model(x).view(-1), y, reduction="sum")

    def mean(self, losses, sizes):
        return sum(losses) / sum(sizes)


class ValidationBroadcast(Right):
    def judged(self, errors):
        return sum(e.sum().item() for e in errors) / sum(e.shape[-1] for e in errors)

    def errors(self, x, y):
        return (self.model(x) - y).square()


class ValidationMeanOfMeans(Right):
    def judged(self, errors):
        return sum(e.mean().item() for e in errors) / len(errors)


class ValidationBuildsAGraph(Right):
    def validate(self):
        self.model.eval()
        return self.judged([self.errors(x, y) for x, y in self.valid_batches])


def as_function(loop):
    def train(model, optimizer, train_batches, valid_batches, epochs, max_norm=1.0):
        return loop(model, optimizer, train_batches, valid_batches, epochs, max_norm).run()

    return train


def snake(name):
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


SECOND_WAY = {
    snake(name): as_function(value)
    for name, value in list(globals().items())
    if isinstance(value, type) and value is not Right
}
