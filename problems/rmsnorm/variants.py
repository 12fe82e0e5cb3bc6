import math

import torch

from torch_judge.authoring import accepted


@accepted
def root_in_two_steps(x, weight, eps=1e-6):
    assert x.shape[-1] == weight.shape[0], "one weight per feature"
    rms = torch.sqrt(torch.mean(x**2, -1, True) + eps)
    print("rms:", rms)
    return weight * (x / rms)


@accepted
def vector_norm(x, weight, eps=1e-6):
    length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    return x / (length**2 / x.shape[-1] + eps).sqrt() * weight


@accepted
def tensor_norm_and_scaled_eps(x: torch.Tensor, weight: torch.Tensor, eps: float = 1e-6):
    d = x.size(-1)
    length = (x.norm(dim=-1).square() + d * eps).sqrt()
    return weight * math.sqrt(d) * x / length.unsqueeze(-1)


@accepted
def einsum(x, weight, eps=1e-6):
    squares = torch.einsum("...d,...d->...", x, x) / x.shape[-1]
    return torch.einsum("...d,...,d->...d", x, (squares + eps) ** -0.5, weight)


@accepted
def row_by_row(x, weight, eps=1e-6):
    def one(row):
        total = 0.0
        for value in row:
            total = total + value * value
        return row / (total / len(row) + eps) ** 0.5 * weight

    return torch.stack([one(row) for row in x.view(-1, x.shape[-1])]).view(x.shape)


@accepted
def in_place_on_own_tensors(x, weight, eps=1e-6):
    out = x.clone()
    scale = torch.square(x).mean(-1, keepdim=True)
    scale += eps
    out /= scale.sqrt()
    out *= weight
    return out


@accepted
def upcast_and_back(x, weight, eps=1e-6):
    def normed(values):
        return values * torch.rsqrt(values.pow(2).mean(-1, keepdim=True) + eps)

    return normed(x.float()).type_as(x) * weight


@accepted
def a_module_inside(x, weight, eps=1e-6):
    class Norm(torch.nn.Module):
        def forward(self, values):
            return values / (values.square().sum(-1, keepdim=True) / values.size(-1) + eps).sqrt()

    return Norm()(x) * weight.expand_as(x)


@accepted
def matrix_products(x, weight, eps=1e-6):
    d = x.shape[-1]
    mean_square = (x.unsqueeze(-2) @ x.unsqueeze(-1)).squeeze(-1) / d
    return (x / (mean_square + eps).sqrt()) @ torch.diag(weight)
