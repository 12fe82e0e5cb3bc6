from collections import OrderedDict
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted


class PlainNorm(nn.Module):
    """Buffers rebound from plain arithmetic, the unbiased variance from the biased one."""

    def __init__(self, features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(features)), nn.Parameter(torch.zeros(features))
        self.register_buffer("running_mean", torch.zeros(features))
        self.register_buffer("running_var", torch.ones(features))
        self.eps, self.momentum = eps, momentum

    def forward(self, x):
        if not self.training:
            return self.weight * (x - self.running_mean) * (self.running_var + self.eps).rsqrt() + self.bias
        n = x.shape[0]
        mean = x.sum(0) / n
        var = ((x - mean) ** 2).sum(0) / n
        m = self.momentum
        self.running_mean = (1 - m) * self.running_mean + m * mean.detach()
        self.running_var = (1 - m) * self.running_var + m * var.detach() * n / (n - 1)
        return self.weight * (x - mean) * (var + self.eps).rsqrt() + self.bias


class PlainBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.linear, self.norm = nn.Linear(width, width), PlainNorm(width)

    def forward(self, x):
        branch = self.linear(x)
        branch = self.norm(branch)
        branch = F.relu(branch)
        return branch + x


@accepted
class MendedByNames:
    """Groups by the type of the owning layer; the mode is given back afterwards."""

    def __init__(self, inputs, width, classes, lr=0.1, weight_decay=0.1):
        self.model = nn.Sequential(nn.Linear(inputs, width), PlainBlock(width), nn.Linear(width, classes))
        decayed = {m.weight for m in self.model.modules() if isinstance(m, nn.Linear)}
        rest = [p for p in self.model.parameters() if p not in decayed]
        self.optimizer = torch.optim.SGD(
            [{"params": rest}, {"params": list(decayed), "weight_decay": weight_decay}], lr
        )

    @contextmanager
    def mode(self, training):
        before = self.model.training
        self.model.train(training)
        try:
            yield self.model
        finally:
            self.model.train(before)

    def train_epoch(self, batches):
        with self.mode(True) as model:
            for x, target in batches:
                loss = F.cross_entropy(model(x), target)
                self.optimizer.zero_grad(set_to_none=False)
                loss.backward()
                self.optimizer.step()

    def evaluate(self, batches):
        with self.mode(False) as model, torch.inference_mode():
            hits = torch.cat([model(x).argmax(dim=-1) == target for x, target in batches])
        return hits.double().mean().item()

    def fit(self, train, valid, epochs):
        return [(self.train_epoch(train), self.evaluate(valid))[1] for _ in range(epochs)]


class Descent:
    """An optimiser of one's own: decay by the parameter's rank."""

    def __init__(self, params, lr, weight_decay):
        self.params, self.lr, self.weight_decay = list(params), lr, weight_decay

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                p -= self.lr * (p.grad + self.weight_decay * p if p.dim() == 2 else p.grad)


@accepted
class OwnOptimizer:
    """No torch.optim; the loss by logsumexp; evaluation on all rows at once."""

    def __init__(self, inputs, width, classes, lr=0.1, weight_decay=0.1):
        layers = [("0", nn.Linear(inputs, width)), ("1", PlainBlock(width)), ("2", nn.Linear(width, classes))]
        self.model = nn.Sequential(OrderedDict(layers))
        self.optimizer = Descent(self.model.parameters(), lr, weight_decay)

    def train_epoch(self, batches):
        model = self.model.train()
        for x, target in batches:
            self.optimizer.zero_grad()
            logits = model(x)
            loss = (logits.logsumexp(1) - logits[torch.arange(len(x)), target]).mean()
            loss.backward()
            self.optimizer.step()

    def evaluate(self, batches):
        model = self.model.eval()
        with torch.no_grad():
            answers = model(torch.cat([x for x, _ in batches])).max(1).indices
        targets = torch.cat([target for _, target in batches])
        return float((answers == targets).sum()) / len(targets)

    def fit(self, train, valid, epochs):
        history = []
        while len(history) < epochs:
            self.train_epoch(train)
            history += [self.evaluate(valid)]
        return history


class TypedNorm(nn.Module):
    """Everything affine in one line; buffers moved in place, from two calls of var."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        self.register_buffer("running_var", torch.full((features,), 1.0))
        self.register_buffer("running_mean", torch.full((features,), 0.0))
        self.bias = nn.Parameter(torch.empty(features).zero_())
        self.weight = nn.Parameter(torch.empty(features).fill_(1.0))
        self.eps = eps
        self.momentum = momentum

    @torch.no_grad()
    def remember(self, x: Tensor) -> None:
        var, mean = torch.var_mean(x, dim=0, correction=1)
        self.running_mean += self.momentum * (mean - self.running_mean)
        self.running_var += self.momentum * (var - self.running_var)

    def forward(self, x: Tensor) -> Tensor:
        mean, var = self.running_mean, self.running_var
        if self.training:
            self.remember(x)
            var, mean = torch.var_mean(x, dim=0, correction=0, keepdim=True)
        scale = self.weight / (var + self.eps).sqrt()
        return torch.addcmul(self.bias - mean * scale, x, scale)


class Residual(nn.Module):
    """The branch is made of parts that the block also owns."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = TypedNorm(width)
        self.linear = nn.Linear(width, width)

    def branch(self, x: Tensor) -> Tensor:
        return self.norm(self.linear(x)).clamp(min=0)

    def forward(self, x: Tensor) -> Tensor:
        return torch.add(x, self.branch(x))


