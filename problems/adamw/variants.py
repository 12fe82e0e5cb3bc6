import math

import torch

from torch_judge.authoring import accepted


@accepted
class DecayWithTheUpdate:
    """Plain arithmetic on `.data`: decay and step subtracted together; averages rebound; zeroing in place."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        self.params = [p for p in params]
        self.lr = lr
        self.b1, self.b2 = betas
        self.eps = eps
        self.wd = weight_decay
        self.m = [0.0] * len(self.params)
        self.v = [0.0] * len(self.params)
        self.t = 0

    def step(self):
        self.t += 1
        for i in range(len(self.params)):
            p = self.params[i]
            if p.grad is None:
                continue
            g = p.grad
            self.m[i] = self.b1 * self.m[i] + (1 - self.b1) * g
            self.v[i] = self.b2 * self.v[i] + (1 - self.b2) * g * g
            m_hat = self.m[i] / (1 - self.b1**self.t)
            v_hat = self.v[i] / (1 - self.b2**self.t)
            p.data -= self.lr * (m_hat / (torch.sqrt(v_hat) + self.eps) + self.wd * p.data)
        print("t =", self.t)

    def zero_grad(self):
        for p in self.params:
            if p.grad is not None:
                p.grad.zero_()


@accepted
class AsPyTorchDoes(torch.optim.Optimizer):
    """The bare base class, a state per parameter with its own step count, fused in-place operations."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(step=0, exp_avg=torch.zeros_like(p), exp_avg_sq=torch.zeros_like(p))
                state["step"] += 1
                p.mul_(1 - group["lr"] * group["weight_decay"])
                state["exp_avg"].lerp_(p.grad, 1 - beta1)
                state["exp_avg_sq"].mul_(beta2).addcmul_(p.grad, p.grad, value=1 - beta2)
                correction = 1 - beta2 ** state["step"]
                denominator = (state["exp_avg_sq"].sqrt() / math.sqrt(correction)).add_(group["eps"])
                p.addcdiv_(state["exp_avg"], denominator, value=-group["lr"] / (1 - beta1 ** state["step"]))


@accepted
class Foreach:
    """Multi-tensor operations on the parameters that have gradients."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        self.params = tuple(params)
        self.lr, (self.beta1, self.beta2), self.eps, self.decay = lr, betas, eps, lr * weight_decay
        self.t = 0
        self.m = {p: torch.zeros_like(p, requires_grad=False) for p in self.params}
        self.v = {p: torch.zeros_like(p, requires_grad=False) for p in self.params}

    @torch.inference_mode()
    def step(self):
        self.t += 1
        here = [p for p in self.params if p.grad is not None]
        if not here:
            return
        grads, m, v = [p.grad for p in here], [self.m[p] for p in here], [self.v[p] for p in here]
        torch._foreach_lerp_(m, grads, 1 - self.beta1)
        torch._foreach_mul_(v, self.beta2)
        torch._foreach_addcmul_(v, grads, grads, value=1 - self.beta2)
        roots = torch._foreach_sqrt(torch._foreach_div(v, 1 - self.beta2**self.t))
        torch._foreach_add_(roots, self.eps)
        torch._foreach_mul_(here, 1 - self.decay)
        torch._foreach_addcdiv_(here, m, roots, value=-self.lr / (1 - self.beta1**self.t))

    def zero_grad(self):
        for p in self.params:
            p.grad = p.grad if p.grad is None else p.grad * 0


class Averages:
    """What one parameter remembers; the powers of the betas are multiplied up, so the count is its own."""

    def __init__(self, p):
        self.first, self.second = torch.zeros_like(p.data), torch.zeros_like(p.data)
        self.power1 = self.power2 = 1.0

    def direction(self, g, beta1, beta2, eps):
        self.power1, self.power2 = self.power1 * beta1, self.power2 * beta2
        self.first += (1 - beta1) * (g - self.first)
        self.second += (1 - beta2) * (g**2 - self.second)
        return (self.first / (1 - self.power1)).div((self.second / (1 - self.power2)).sqrt().add(eps))


@accepted
class HelperObjects:
    """An object per parameter; the new weights by one expression, written by slices."""

    def __init__(
        self, params, lr: float = 1e-3, betas: tuple = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 1e-2
    ):
        assert lr > 0 and eps > 0 and weight_decay >= 0
        self.pairs = [(p, Averages(p)) for p in params]
        self.lr, self.rest, self.wd = lr, (*betas, eps), weight_decay

    def step(self) -> None:
        with torch.no_grad():
            for p, averages in self.pairs:
                if p.grad is not None:
                    p[...] = p - self.lr * self.wd * p - self.lr * averages.direction(p.grad, *self.rest)

    def zero_grad(self) -> None:
        for p, _ in self.pairs:
            p.grad = None


@accepted
class TwoWalks:
    """First all parameters decay, then all move; state made when first needed."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        self.params, self.lr, self.betas, self.eps, self.weight_decay = list(params), lr, betas, eps, weight_decay
        self.state, self.t = {}, torch.tensor(0.0)

    def with_gradient(self):
        return (p for p in self.params if p.grad is not None)

    @torch.no_grad()
    def step(self):
        self.t = self.t + 1
        for p in self.with_gradient():
            p -= self.lr * self.weight_decay * p
        for p in self.with_gradient():
            m, v = self.state.get(id(p), (torch.zeros_like(p), torch.zeros_like(p)))
            m = torch.lerp(p.grad, m, self.betas[0])
            v = self.betas[1] * v + (1 - self.betas[1]) * p.grad.square()
            self.state[id(p)] = m, v
            m_hat = m / (1 - self.betas[0] ** self.t.item())
            v_hat = v / (1 - self.betas[1] ** self.t.item())
            p.add_(m_hat / (v_hat**0.5 + self.eps), alpha=-self.lr)

    def zero_grad(self, set_to_none=False):
        for p in self.params:
            p.grad = None if set_to_none or p.grad is None else torch.zeros_like(p)


@accepted
class NumberByNumber:
    """Lists of Python numbers, one weight at a time."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        self.params = list(params)
        self.lr, self.betas, self.eps, self.shrink = lr, betas, eps, 1 - lr * weight_decay
        self.averages = [[(0.0, 0.0)] * p.numel() for p in self.params]
        self.count = 0

    def step(self):
        self.count += 1
        for p, averages in zip(self.params, self.averages, strict=True):
            if p.grad is None:
                continue
            values = []
            for k, (w, g) in enumerate(zip(p.flatten().tolist(), p.grad.flatten().tolist(), strict=True)):
                m, v = averages[k]
                m, v = self.betas[0] * m + (1 - self.betas[0]) * g, self.betas[1] * v + (1 - self.betas[1]) * g**2
                averages[k] = m, v
                m, v = m / (1 - self.betas[0] ** self.count), v / (1 - self.betas[1] ** self.count)
                values.append(w * self.shrink - self.lr * m / (v**0.5 + self.eps))
            p.data.copy_(torch.tensor(values).view_as(p))

    def zero_grad(self):
        for p in self.params:
            p.grad = None
