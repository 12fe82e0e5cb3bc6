import torch
import torch.nn as nn
from torch import Tensor

from torch_judge.authoring import accepted


@accepted
class BeginnersLoop(nn.Module):
    """One channel after the other, statistics by `.item()`-free sums, buffers written by index."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0, dtype=torch.long))

    def forward(self, x):
        if len(x.shape) != 4:
            raise ValueError(f"expected 4D input (got {len(x.shape)}D input)")
        N, C, H, W = x.shape
        if self.num_features != C:
            raise ValueError("wrong number of channels")
        n = N * H * W
        if self.training:
            if n == 1:
                raise ValueError("need more than one value per channel")
            self.num_batches_tracked += 1
        out = []
        for c in range(C):
            values = x[:, c, :, :]
            if self.training:
                mean = values.sum() / n
                var = ((values - mean) ** 2).sum() / n
                self.running_mean[c] = (1 - self.momentum) * self.running_mean[c] + self.momentum * mean.detach()
                unbiased = var.detach() * n / (n - 1)
                self.running_var[c] = (1 - self.momentum) * self.running_var[c] + self.momentum * unbiased
            else:
                mean = self.running_mean[c]
                var = self.running_var[c]
            out.append(self.weight[c] * (values - mean) / torch.sqrt(var + self.eps) + self.bias[c])
        return torch.stack(out, dim=1)


@accepted
class RowsOfChannels(nn.Module):
    """Channels to the end, everything else flattened: (N·H·W, C), and the 1-D layer's arithmetic on it."""

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        self.C, self.eps, self.momentum = num_features, eps, momentum
        self.weight, self.bias = nn.Parameter(torch.ones(num_features)), nn.Parameter(torch.zeros(num_features))
        for name, value in {
            "running_mean": torch.zeros(num_features),
            "running_var": torch.ones(num_features),
            "num_batches_tracked": torch.zeros((), dtype=torch.int64),
        }.items():
            self.register_buffer(name, value)

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim != 4 or x.size(1) != self.C:
            raise ValueError(f"bad input {tuple(x.shape)}")
        rows = x.permute(0, 2, 3, 1).reshape(-1, self.C)
        if self.training:
            if rows.size(0) < 2:
                raise ValueError("Expected more than 1 value per channel when training")
            mean, var = rows.mean(0), rows.var(0, unbiased=False)
            with torch.no_grad():
                self.num_batches_tracked.add_(1)
                self.running_mean.mul_(1 - self.momentum).add_(mean, alpha=self.momentum)
                self.running_var.mul_(1 - self.momentum).add_(rows.var(0), alpha=self.momentum)
        else:
            mean, var = self.running_mean, self.running_var
        rows = (rows - mean) * (var + self.eps).rsqrt() * self.weight + self.bias
        return rows.reshape(x.size(0), x.size(2), x.size(3), self.C).permute(0, 3, 1, 2).contiguous()


@accepted
class ScaleAndShift(nn.Module):
    """x·a + b with one a and one b per channel; buffers rebound; channels first by transpose."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.register_parameter("weight", nn.Parameter(torch.full((num_features,), 1.0)))
        self.register_parameter("bias", nn.Parameter(torch.full((num_features,), 0.0)))
        self.register_buffer("num_batches_tracked", torch.tensor(0))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.eps = eps
        self.momentum = momentum

    def forward(self, x):
        self._check(x)
        if self.training:
            mean, var = self._learn(x.transpose(0, 1).flatten(1))
        else:
            mean, var = self.running_mean, self.running_var
        a = self.weight * torch.rsqrt(var + self.eps)
        b = self.bias - mean * a
        return x * a[:, None, None] + b[:, None, None]

    def _check(self, x):
        if x.dim() != 4:
            raise ValueError(x.dim())
        if x.shape[1] != self.weight.numel():
            raise RuntimeError(f"running_mean should contain {x.shape[1]} elements not {self.weight.numel()}")

    def _learn(self, channels):
        n = channels.shape[1]
        if n == 1:
            raise ValueError(n)
        mean = channels.mean(1)
        var = (channels - mean[:, None]).square().mean(1)
        self.num_batches_tracked = self.num_batches_tracked + 1
        m = self.momentum
        self.running_mean = self.running_mean * (1 - m) + mean.data * m
        self.running_var = self.running_var * (1 - m) + var.data * (m * n / (n - 1))
        return mean, var


@accepted
class Keepdims(nn.Module):
    """keepdim throughout; statistics in float64 and back; prints."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.weight = nn.Parameter(torch.empty(num_features).fill_(1))
        self.bias = nn.Parameter(torch.empty(num_features).fill_(0))
        self.register_buffer("running_mean", torch.zeros_like(self.bias, requires_grad=False))
        self.register_buffer("running_var", torch.ones_like(self.bias, requires_grad=False))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x):
        if x.dim() != 4 or x.size(1) != self.num_features:
            raise ValueError("expected (N, C, H, W)")
        if not self.training:
            mean = self.running_mean.reshape(1, -1, 1, 1)
            std = torch.sqrt(self.running_var + self.eps).reshape(1, -1, 1, 1)
        else:
            n = x.size(0) * x.size(2) * x.size(3)
            if n <= 1:
                raise ValueError("one value")
            mean = x.mean(dim=[0, 2, 3], keepdim=True)
            var = torch.mean((x - mean) ** 2, dim=[0, 2, 3], keepdim=True)
            std = (var + self.eps) ** 0.5
            self.num_batches_tracked.copy_(self.num_batches_tracked + 1)
            with torch.no_grad():
                self.running_mean -= self.momentum * (self.running_mean - mean.squeeze())
                self.running_var -= self.momentum * (self.running_var - var.squeeze() * n / (n - 1))
        print("mean", mean.flatten())
        return ((x - mean) / std).mul(self.weight[None, :, None, None]).add(self.bias[None, :, None, None])


@accepted
class Einsum(nn.Module):
    """Sums by einsum, the output by einsum, centred first."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        nn.Module.__init__(self)
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0).long())
        self.hyper = {"eps": eps, "momentum": momentum}

    def forward(self, x):
        n, c, h, w = x.shape  # a ValueError for other ranks
        if c != len(self.weight):
            raise ValueError(f"{c} channels")
        mean, var = self.running_mean, self.running_var
        if self.training:
            count = n * h * w
            if count == 1:
                raise ValueError("count")
            mean = torch.einsum("nchw->c", x) / count
            centred = x - mean[:, None, None]
            var = torch.einsum("nchw,nchw->c", centred, centred) / count
            self.num_batches_tracked += 1
            torch.no_grad()(self.running_mean.lerp_)(mean, self.hyper["momentum"])
            torch.no_grad()(self.running_var.lerp_)(var * count / (count - 1), self.hyper["momentum"])
        scale = self.weight / torch.sqrt(var + self.hyper["eps"])
        return torch.einsum("nchw,c->nchw", x - mean[:, None, None], scale) + self.bias[:, None, None]
