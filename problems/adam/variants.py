import math

import torch

from torch_judge.authoring import accepted


@accepted
class PaperForm:
    """Plain arithmetic on `.data`, averages rebound; the corrections folded into the step size; zeroing in place."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.params = [p for p in params]
        self.lr = lr
        self.b1, self.b2 = betas
        self.eps = eps
        self.m = [torch.zeros(p.shape, device=p.device) for p in self.params]
        self.v = [torch.zeros(p.shape, device=p.device) for p in self.params]
        self.t = 0

    def step(self):
        self.t += 1
        for i in range(len(self.params)):
            g = self.params[i].grad
            if g is not None:
                self.m[i] = self.b1 * self.m[i] + (1 - self.b1) * g
                self.v[i] = self.b2 * self.v[i] + (1 - self.b2) * g * g
                root = math.sqrt(1 - self.b2**self.t)
                alpha = self.lr * root / (1 - self.b1**self.t)
                self.params[i].data -= alpha * self.m[i] / (torch.sqrt(self.v[i]) + self.eps * root)

    def zero_grad(self):
        for p in self.params:
            if p.grad is not None:
                p.grad.zero_()


@accepted
class AsPyTorchDoes(torch.optim.Optimizer):
    """The bare base class, a state per parameter with its own step count, fused in-place operations."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

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
                state["exp_avg"].lerp_(p.grad, 1 - beta1)
                state["exp_avg_sq"].mul_(beta2).addcmul_(p.grad, p.grad, value=1 - beta2)
                correction = 1 - beta2 ** state["step"]
                denominator = (state["exp_avg_sq"].sqrt() / math.sqrt(correction)).add_(group["eps"])
                p.addcdiv_(state["exp_avg"], denominator, value=-group["lr"] / (1 - beta1 ** state["step"]))


@accepted
class LazyDictionaries:
    """Averages made when first needed, kept by id; t as a tensor; parameters written by slices."""

    def __init__(self, params, lr: float = 1e-3, betas: tuple = (0.9, 0.999), eps: float = 1e-8) -> None:
        assert lr > 0 and eps > 0
        self.params = tuple(params)
        self.lr, self.betas, self.eps = lr, betas, eps
        self.state = {}
        self.t = torch.tensor(0.0)

    def step(self):
        self.t = self.t + 1
        with torch.no_grad():
            for p in self.params:
                if p.grad is None:
                    continue
                m, v = self.state.get(id(p), (torch.zeros_like(p), torch.zeros_like(p)))
                m = torch.lerp(p.grad, m, self.betas[0])
                v = self.betas[1] * v + (1 - self.betas[1]) * p.grad.square()
                self.state[id(p)] = m, v
                m_hat = m / (1 - torch.tensor(self.betas[0]).to(m) ** self.t.item())
                v_hat = v / (1 - torch.tensor(self.betas[1]).to(v) ** self.t.item())
                p[...] = p - self.lr * m_hat / (v_hat**0.5 + self.eps)
        print("step", self.t.item())

    def zero_grad(self, set_to_none=False):
        for p in self.params:
            p.grad = None if set_to_none or p.grad is None else torch.zeros_like(p)


class Averages:
    def __init__(self, p):
        self.first = torch.zeros_like(p.data)
        self.second = torch.zeros_like(p.data)
        self.power1 = self.power2 = 1.0


@accepted
class RunningPowers:
    """A helper object per parameter; powers of the betas multiplied up; `.data` set anew."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.pairs = [(p, Averages(p)) for p in params]
        self.lr, (self.beta1, self.beta2), self.eps = lr, betas, eps
        self.power1, self.power2 = 1.0, 1.0

    def step(self):
        self.power1 *= self.beta1
        self.power2 *= self.beta2
        for p, a in self.pairs:
            if p.grad is None:
                continue
            g = p.grad.detach()
            a.first += (1 - self.beta1) * (g - a.first)
            a.second += (1 - self.beta2) * (g**2 - a.second)
            first, second = a.first / (1 - self.power1), a.second / (1 - self.power2)
            p.data = p.data - self.lr * first.div(second.sqrt().add(self.eps))

    def zero_grad(self):
        for p, _ in self.pairs:
            p.grad = None


@accepted
class Foreach:
    """Multi-tensor operations on the parameters that have gradients."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps, self.t = list(params), lr, betas, eps, 0
        self.m = {p: torch.zeros_like(p, requires_grad=False) for p in self.params}
        self.v = {p: torch.zeros_like(p, requires_grad=False) for p in self.params}

    @torch.inference_mode()
    def step(self):
        self.t += 1
        here = [p for p in self.params if p.grad is not None]
        if not here:
            return
        grads, m, v = [p.grad for p in here], [self.m[p] for p in here], [self.v[p] for p in here]
        torch._foreach_lerp_(m, grads, 1 - self.betas[0])
        torch._foreach_mul_(v, self.betas[1])
        torch._foreach_addcmul_(v, grads, grads, value=1 - self.betas[1])
        roots = torch._foreach_sqrt(torch._foreach_div(v, 1 - self.betas[1] ** self.t))
        torch._foreach_add_(roots, self.eps)
        torch._foreach_addcdiv_(here, m, roots, value=-self.lr / (1 - self.betas[0] ** self.t))

    def zero_grad(self):
        for p in self.params:
            p.grad = p.grad if p.grad is None else p.grad * 0


@accepted
class NumberByNumber:
    """Lists of Python numbers, one weight at a time."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.params = list(params)
        self.lr, self.betas, self.eps = lr, betas, eps
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
                values.append(w - self.lr * m / (v**0.5 + self.eps))
            p.data.copy_(torch.tensor(values).view_as(p))

    def zero_grad(self):
        for p in self.params:
            p.grad = None