@accepted
class TypedExperiment(nn.Module):
    """The experiment is itself a module; decay by named_parameters; modes through `nn.Module.train`."""

    def __init__(self, inputs: int, width: int, classes: int, lr: float = 0.1, weight_decay: float = 0.1) -> None:
        super().__init__()
        self.model = nn.Sequential(nn.Linear(inputs, width), Residual(width), nn.Linear(width, classes))
        keep = [p for name, p in self.named_parameters() if name.endswith(".bias") or ".norm." in name]
        shrink = [p for name, p in self.named_parameters() if name.endswith(".weight") and ".norm." not in name]
        self.optimizer = torch.optim.SGD(shrink, lr=lr, weight_decay=weight_decay)
        self.optimizer.add_param_group({"params": keep, "weight_decay": 0})

    def train_epoch(self, batches: list[tuple[Tensor, Tensor]]) -> None:
        self.train()
        losses = []
        for batch in batches:
            x, target = batch
            self.model.zero_grad()
            loss = nn.CrossEntropyLoss()(self.model(x), target)
            loss.backward()
            losses.append(loss.item())
            self.optimizer.step()
        print(f"mean loss {sum(losses) / len(losses):.3f}")

    def evaluate(self, batches: list[tuple[Tensor, Tensor]]) -> float:
        self.eval()
        correct = total = 0
        with torch.no_grad():
            for x, target in batches:
                correct += int(torch.eq(self.model(x).argmax(-1), target).sum())
                total += x.size(0)
        return correct / total

    def fit(self, train: list, valid: list, epochs: int) -> list[float]:
        history: list[float] = []
        for _epoch in range(epochs):
            self.train_epoch(train)
            history.append(self.evaluate(valid))
        return history


class NetworkOfOne(nn.Sequential):
    """A Sequential of one's own that knows its matrices."""

    def groups(self, weight_decay):
        for p in self.parameters():
            yield {"params": [p], "weight_decay": weight_decay * (len(p.shape) == 2)}


@accepted
class OneGroupPerParameter:
    """A group for each parameter; the targets as one-hot rows; both modes always set, also in fit."""

    def __init__(self, inputs, width, classes, lr=0.1, weight_decay=0.1):
        self.model = NetworkOfOne(nn.Linear(inputs, width), Residual(width), nn.Linear(width, classes))
        self.optimizer = torch.optim.SGD(list(self.model.groups(weight_decay)), lr=lr)
        self.classes = classes

    def train_epoch(self, batches):
        self.model.train(True)
        for x, target in batches:
            one_hot = F.one_hot(target, self.classes).to(x.dtype)
            loss = -(one_hot * F.log_softmax(self.model(x), dim=1)).sum() / len(x)
            parameters = list(self.model.parameters())
            for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
                p.grad = gradient
            self.optimizer.step()

    @torch.no_grad()
    def evaluate(self, batches):
        self.model.train(False)
        rows = [
            float(score.argmax() == label)
            for x, target in batches
            for score, label in zip(self.model(x), target, strict=True)
        ]
        return sum(rows) / len(rows)

    def fit(self, train, valid, epochs):
        history = [0.0] * epochs
        for epoch in range(epochs):
            self.model.train()
            self.train_epoch(train)
            self.model.eval()
            history[epoch] = self.evaluate(valid)
        return history


class SmallNorm(nn.Module):
    """One path for both modes: what is used is chosen last."""

    def __init__(self, features, eps=1e-5, momentum=0.1):
        super().__init__()
        for name, start in (("weight", 1.0), ("bias", 0.0)):
            self.register_parameter(name, nn.Parameter(torch.ones(features) * start))
        for name, start in (("running_mean", 0.0), ("running_var", 1.0)):
            self.register_buffer(name, torch.ones(features) * start)
        self.options = {"eps": eps, "momentum": momentum}

    def forward(self, x):
        used = {"mean": self.running_mean, "var": self.running_var}
        if self.training:
            used = {"mean": torch.mean(x, 0), "var": torch.var(x, 0, correction=0)}
            fresh = {"running_mean": used["mean"], "running_var": torch.var(x, 0)}
            for name, value in fresh.items():
                old = getattr(self, name)
                old.copy_(torch.lerp(old, value.detach(), self.options["momentum"]))
        return (x - used["mean"]) / (used["var"] + self.options["eps"]) ** 0.5 * self.weight + self.bias


class SmallBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.norm = SmallNorm(width)

    def forward(self, x):
        y = self.norm(self.linear(x))
        return x + torch.where(y > 0, y, torch.zeros_like(y))


@accepted
class FewestChanges:
    """A beginner's mend: lists filled in a loop, decay switched off group by group."""

    def __init__(self, inputs, width, classes, lr=0.1, weight_decay=0.1):
        self.model = nn.Sequential(nn.Linear(inputs, width), SmallBlock(width), nn.Linear(width, classes))
        with_decay, without_decay = [], []
        for p in self.model.parameters():
            if len(p.shape) == 1:
                without_decay.append(p)
            else:
                with_decay.append(p)
        self.optimizer = torch.optim.SGD(
            [{"params": with_decay}, {"params": without_decay, "weight_decay": 0}], lr=lr, weight_decay=weight_decay
        )

    def train_epoch(self, batches):
        for x, target in batches:
            self.model.train()
            out = self.model(x)
            loss = F.cross_entropy(out, target)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()

    def evaluate(self, batches):
        right = 0
        total = 0
        for x, target in batches:
            self.model.eval()
            out = self.model(x).detach()
            for i in range(len(target)):
                if torch.argmax(out[i]).item() == target[i].item():
                    right = right + 1
                total = total + 1
        return right / total

    def fit(self, train, valid, epochs):
        history = []
        for _ in range(epochs):
            self.train_epoch(train)
            history.append(self.evaluate(valid))
        return history
