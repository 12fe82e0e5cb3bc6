import torch
import torch.nn as nn
import torch.nn.functional as F  # noqa: F401
from torch import Tensor

from torch_judge.authoring import accepted


@accepted
class AsInTheDocumentation(nn.Module):
    """Typed, with helpers; buffers rebound; both ranks by movedim."""

    running_mean: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        if affine:
            self.weight = nn.Parameter(torch.empty(num_features))
            self.bias = nn.Parameter(torch.empty(num_features))
        if track_running_stats:
            self.register_buffer("running_mean", torch.zeros(num_features))
            self.register_buffer("running_var", torch.ones(num_features))
            self.register_buffer("num_batches_tracked", torch.tensor(0, dtype=torch.long))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        if self.affine:
            nn.init.ones_(self.weight)
            nn.init.zeros_(self.bias)

    def _check(self, x: Tensor) -> None:
        if x.ndim != 2 and x.ndim != 3:
            raise ValueError(f"expected 2D or 3D input (got {x.ndim}D input)")
        if x.size(1) != self.num_features:
            raise RuntimeError(f"expected {self.num_features} channels, got {x.size(1)}")

    def forward(self, x: Tensor) -> Tensor:
        self._check(x)
        by_batch = self.training or not self.track_running_stats
        rows = x.movedim(1, -1).reshape(-1, self.num_features)
        if by_batch:
            if rows.shape[0] == 1:
                raise ValueError("Expected more than 1 value per channel when training")
            var, mean = torch.var_mean(rows, dim=0, correction=0)
        else:
            mean, var = self.running_mean, self.running_var
        if self.training and self.track_running_stats:
            self.num_batches_tracked = self.num_batches_tracked + 1
            factor = self.momentum if self.momentum is not None else 1.0 / float(self.num_batches_tracked)
            n = rows.shape[0]
            self.running_mean = (1 - factor) * self.running_mean + factor * mean.detach()
            self.running_var = (1 - factor) * self.running_var + factor * var.detach() * n / (n - 1)
        out = (rows - mean) * torch.rsqrt(var + self.eps)
        if self.affine:
            out = out * self.weight + self.bias
        if x.ndim == 2:
            return out
        return out.view(x.size(0), x.size(2), x.size(1)).transpose(1, 2)


@accepted
class Keepdim(nn.Module):
    """Everything shaped (1, C) or (1, C, 1) from the start; `var` asked twice; parts set to None."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True):
        super().__init__()
        self.C = num_features
        self.eps = eps
        self.momentum = momentum
        self.weight = nn.Parameter(torch.ones(num_features)) if affine else None
        self.bias = nn.Parameter(torch.zeros(num_features)) if affine else None
        if track_running_stats:
            self.register_buffer("num_batches_tracked", torch.zeros((), dtype=torch.int64))
            self.register_buffer("running_var", torch.full((num_features,), 1.0))
            self.register_buffer("running_mean", torch.full((num_features,), 0.0))
        else:
            self.running_mean = self.running_var = self.num_batches_tracked = None

    def forward(self, x):
        if x.dim() == 2:
            axes = [0]
        elif x.dim() == 3:
            axes = [0, 2]
        else:
            raise ValueError("x must be (N, C) or (N, C, L)")
        if x.shape[1] != self.C:
            raise ValueError("wrong number of channels")

        def column(v):
            return v[None, :, None] if x.dim() == 3 else v[None, :]

        if not self.training and self.running_mean is not None:
            m, v = column(self.running_mean), column(self.running_var)
        else:
            if x[:, 0].numel() < 2:
                raise ValueError("need more than one value per channel")
            m = x.mean(dim=axes, keepdim=True)
            v = ((x - m) ** 2).mean(dim=axes, keepdim=True)
            if self.training and self.running_mean is not None:
                with torch.no_grad():
                    self.num_batches_tracked.add_(1)
                    weight = self.momentum
                    if self.momentum is None:
                        weight = 1 / self.num_batches_tracked.item()
                    self.running_mean += weight * (m.flatten() - self.running_mean)
                    self.running_var += weight * (x.var(dim=axes) - self.running_var)
        x_hat = (x - m) / (v + self.eps).sqrt()
        print("normalised:", x_hat.shape)
        if self.weight is not None:
            x_hat = column(self.weight) * x_hat + column(self.bias)
        return x_hat


@accepted
class AlwaysThreeDimensions(nn.Module):
    """(N, C) becomes (N, C, 1) first; scale and shift folded into one line; lerp_ and copy_."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True):
        nn.Module.__init__(self)
        self.options = dict(eps=eps, momentum=momentum, affine=affine, track=track_running_stats)
        for name, make, wanted in (("weight", torch.ones, affine), ("bias", torch.zeros, affine)):
            setattr(self, name, nn.Parameter(make(num_features)) if wanted else None)
        for name, start in (("running_mean", 0.0), ("running_var", 1.0), ("num_batches_tracked", 0)):
            size = () if name.startswith("num") else (num_features,)
            self.register_buffer(name, torch.full(size, start) if track_running_stats else None)
        self.channels = num_features

    def forward(self, x):
        flat = x.dim() == 2
        x = x.unsqueeze(-1) if flat else x
        n, c, l = x.shape  # a ValueError by itself for other ranks
        if c != self.channels:
            raise ValueError(f"{c} channels instead of {self.channels}")
        mean, var = self.statistics(x, n * l)
        scale = torch.rsqrt(var + self.options["eps"])
        shift = -mean * scale
        if self.options["affine"]:
            scale, shift = scale * self.weight, shift * self.weight + self.bias
        y = torch.addcmul(shift.reshape(1, c, 1), x, scale.reshape(1, c, 1))
        return y.squeeze(-1) if flat else y

    def statistics(self, x, n):
        if self.options["track"] and not self.training:
            return self.running_mean, self.running_var
        if n <= 1:
            raise ValueError("one value has no variance")
        mean = torch.einsum("ncl->c", x) / n
        var = (x - mean.view(1, -1, 1)).pow(2).sum((0, 2)) / n
        if self.options["track"]:
            self.num_batches_tracked.copy_(self.num_batches_tracked + 1)
            m = self.options["momentum"]
            m = (1 / self.num_batches_tracked).item() if m is None else m
            self.running_mean.lerp_(mean.detach(), m)
            self.running_var.lerp_(var.detach() * (n / (n - 1)), m)
        return mean, var


