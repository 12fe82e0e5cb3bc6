import math

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from torch_judge.authoring import accepted


@accepted
def one_line(x: Tensor) -> Tensor:
    return 0.5 * x * (1.0 + torch.erf(x / 2**0.5))


@accepted
def complementary(x):
    assert torch.is_tensor(x), "a tensor, please"
    print("x has shape", tuple(x.shape))
    return x * torch.erfc(-x * math.sqrt(0.5)) / 2


@accepted
def ndtr(x):
    return torch.mul(x, torch.special.ndtr(x))


@accepted
def normal_distribution(x):
    return Normal(0.0, 1.0).cdf(x) * x


@accepted
def tensor_constants(x):
    """The root of two as a float32 tensor."""
    root = torch.sqrt(torch.tensor(2.0))
    phi = (1 + (x / root).erf()) / 2
    return phi * x


@accepted
def two_halves(x):
    half = x * 0.5
    out = torch.erf(x * 0.7071067811865476)
    out = out * half
    out += half
    return out


@accepted
def entry_by_entry(x):
    flat = [v * (1 + torch.erf(v / math.sqrt(2))) / 2 for v in x.flatten()]
    return torch.stack(flat).view(x.shape)


class Gelu(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        weight = 0.5 * (1 + torch.special.erf(x / math.sqrt(2)))
        ctx.save_for_backward(x, weight)
        return x * weight

    @staticmethod
    def backward(ctx, upstream):
        x, weight = ctx.saved_tensors
        density = torch.exp(-x.square() / 2) / math.sqrt(2 * math.pi)
        return upstream * (weight + x * density)


@accepted
def own_backward(x):
    return Gelu.apply(x)


class Gelulu(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("root", torch.tensor(math.sqrt(2), dtype=torch.float64))

    def forward(self, x):
        return x.mul(torch.erf(x.div(self.root)).add(1)).mul(0.5)


@accepted
def module_inside(x):
    return Gelulu()(x)


@accepted
def by_sign(x):
    """Built from |x|: gelu(x) = relu(x) - |x| * (1 - Phi(|x|))."""
    size = x.abs()
    above = 0.5 * torch.erfc(size / math.sqrt(2))
    return torch.where(x > 0, x, torch.zeros_like(x)) - size * above


@accepted
def rounded_root(x):
    return x * 0.5 * (1.0 + torch.erf(x / 1.4142))


@accepted
def by_logarithm(x):
    return x * torch.exp(torch.special.log_ndtr(x))
