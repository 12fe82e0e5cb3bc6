import numbers

import torch
import torch.nn as nn
from torch import Tensor

from torch_judge.authoring import accepted


@accepted
class Flattened(nn.Module):
    """The trailing axes made one, normalised, and shaped back."""

    def __init__(self, normalized_shape, eps: float = 1e-5, elementwise_affine: bool = True) -> None:
        super().__init__()
        if isinstance(normalized_shape, numbers.Integral):
            normalized_shape = [normalized_shape]
        self.normalized_shape = torch.Size(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        if elementwise_affine:
            self.weight = nn.Parameter(torch.empty(self.normalized_shape))
            self.bias = nn.Parameter(torch.empty(self.normalized_shape))
            nn.init.ones_(self.weight)
            nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        k = len(self.normalized_shape)
        if x.dim() < k or x.shape[x.dim() - k :] != self.normalized_shape:
            raise RuntimeError(
                f"Given normalized_shape={list(self.normalized_shape)}, got input of size {list(x.shape)}"
            )
        rows = x.reshape(-1, self.normalized_shape.numel())
        var, mean = torch.var_mean(rows, dim=1, correction=0, keepdim=True)
        out = ((rows - mean) * torch.rsqrt(var + self.eps)).reshape(x.shape)
        return out * self.weight + self.bias if self.elementwise_affine else out


@accepted
class BySums(nn.Module):
    """Beginner's style: sums divided by a count, parts as None."""

    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True):
        super().__init__()
        if type(normalized_shape) is int:
            self.shape = (normalized_shape,)
        else:
            self.shape = tuple(normalized_shape)
        self.eps = eps
        self.weight = None
        self.bias = None
        if elementwise_affine == True:  # noqa: E712
            self.weight = nn.Parameter(torch.ones(self.shape))
            self.bias = nn.Parameter(torch.zeros(self.shape))

    def forward(self, x):
        if len(x.shape) < len(self.shape):
            raise ValueError("x has too few dimensions")
        dims = []
        count = 1
        for i in range(len(self.shape)):
            d = i - len(self.shape)
            if x.shape[d] != self.shape[d]:
                raise ValueError("x does not end with normalized_shape")
            dims.append(d)
            count = count * self.shape[d]
        mean = x.sum(dim=dims, keepdim=True) / count
        diff = x - mean
        var = (diff * diff).sum(dim=dims, keepdim=True) / count
        y = diff / torch.sqrt(var + self.eps)
        print("mean", mean.shape)
        if self.weight is not None:
            y = self.weight * y
            y = y + self.bias
        return y


@accepted
class ScaleAndShift(nn.Module):
    """flatten(-k), statistics, unsqueeze; x·a + b by addcmul."""

    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True):
        super().__init__()
        sizes = torch.ones(normalized_shape).shape  # an int, a tuple, a list: torch knows them all
        self.sizes, self.eps, self.affine = sizes, eps, elementwise_affine
        for name, start in (("weight", 1.0), ("bias", 0.0)):
            self.register_parameter(name, nn.Parameter(torch.full(sizes, start)) if elementwise_affine else None)

    def forward(self, x):
        k = len(self.sizes)
        if x.shape[-k:] != self.sizes:
            raise ValueError(f"{tuple(x.shape)} does not end in {tuple(self.sizes)}")
        flat = x.flatten(start_dim=x.dim() - k)
        mean = flat.mean(-1)
        rstd = (flat.var(-1, correction=0) + self.eps) ** -0.5
        for _ in range(k):
            mean, rstd = mean.unsqueeze(-1), rstd.unsqueeze(-1)
        y = (x - mean) * rstd
        return torch.addcmul(self.bias, y, self.weight) if self.affine else y


@accepted
class NormOfDeviations(nn.Module):
    """Standard deviation through a vector norm; weight and bias only where asked."""

    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True):
        nn.Module.__init__(self)
        try:
            self.normalized_shape = tuple(normalized_shape)
        except TypeError:
            self.normalized_shape = (normalized_shape,)
        self.eps = eps
        if elementwise_affine:
            self.bias = nn.Parameter(torch.zeros(*self.normalized_shape))
            self.weight = nn.Parameter(torch.ones(*self.normalized_shape))

    @property
    def axes(self):
        return [-i for i in range(1, len(self.normalized_shape) + 1)]

    def forward(self, x):
        ends = tuple(x.shape)[x.dim() - len(self.axes) :] if x.dim() >= len(self.axes) else None
        if ends != self.normalized_shape:
            raise ValueError("wrong trailing shape")
        deviation = x - torch.mean(x, self.axes, keepdim=True)
        variance = deviation.square().mean(self.axes, keepdim=True)
        y = deviation * torch.exp(-0.5 * torch.log(variance + self.eps))
        if hasattr(self, "weight"):
            y = torch.mul(y, self.weight).add(self.bias)
        return y


class Standardise(torch.autograd.Function):
    @staticmethod
    def forward(ctx, rows, eps):
        var, mean = torch.var_mean(rows, 1, correction=0, keepdim=True)
        rstd = torch.rsqrt(var + eps)
        normalised = (rows - mean) * rstd
        ctx.save_for_backward(normalised, rstd)
        return normalised

    @staticmethod
    def backward(ctx, upstream):
        normalised, rstd = ctx.saved_tensors
        inner = upstream - upstream.mean(1, keepdim=True)
        return rstd * (inner - normalised * (upstream * normalised).mean(1, keepdim=True)), None


@accepted
class OwnBackward(nn.Module):
    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True):
        super().__init__()
        self.shape = (normalized_shape,) if isinstance(normalized_shape, int) else (*normalized_shape,)
        self.weight = nn.Parameter(torch.ones(self.shape)) if elementwise_affine else None
        self.bias = nn.Parameter(torch.zeros(self.shape)) if elementwise_affine else None
        self.eps = eps

    def forward(self, x):
        lead, rest = x.shape[: -len(self.shape)], x.shape[-len(self.shape) :]
        if tuple(rest) != self.shape:
            raise ValueError(rest)
        y = Standardise.apply(x.reshape(lead.numel(), -1), self.eps).unflatten(1, self.shape).reshape(x.shape)
        return y if self.weight is None else y * self.weight + self.bias
