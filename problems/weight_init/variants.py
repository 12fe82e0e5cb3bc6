import math
import random

import torch
from torch import Tensor, nn

from torch_judge.authoring import accepted


@accepted
@torch.no_grad()
def decorated(weight: Tensor) -> Tensor:
    assert weight.dim() == 2, "a matrix, please"
    fan_in = weight.size(1)
    print("fan in:", fan_in)
    return weight.normal_(mean=0, std=math.sqrt(2.0 / fan_in))


@accepted
def copied(weight):
    fan_out, fan_in = weight.shape
    values = torch.randn(fan_out, fan_in) * (2 / fan_in) ** 0.5
    with torch.no_grad():
        weight.copy_(values)
    return weight


@accepted
def data_attribute(weight):
    std = torch.sqrt(torch.tensor(2.0 / weight.shape[-1]))
    weight.data = torch.randn_like(weight.data) * std
    return weight


@accepted
def initialiser(weight):
    gain = nn.init.calculate_gain("relu")
    nn.init.normal_(weight, 0.0, gain / math.sqrt(weight.shape[1]))
    return weight


@accepted
def slices(weight):
    with torch.no_grad():
        weight[:] = torch.normal(0.0, math.sqrt(2 / weight.shape[1]), size=weight.shape)
    return weight


@accepted
def rows(weight):
    with torch.inference_mode():
        std = math.sqrt(2 / len(weight[0]))
    for row in weight.detach():
        row.normal_().mul_(std)
    return weight


@accepted
def plain_python(weight):
    n_out, n_in = weight.shape
    std = (2 / n_in) ** 0.5
    numbers = [[random.gauss(0, std) for _ in range(n_in)] for _ in range(n_out)]
    weight.data.copy_(torch.tensor(numbers))
    return weight


@accepted
def box_muller(weight):
    """Normal numbers out of uniform ones."""
    u, v = torch.rand(weight.shape), torch.rand(weight.shape)
    z = torch.sqrt(-2 * torch.log(1 - u)) * torch.cos(2 * math.pi * v)
    with torch.no_grad():
        weight.zero_()
        weight += z * math.sqrt(2 / weight.shape[1])
    return weight


@accepted
def distribution(weight):
    normal = torch.distributions.Normal(0.0, math.sqrt(2 / weight.shape[1]))
    weight.detach().copy_(normal.sample(weight.shape))
    return weight


@accepted
def grad_flag_restored(weight):
    wanted = weight.requires_grad
    weight.requires_grad = False
    torch.randn(weight.shape, out=weight)
    weight *= torch.tensor(2.0 / weight.shape[1]).sqrt()
    weight.requires_grad = wanted
    return weight


@accepted
def inverse_of_the_distribution(weight):
    u = torch.rand(weight.shape, dtype=torch.float64).clamp_(1e-12, 1 - 1e-12)
    weight.data.copy_(math.sqrt(2) * torch.erfinv(2 * u - 1) * math.sqrt(2 / weight.shape[1]))
    return weight
