import random

import torch
from torch import nn

from torch_judge.authoring import accepted, mistake


@accepted
class Bernoulli(nn.Module):
    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError("p must be in [0, 1)")
        self.keep = 1.0 - p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            mask = torch.bernoulli(torch.full_like(x, self.keep))
            print("kept:", mask.mean())
            return mask * x / self.keep
        return x.clone()


@accepted
class Where(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.register_buffer("p", torch.tensor(float(p)))

    def forward(self, x):
        scaled = x * (1 / (1 - self.p))
        stays = torch.rand(x.shape, device=x.device) > self.p
        return torch.where(stays, scaled, torch.zeros_like(x)) if self.training else x


@accepted
class MaskedFill(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def extra_repr(self):
        return f"p={self.p}"

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        with torch.no_grad():
            gone = torch.empty_like(x).uniform_() < self.p
        return x.masked_fill(gone, 0.0).div(1 - self.p)


@accepted
class PlainPython(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def forward(self, x):
        if self.training is False:
            return x
        factors = [0.0 if random.random() < self.p else 1 / (1 - self.p) for _ in range(x.numel())]
        return x * torch.tensor(factors, dtype=x.dtype, device=x.device).view(x.shape)


@accepted
class ElementByElement(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training:
            return x
        mask = torch.zeros(x.numel())
        for i in range(x.numel()):
            if random.random() >= self.p:
                mask[i] = 1
        return x * mask.reshape(x.size()).to(x) / (1 - self.p)


@accepted
class Multinomial(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.fate = nn.Parameter(torch.tensor([p, 1 - p]), requires_grad=False)

    def forward(self, x):
        if not self.training:
            return x + 0
        kept = torch.multinomial(self.fate, x.numel(), replacement=True).reshape(x.shape)
        return torch.einsum("...,...->...", x, kept.to(x.dtype)) / self.fate[1]


class Mask(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, p):
        ctx.factor = (torch.rand_like(x) >= p) / (1 - p)
        return x * ctx.factor

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.factor, None


@accepted
class OwnFunction(nn.Module):
    def __init__(self, p: float = 0.5):
        super().__init__()
        self.p = p

    def forward(self, x):
        return Mask.apply(x, self.p) if self.training else x


@accepted
class IndexedCopy(nn.Module):
    """Zeros written in place, into a tensor of its own."""

    def __init__(self, p=0.5):
        super().__init__()
        self.p = p
        self.generator = torch.Generator()
        self.generator.seed()

    def forward(self, x):
        if not self.training:
            return x
        out = x.clone()
        out[torch.rand(x.shape, generator=self.generator).to(x.device) < self.p] = 0
        out /= 1 - self.p
        return out


@mistake(
    "You drop a fixed number of elements, chosen at random. Each element must be decided on its own, so that their "
    "number varies from call to call: compare `torch.rand_like(x)` with p."
)
class fixed_number(nn.Module):  # noqa: N801
    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training:
            return x
        keep = torch.ones(x.numel())
        keep[torch.randperm(x.numel())[: round(self.p * x.numel())]] = 0
        return x * keep.view(x.shape) / (1 - self.p)


@mistake(
    "You multiply by random noise (a Gaussian dropout). Here an element is either dropped, that is exactly 0, or "
    "divided by `1 - p`."
)
class gaussian_noise(nn.Module):  # noqa: N801
    def __init__(self, p=0.5):
        super().__init__()
        self.std = (p / (1 - p)) ** 0.5

    def forward(self, x):
        return x * (1 + self.std * torch.randn_like(x)) if self.training else x


@mistake(
    "You keep a mode of your own, which `eval()` of a surrounding model never sets: it calls `train(False)` on its "
    "parts. Read `self.training` and leave `train()` and `eval()` as `nn.Module` has them."
)
class own_mode(nn.Module):  # noqa: N801
    def __init__(self, p=0.5):
        super().__init__()
        self.p, self.active = p, True

    def train(self, mode=True):
        self.active = True
        return super().train(mode)

    def eval(self):
        self.active = False
        return self

    def forward(self, x):
        return x * (torch.rand_like(x) >= self.p) / (1 - self.p) if self.active else x
