import torch


class MySGD:
    def __init__(self, params, lr=1e-3, momentum=0.0, weight_decay=0.0, nesterov=False):
        self.params = list(params)  # a generator could be walked through only once
        self.lr, self.momentum, self.weight_decay, self.nesterov = lr, momentum, weight_decay, nesterov
        self.buffers = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, buffer in zip(self.params, self.buffers, strict=True):
            if p.grad is None:
                continue
            g = p.grad + self.weight_decay * p
            buffer.mul_(self.momentum).add_(g)
            direction = g + self.momentum * buffer if self.nesterov else buffer
            p.sub_(self.lr * direction)

    def zero_grad(self):
        for p in self.params:
            p.grad = None
