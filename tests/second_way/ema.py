"""The mistakes of `ema` as another learner would write them."""

import torch
from torch import nn


class Right:
    """A right EMA in dictionaries, taken apart so that a mistake is one method."""

    def __init__(self, model, decay=0.999):
        self.model, self.decay, self.count, self.backup = model, decay, 0, {}
        self.begin()

    def named(self):
        return self.model.named_parameters()

    def begin(self):
        self.shadow = {name: self.first(p) for name, p in self.named()}

    def first(self, p):
        return p.data.clone()

    def rate(self):
        return self.decay

    def blend(self, old, new, rate):
        return old * rate + new * (1 - rate)

    def update(self):
        self.count += 1
        for name, p in self.named():
            self.shadow[name] = self.blend(self.shadow[name], p.data, self.rate())

    def keep(self):
        self.backup = {name: p.data.clone() for name, p in self.named()}

    def average(self, name, p):
        return self.shadow[name]

    def put(self, p, value):
        p.data.copy_(value)

    def apply(self):
        self.keep()
        for name, p in self.named():
            self.put(p, self.average(name, p))

    def restore(self):
        for name, p in self.named():
            p.data.copy_(self.backup[name])


class WeightsExchanged(Right):
    def blend(self, old, new, rate):
        return new * rate + old * (1 - rate)


class InPlace(Right):
    def update(self):
        self.count += 1
        for name, p in self.named():
            average = self.shadow[name]
            average *= self.rate()
            average += p.data * (1 - self.rate())


class AverageIsTheParameter(InPlace):
    def first(self, p):
        return p.data


class KeptIsTheParameter(Right):
    def keep(self):
        self.backup = {name: p.data for name, p in self.named()}


class KeptTooLate(Right):
    def apply(self):
        for name, p in self.named():
            self.put(p, self.shadow[name])
            self.backup[name] = p.data.clone()


class AverageHandedOver(InPlace):
    def put(self, p, value):
        p.data = value


class Swapped(Right):
    def apply(self):
        for name, p in self.named():
            p.data, self.shadow[name] = self.shadow[name], p.data

    restore = apply


class StartsAtZero(Right):
    def first(self, p):
        return torch.zeros(p.shape)


class BiasCorrected(StartsAtZero):
    def average(self, name, p):
        return self.shadow[name] / (1 - self.decay**self.count) if self.count else p.data.clone()


class WarmUp(Right):
    def rate(self):
        ramp = (self.count + 1) / (self.count + 10)
        return ramp if ramp < self.decay else self.decay


class FirstUpdateCopies(Right):
    def rate(self):
        return 0.0 if self.count == 1 else self.decay


class NewPartWhole(Right):
    def blend(self, old, new, rate):
        return old * rate + new


class DecayFixed(Right):
    def rate(self):
        return 0.999


class Graph(Right):
    def update(self):
        for name, p in self.named():
            self.shadow[name] = self.blend(self.shadow[name], p, self.decay)


class WritesWhileRecording(Right):
    def put(self, p, value):
        p.mul_(0).add_(value)


class TrainableOnly(Right):
    def named(self):
        return [(name, p) for name, p in self.model.named_parameters() if p.requires_grad]


class StopsTracking(Right):
    def put(self, p, value):
        p.requires_grad = False
        p.copy_(value)


class ThawsFrozen(Right):
    def restore(self):
        super().restore()
        self.model.requires_grad_(True)


class ApplyUpdates(Right):
    def apply(self):
        self.update()
        super().apply()


class RestartsAfterRestore(Right):
    def restore(self):
        super().restore()
        self.begin()


class KeepsOnlyOnce(Right):
    def keep(self):
        if not self.backup:
            super().keep()


SHARED: dict = {}


class StateOnTheClass(Right):
    def begin(self):
        SHARED.clear()
        SHARED.update(enumerate(p.data.clone() for _, p in self.named()))

    def update(self):
        for k, (_, p) in enumerate(self.named()):
            SHARED[k] = self.blend(SHARED[k], p.data, self.decay)

    def apply(self):
        self.keep()
        for k, (_, p) in enumerate(self.named()):
            self.put(p, SHARED[k])


class GeneratorUsedUp(Right):
    def begin(self):
        self.walk = self.model.named_parameters()
        super().begin()

    def named(self):
        return self.walk

    def keep(self):
        self.backup = {}


class AveragesBuffers(Right):
    def begin(self):
        self.shadow = {name: value.clone() for name, value in self.model.state_dict().items()}

    def update(self):
        for name, value in self.model.state_dict().items():
            blended = self.blend(self.shadow[name], value, self.decay)
            self.shadow[name] = blended.to(value.dtype)

    def apply(self):
        self.keep()
        for name, value in self.model.state_dict().items():
            value.copy_(self.shadow[name])


class RestoresBuffers(Right):
    def keep(self):
        self.backup = {name: value.clone() for name, value in self.model.state_dict().items()}

    def restore(self):
        for name, value in self.model.state_dict().items():
            value.copy_(self.backup[name])


class AveragesStateDict(RestoresBuffers):
    def begin(self):
        self.shadow = {name: value.clone() for name, value in self.model.state_dict().items()}

    def update(self):
        for name, value in self.model.state_dict().items():
            old = self.shadow[name]
            self.shadow[name] = self.blend(old, value, self.decay) if "num_batches" not in name else value.clone()

    def apply(self):
        self.keep()
        for name, value in self.model.state_dict().items():
            value.copy_(self.shadow[name])


class ApplySetsEval(Right):
    def apply(self):
        super().apply()
        for part in self.model.modules():
            part.training = False


class RestoreSetsTrain(Right):
    def restore(self):
        super().restore()
        self.model.train(True)


class SharedMovesTwice(Right):
    def update(self):
        own = {id(p): name for name, p in self.named()}
        for _, p in self.model.named_parameters(remove_duplicate=False):
            name = own[id(p)]
            self.shadow[name] = self.blend(self.shadow[name], p.data, self.decay)


class NewParameters(Right):
    def swap_in(self, values):
        for path, module in self.model.named_modules():
            for name, p in list(module.named_parameters(recurse=False)):
                value = values[f"{path}.{name}".lstrip(".")]
                module.register_parameter(name, nn.Parameter(value.clone(), p.requires_grad))

    def apply(self):
        self.keep()
        self.swap_in(self.shadow)

    def restore(self):
        self.swap_in(self.backup)


def snake(name):
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


SECOND_WAY = {
    snake(name): value
    for name, value in list(globals().items())
    if isinstance(value, type) and value not in (Right, InPlace)
}
