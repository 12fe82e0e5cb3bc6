"""The wrong mends of `debug_batchnorm`, each written as another learner would."""

import torch
import torch.nn.functional as F
from torch import nn


class RightNorm(nn.Module):
    """A right norm in steps that can go wrong one by one."""

    def __init__(self, features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.c, self.eps, self.momentum = features, eps, momentum
        self.weight, self.bias = nn.Parameter(torch.ones(features)), nn.Parameter(torch.zeros(features))
        self.make_buffers()

    def make_buffers(self):
        self.register_buffer("running_mean", torch.zeros(self.c))
        self.register_buffer("running_var", torch.ones(self.c))

    def batch_var(self, x):
        return ((x - x.mean(0)) ** 2).mean(0)

    def remembered_var(self, x):
        return x.var(0, correction=1)

    def blend_mean(self, old, new):
        return old + self.momentum * (new - old)

    def blend_var(self, old, new):
        return old + self.momentum * (new - old)

    def update(self, x):
        with torch.no_grad():
            self.running_mean.copy_(self.blend_mean(self.running_mean, x.mean(0)))
            self.running_var.copy_(self.blend_var(self.running_var, self.remembered_var(x)))

    def forward(self, x):
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var = x.mean(0), self.batch_var(x)
            self.update(x)
        return (x - mean) * (var + self.eps) ** -0.5 * self.weight + self.bias


class RightBlock(nn.Module):
    def __init__(self, width, norm):
        super().__init__()
        self.linear, self.norm = nn.Linear(width, width), norm(width)

    def forward(self, x):
        return F.relu(self.norm(self.linear(x))) + x


class Right:
    norm, block = RightNorm, RightBlock

    def __init__(self, inputs, width, classes, lr=0.1, weight_decay=0.1):
        self.model = nn.Sequential(nn.Linear(inputs, width), self.block(width, self.norm), nn.Linear(width, classes))
        groups = [{"params": [p], "weight_decay": weight_decay * self.decays(n, p)} for n, p in self.trained()]
        self.optimizer = torch.optim.SGD(groups, lr)

    def trained(self):
        return self.model.named_parameters()

    def decays(self, name, p):
        return p.dim() == 2

    def ready(self):
        self.model.train()

    def clear(self):
        self.optimizer.zero_grad()

    def train_epoch(self, batches):
        self.ready()
        for x, target in batches:
            self.clear()
            F.cross_entropy(self.model(x), target).backward()
            self.optimizer.step()

    def calm(self):
        self.model.eval()

    def evaluate(self, batches):
        self.calm()
        with torch.no_grad():
            return self.share([self.model(x).argmax(-1) == target for x, target in batches])

    def share(self, hits):
        return torch.cat(hits).float().mean().item()

    def fit(self, train, valid, epochs):
        history = []
        for _ in range(epochs):
            self.train_epoch(train)
            history.append(self.evaluate(valid))
        return history


def with_norm(**methods):
    return type("Wrong", (Right,), {"norm": type("Norm", (RightNorm,), methods)})


def with_forward(forward):
    return type("Wrong", (Right,), {"block": type("Block", (RightBlock,), {"forward": forward})})


def as_parameters(self):
    self.running_mean = nn.Parameter(torch.zeros(self.c)).requires_grad_(False)
    self.running_var = nn.Parameter(torch.ones(self.c)).requires_grad_(False)


def not_persistent(self):
    for name, start in (("running_mean", 0.0), ("running_var", 1.0)):
        self.register_buffer(name, torch.full((self.c,), start), persistent=False)


def only_mean(self):
    self.register_buffer("running_mean", torch.zeros(self.c))
    self.running_var = torch.ones(self.c)


def swapped(self, old, new):
    return self.momentum * old + (1 - self.momentum) * new


class NineTenths(RightNorm):
    blend_mean = blend_var = swapped

    def __init__(self, features, eps=1e-5, momentum=0.9):
        super().__init__(features, eps, momentum)


class MomentumByDefault(Right):
    norm = NineTenths


def on_the_graph(self, x):
    self.running_mean = self.blend_mean(self.running_mean, x.mean(0))
    self.running_var = self.blend_var(self.running_var, self.remembered_var(x))


def learning(self, x):
    if self.training and torch.is_grad_enabled():
        return RightNorm.forward(self, x)
    return (x - self.running_mean) / torch.sqrt(self.running_var + self.eps) * self.weight + self.bias


class NoDecay(Right):
    def __init__(self, inputs, width, classes, lr=0.1, weight_decay=0.1):
        super().__init__(inputs, width, classes, lr, 0)


class OnlyNormSpared(Right):
    def decays(self, name, p):
        return not name.startswith("1.norm")


class OnlyBiasesSpared(Right):
    def decays(self, name, p):
        return name.endswith("weight")


class OthersNotTrained(Right):
    def trained(self):
        return [(n, p) for n, p in self.model.named_parameters() if p.dim() == 2]


class ModesInFit(Right):
    def ready(self):
        pass

    def calm(self):
        pass

    def fit(self, train, valid, epochs):
        history = []
        for _ in range(epochs):
            self.model.train(True)
            self.train_epoch(train)
            self.model.train(False)
            history.append(self.evaluate(valid))
        return history


class NormFrozen(Right):
    def ready(self):
        self.model.train()
        for module in self.model.modules():
            if isinstance(module, RightNorm):
                module.train(False)


class MeanOfShares(Right):
    def share(self, hits):
        return sum(h.float().mean().item() for h in hits) / len(hits)


class GradientsPileUp(Right):
    def clear(self):
        pass


SECOND_WAY = {
    "buffers_are_parameters": with_norm(make_buffers=as_parameters),
    "buffers_not_saved": with_norm(make_buffers=not_persistent),
    "only_mean_is_a_buffer": with_norm(make_buffers=only_mean),
    "momentum_by_default": MomentumByDefault,
    "momentum_of_var": with_norm(blend_var=swapped),
    "momentum_of_mean": with_norm(blend_mean=swapped),
    "biased_running_var": with_norm(remembered_var=RightNorm.batch_var),
    "unbiased_output": with_norm(batch_var=RightNorm.remembered_var),
    "buffers_in_graph": with_norm(update=on_the_graph),
    "follows_autograd": with_norm(forward=learning),
    "norm_after_relu": with_forward(lambda self, x: x + self.norm(self.linear(x).clamp(min=0))),
    "relu_after_sum": with_forward(lambda self, x: (x + self.norm(self.linear(x))).relu()),
    "no_skip": with_forward(lambda self, x: self.norm(self.linear(x)).relu()),
    "no_decay": NoDecay,
    "only_norm_spared": OnlyNormSpared,
    "only_biases_spared": OnlyBiasesSpared,
    "others_not_trained": OthersNotTrained,
    "modes_in_fit": ModesInFit,
    "norm_frozen": NormFrozen,
    "mean_of_shares": MeanOfShares,
    "gradients_pile_up": GradientsPileUp,
}
