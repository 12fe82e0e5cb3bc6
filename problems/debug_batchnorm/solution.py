import torch
from torch import nn


class Norm(nn.Module):
    """Batch normalisation over (N, C)."""

    def __init__(self, features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps = eps
        self.momentum = momentum
        self.weight = nn.Parameter(torch.ones(features))
        self.bias = nn.Parameter(torch.zeros(features))
        self.register_buffer("running_mean", torch.zeros(features))
        self.register_buffer("running_var", torch.ones(features))

    def forward(self, x):
        if self.training:
            mean, var = x.mean(0), x.var(0, unbiased=False)
            with torch.no_grad():
                self.running_mean.lerp_(mean, self.momentum)
                self.running_var.lerp_(x.var(0), self.momentum)
        else:
            mean, var = self.running_mean, self.running_var
        return (x - mean) / torch.sqrt(var + self.eps) * self.weight + self.bias


class Block(nn.Module):
    """A residual block over (N, width)."""

    def __init__(self, width):
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.norm = Norm(width)

    def forward(self, x):
        return x + torch.relu(self.norm(self.linear(x)))


class Experiment:
    """A small classifier, its optimiser, its training and its evaluation."""

    def __init__(self, inputs, width, classes, lr=0.1, weight_decay=0.1):
        self.model = nn.Sequential(nn.Linear(inputs, width), Block(width), nn.Linear(width, classes))
        matrices = [p for p in self.model.parameters() if p.ndim > 1]
        others = [p for p in self.model.parameters() if p.ndim <= 1]
        groups = [{"params": matrices, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.SGD(groups, lr=lr)

    def train_epoch(self, batches):
        self.model.train()
        for x, target in batches:
            self.optimizer.zero_grad()
            nn.functional.cross_entropy(self.model(x), target).backward()
            self.optimizer.step()

    @torch.no_grad()
    def evaluate(self, batches):
        self.model.eval()
        right, total = 0, 0
        for x, target in batches:
            right += (self.model(x).argmax(1) == target).sum().item()
            total += len(target)
        return right / total

    def fit(self, train, valid, epochs):
        history = []
        for _ in range(epochs):
            self.train_epoch(train)
            history.append(self.evaluate(valid))
        return history
