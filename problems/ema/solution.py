import torch
from torch import nn


class EMA:
    def __init__(self, model: nn.Module, decay=0.999):
        self.params, self.decay = list(model.parameters()), decay
        self.average = [p.detach().clone() for p in self.params]
        self.kept = []

    @torch.no_grad()
    def update(self):
        for p, average in zip(self.params, self.average, strict=True):
            average.mul_(self.decay).add_((1 - self.decay) * p)

    @torch.no_grad()
    def apply(self):
        self.kept = [p.clone() for p in self.params]
        for p, average in zip(self.params, self.average, strict=True):
            p.copy_(average)

    @torch.no_grad()
    def restore(self):
        for p, kept in zip(self.params, self.kept, strict=True):
            p.copy_(kept)