@accepted
class ChannelByChannel(nn.Module):
    """A beginner's loop over channels, with `.data` and torch.stack."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True):
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        if self.affine:
            self.weight = nn.Parameter(torch.ones(num_features))
            self.bias = nn.Parameter(torch.zeros(num_features))
        if self.track_running_stats == True:  # noqa: E712
            self.register_buffer("running_mean", torch.zeros(num_features))
            self.register_buffer("running_var", torch.ones(num_features))
            self.register_buffer("num_batches_tracked", torch.LongTensor([0])[0])

    def forward(self, x):
        count = self.count(x)
        use_batch = self.training or (not self.track_running_stats)
        if use_batch and count == 1:
            raise ValueError("Expected more than 1 value per channel")
        if self.training and self.track_running_stats:
            self.num_batches_tracked += 1
        channels = []
        for c in range(self.num_features):
            channel = x[:, c]
            if use_batch:
                mean = channel.mean()
                var = channel.var(unbiased=False)
                if self.training and self.track_running_stats:
                    m = self.momentum
                    if m is None:
                        m = 1.0 / self.num_batches_tracked.item()
                    self.running_mean.data[c] = (1 - m) * self.running_mean[c] + m * mean.data
                    self.running_var.data[c] = (1 - m) * self.running_var[c] + m * channel.data.var()
            else:
                mean = self.running_mean[c]
                var = self.running_var[c]
            channel = (channel - mean) / torch.sqrt(var + self.eps)
            if self.affine:
                channel = channel * self.weight[c] + self.bias[c]
            channels.append(channel)
        return torch.stack(channels, dim=1)

    def count(self, x):
        if len(x.shape) != 2 and len(x.shape) != 3:
            raise ValueError("wrong number of dimensions")
        if x.shape[1] != self.num_features:
            raise ValueError("wrong number of features")
        if len(x.shape) == 3:
            return x.shape[0] * x.shape[2]
        return x.shape[0]


class Normalise(torch.autograd.Function):
    """Research style: the backward pass by hand."""

    @staticmethod
    def forward(ctx, rows, mean, inverse, through_statistics):
        normalised = (rows - mean) * inverse
        ctx.save_for_backward(normalised, inverse)
        ctx.through_statistics = through_statistics
        return normalised

    @staticmethod
    def backward(ctx, upstream):
        normalised, inverse = ctx.saved_tensors
        if ctx.through_statistics:
            upstream = upstream - upstream.mean(0) - normalised * (upstream * normalised).mean(0)
        return upstream * inverse, None, None, None


@accepted
class OwnBackward(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True):
        super().__init__()
        self.eps, self.momentum, self.num_features = eps, momentum, num_features
        if affine:
            self.weight, self.bias = nn.Parameter(torch.ones(num_features)), nn.Parameter(torch.zeros(num_features))
        else:
            self.register_parameter("weight", None)
            self.register_parameter("bias", None)
        stats = {"running_mean": torch.zeros(num_features), "running_var": torch.ones(num_features)}
        for name, start in {**stats, "num_batches_tracked": torch.tensor(0)}.items():
            if track_running_stats:
                self.register_buffer(name, start)

    @property
    def tracks(self):
        return hasattr(self, "running_mean")

    def forward(self, x):
        if x.dim() not in {2, 3} or x.shape[1] != self.num_features:
            raise ValueError(tuple(x.shape))
        rows = x if x.dim() == 2 else x.permute(0, 2, 1).flatten(0, 1)
        n = len(rows)
        live = self.training or not self.tracks
        if live and n == 1:
            raise ValueError("n = 1")
        with torch.no_grad():
            mean, var = (rows.mean(0), rows.var(0, correction=0)) if live else (self.running_mean, self.running_var)
            if self.training and self.tracks:
                self.num_batches_tracked += 1
                m = self.momentum if self.momentum is not None else 1 / self.num_batches_tracked.double()
                self.running_mean.copy_(self.running_mean + m * (mean - self.running_mean))
                self.running_var.copy_(self.running_var + m * (var * n / (n - 1) - self.running_var))
        y = Normalise.apply(rows, mean.clone(), (var + self.eps).rsqrt(), live)
        if self.weight is not None:
            y = y * self.weight + self.bias
        return y if x.dim() == 2 else y.unflatten(0, (x.shape[0], x.shape[2])).permute(0, 2, 1)


class Statistics:
    """A helper that knows nothing of modules."""

    @staticmethod
    def of(x, axes):
        n = 1
        for axis in axes:
            n *= x.shape[axis]
        total = torch.sum(x, dim=axes)
        mean = total / n
        shape = [1, -1] + [1] * (x.dim() - 2)
        deviation = x - mean.reshape(shape)
        return n, mean, torch.sum(deviation * deviation, dim=axes) / n


@accepted
class HelperAndAssertsAsErrors(nn.Module):
    """Checks by try/except, axes from a comprehension, the count kept as a Python number in between."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True):
        super().__init__()
        self.register_buffer("running_mean", torch.zeros(num_features) if track_running_stats else None)
        self.register_buffer("running_var", torch.ones(num_features) if track_running_stats else None)
        self.register_buffer("num_batches_tracked", torch.tensor(0).long() if track_running_stats else None)
        self.affine = nn.ParameterList() if affine else None
        if affine:
            del self.affine
            self.weight = nn.Parameter(torch.ones(num_features))
            self.bias = nn.Parameter(torch.zeros(num_features))
        self.features, self.eps, self.momentum = num_features, eps, momentum

    def forward(self, inputs):
        if not 2 <= inputs.dim() <= 3:
            raise ValueError("rank")
        if inputs.shape[1] != self.features:
            raise ValueError("channels")
        axes = [d for d in range(inputs.dim()) if d != 1]
        shape = [self.features if d == 1 else 1 for d in range(inputs.dim())]
        frozen = not self.training and self.running_mean is not None
        if frozen:
            mean, var = self.running_mean, self.running_var
        else:
            n, mean, var = Statistics.of(inputs, axes)
            if n == 1:
                raise ValueError("only one value per channel")
            if self.running_mean is not None:
                k = int(self.num_batches_tracked) + 1
                self.num_batches_tracked.fill_(k)
                m = {None: 1 / k}.get(self.momentum, self.momentum)
                with torch.no_grad():
                    self.running_mean[:] = self.running_mean * (1 - m) + mean * m
                    self.running_var[:] = self.running_var * (1 - m) + var * (m * n / (n - 1))
        out = inputs - mean.reshape(shape)
        out = out.div(torch.sqrt(var + self.eps).reshape(shape))
        if getattr(self, "weight", None) is not None:
            out = out.mul(self.weight.reshape(shape)).add(self.bias.reshape(shape))
        return out
