import torch

from torch_judge.authoring import accepted, mistake


@mistake(
    "The first buffer is the very tensor `p.grad`: whatever is written into the one, by `mul_` or by a zero_grad in place, "
    "changes the other. Clone it."
)
class buffer_is_gradient:
    def __init__(self, params, lr=1e-3, momentum=0.0, weight_decay=0.0, nesterov=False):
        self.params = list(params)
        self.lr, self.momentum, self.weight_decay, self.nesterov = lr, momentum, weight_decay, nesterov
        self.buffers = {}

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is None:
                continue
            g = p.grad
            if self.weight_decay:
                g = g + self.weight_decay * p
            if p not in self.buffers:
                self.buffers[p] = g
            else:
                self.buffers[p].mul_(self.momentum).add_(g)
            p -= self.lr * (g + self.momentum * self.buffers[p] if self.nesterov else self.buffers[p])

    def zero_grad(self):
        for p in self.params:
            p.grad = None


@accepted
class AsPyTorchDoes(torch.optim.Optimizer):
    """The bare base class; a buffer is made when first needed, and none without momentum; lr by a property."""

    def __init__(self, params, lr=1e-3, momentum=0.0, weight_decay=0.0, nesterov=False):
        options = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "nesterov": nesterov}
        super().__init__(params, options)

    @property
    def lr(self):
        return self.param_groups[0]["lr"]

    @lr.setter
    def lr(self, value):
        for group in self.param_groups:
            group["lr"] = value

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                d_p = p.grad
                if group["weight_decay"] != 0:
                    d_p = d_p.add(p, alpha=group["weight_decay"])
                if group["momentum"] != 0:
                    state = self.state[p]
                    if "momentum_buffer" not in state:
                        state["momentum_buffer"] = torch.clone(d_p).detach()
                    else:
                        state["momentum_buffer"].mul_(group["momentum"]).add_(d_p)
                    buf = state["momentum_buffer"]
                    d_p = d_p.add(buf, alpha=group["momentum"]) if group["nesterov"] else buf
                p.add_(d_p, alpha=-group["lr"])


@accepted
class PlainArithmetic:
    """A beginner's: buffers rebound, `.data` set anew, zeroing in place."""

    def __init__(self, params, lr=0.001, momentum=0.0, weight_decay=0.0, nesterov=False):
        self.params = [p for p in params]
        self.lr = lr
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.nesterov = nesterov
        self.v = [None] * len(self.params)

    def step(self):
        for i in range(len(self.params)):
            p = self.params[i]
            if p.grad is not None:
                g = p.grad.detach() + self.weight_decay * p.data
                if self.v[i] is None:
                    self.v[i] = g
                else:
                    self.v[i] = self.momentum * self.v[i] + g
                if self.nesterov:
                    p.data = p.data - self.lr * (g + self.momentum * self.v[i])
                else:
                    p.data = p.data - self.lr * self.v[i]
        print("step done")

    def zero_grad(self):
        for p in self.params:
            if p.grad is not None:
                p.grad.zero_()


@accepted
class Foreach:
    """Multi-tensor operations on the parameters that have gradients."""

    def __init__(self, params, lr=1e-3, momentum=0.0, weight_decay=0.0, nesterov=False):
        self.params = tuple(params)
        self.lr, self.momentum, self.weight_decay, self.nesterov = lr, momentum, weight_decay, nesterov
        self.velocity = {p: torch.zeros_like(p, requires_grad=False) for p in self.params}

    @torch.inference_mode()
    def step(self):
        here = [p for p in self.params if p.grad is not None]
        if not here:
            return
        grads = torch._foreach_add([p.grad for p in here], here, alpha=self.weight_decay)
        velocities = [self.velocity[p] for p in here]
        torch._foreach_mul_(velocities, self.momentum)
        torch._foreach_add_(velocities, grads)
        if self.nesterov:
            torch._foreach_add_(grads, velocities, alpha=self.momentum)
        torch._foreach_add_(here, grads if self.nesterov else velocities, alpha=-self.lr)

    def zero_grad(self, set_to_none=True):
        for p in self.params:
            p.grad = None if set_to_none else torch.zeros_like(p)


class Velocity:
    """The buffer of one parameter."""

    def __init__(self, momentum, nesterov):
        self.momentum, self.nesterov, self.value = momentum, nesterov, 0.0

    def push(self, g):
        self.value = self.momentum * self.value + g
        return g + self.momentum * self.value if self.nesterov else self.value


@accepted
class HelperObjects:
    """An object per parameter, whose buffer starts as the number 0; parameters written by slices."""

    def __init__(
        self, params, lr: float = 1e-3, momentum: float = 0.0, weight_decay: float = 0.0, nesterov: bool = False
    ):
        assert lr >= 0 and 0 <= momentum < 1
        self.pairs = [(p, Velocity(momentum, nesterov)) for p in params]
        self.lr, self.decay = lr, weight_decay

    def step(self) -> None:
        with torch.no_grad():
            for p, velocity in self.pairs:
                if p.grad is None:
                    continue
                p[...] = p - self.lr * velocity.push(p.grad.add(p, alpha=self.decay))

    def zero_grad(self) -> None:
        for p, _ in self.pairs:
            p.grad = p.grad if p.grad is None else p.grad * 0


@accepted
class NumberByNumber:
    """Lists of Python numbers, one weight at a time; Nesterov's step written out."""

    def __init__(self, params, lr=1e-3, momentum=0.0, weight_decay=0.0, nesterov=False):
        self.params = list(params)
        self.lr, self.mu, self.decay, self.nesterov = lr, momentum, weight_decay, nesterov
        self.buffers = [[0.0] * p.numel() for p in self.params]

    def step(self):
        for p, buffer in zip(self.params, self.buffers, strict=True):
            if p.grad is None:
                continue
            values = []
            for k, (w, g) in enumerate(zip(p.flatten().tolist(), p.grad.flatten().tolist(), strict=True)):
                g += self.decay * w
                old = buffer[k]
                buffer[k] = self.mu * old + g
                step = (1 + self.mu) * g + self.mu**2 * old if self.nesterov else buffer[k]
                values.append(w - self.lr * step)
            p.data.copy_(torch.tensor(values).view_as(p))

    def zero_grad(self):
        for p in self.params:
            p.grad = None
