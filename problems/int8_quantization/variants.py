import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted, mistake


@accepted
class FlatScales(nn.Module):
    """Scales of shape (out,), applied to the product instead of the weight; a bias buffer; an unnecessary clamp."""

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        super().__init__()
        assert weight.dim() == 2 and weight.is_floating_point()
        self.out_features, self.in_features = weight.shape
        scale = weight.abs().max(dim=1).values / 127.0
        safe = torch.where(scale == 0, torch.ones_like(scale), scale)
        codes = torch.clamp(torch.round(weight / safe.unsqueeze(1)), -128, 127)
        self.register_buffer("weight_int8", codes.to(dtype=torch.int8))
        self.register_buffer("scale", safe)
        self.register_buffer("bias", bias)

    def forward(self, x: Tensor) -> Tensor:
        assert x.size(-1) == self.in_features, f"expected {self.in_features} features"
        out = torch.matmul(x, self.weight_int8.float().t()) * self.scale
        if self.bias is not None:
            out = out + self.bias
        return out

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}"


@accepted
class LiterallyTheFormula(nn.Module):
    """No guard for a row of zeros: 0 / 0 is NaN, which a cast to int8 makes 0. Bytes times scale promotes by itself."""

    def __init__(self, weight, bias=None):
        super(LiterallyTheFormula, self).__init__()  # noqa: UP008
        scale = weight.abs().amax(1, keepdim=True) / 127
        self.register_buffer("weight_int8", (weight / scale).round().char())
        self.register_buffer("scale", scale)
        self.bias = bias if bias is None else nn.Parameter(bias, requires_grad=False)

    def forward(self, x):
        return F.linear(x, self.weight_int8 * self.scale, self.bias)


class Ruler:
    """A row's scale and its codes, in plain Python numbers."""

    def __init__(self, row):
        self.step = max(max(row), -min(row)) / 127

    def codes(self, row):
        if self.step == 0:
            return [0] * len(row)
        return [max(-127, min(127, round(w / self.step))) for w in row]


@accepted
class RowByRow(nn.Module):
    """Python numbers all the way; a bias of zeros where there is none."""

    def __init__(self, weight, bias=None):
        super().__init__()
        rows = weight.tolist()
        rulers = [Ruler(row) for row in rows]
        codes = [ruler.codes(row) for ruler, row in zip(rulers, rows, strict=True)]
        device = weight.device
        self.register_buffer("weight_int8", torch.tensor(codes, dtype=torch.int8, device=device))
        self.register_buffer("scale", torch.tensor([ruler.step for ruler in rulers], device=device)[:, None])
        bias = torch.zeros(len(rows), device=device) if bias is None else bias.clone()
        self.bias = nn.Parameter(bias)
        print("quantised", len(rows), "rows")

    def forward(self, x):
        columns = []
        for codes, scale, offset in zip(self.weight_int8, self.scale, self.bias, strict=True):
            columns.append((x * codes.to(x.dtype)).sum(-1) * scale + offset)
        return torch.stack(columns, dim=-1)


def quantize(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Codes by one multiplication instead of a division; the scale from the norm of infinite order."""
    largest = torch.linalg.vector_norm(weight, ord=math.inf, dim=-1).clamp_min(1e-8)
    factor = torch.div(127, largest)
    return torch.einsum("oi,o->oi", weight, factor).add(0.5).floor().type(torch.int8), largest.div(127)


def dequantize(codes: Tensor, scale: Tensor) -> Tensor:
    return torch.einsum("oi,o->oi", codes.float(), scale)


@accepted
class Einsum(nn.Module):
    def __init__(self, weight: Tensor, bias: Tensor = None):
        super().__init__()
        with torch.no_grad():
            codes, scale = quantize(weight.detach())
        for name, tensor in {"weight_int8": codes, "scale": scale}.items():
            self.register_buffer(name, tensor)
        self.bias = bias

    def dequantize(self) -> Tensor:
        return dequantize(self.weight_int8, self.scale)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.einsum("...i,oi->...o", x, self.dequantize())
        return y if self.bias is None else y + self.bias


@accepted
class BothSteps(nn.Module):
    """The scale from the extremes of each row, kept beside its reciprocal; the weights as 127ths of the largest."""

    def __init__(self, weight, bias=None, eps=1e-12):
        super().__init__()
        low, high = torch.aminmax(weight, dim=1, keepdim=True)
        peak = torch.maximum(high, -low)
        unit = torch.nan_to_num(weight / peak)
        self.has_bias = bias is not None
        self.register_buffer("weight_int8", torch.round(127 * unit).to(torch.int8))
        self.register_buffer("scale", torch.empty_like(peak))
        self.scale.copy_(peak / 127)
        self.register_buffer("is_zero", peak.squeeze(1) < eps)
        if self.has_bias:
            self.register_buffer("b", bias.clone())

    def forward(self, x):
        *lead, n = x.shape
        rows = x.contiguous().view(-1, n)
        w = self.scale.expand_as(self.weight_int8).mul(self.weight_int8).masked_fill(self.is_zero[:, None], 0.0)
        rows = torch.addmm(self.b, rows, w.t()) if self.has_bias else rows.mm(w.t())
        return rows.reshape(*lead, -1)


class Codes(nn.Module):
    """A base class that holds the buffers, made empty and filled afterwards."""

    def __init__(self, n_out, n_in, device):
        super().__init__()
        self.register_buffer("weight_int8", torch.zeros(n_out, n_in, dtype=torch.int8, device=device))
        self.register_buffer("scale", torch.ones(n_out, 1, device=device))

    @torch.no_grad()
    def fill(self, weight):
        for r in range(weight.shape[0]):
            largest = weight[r].abs().max().item()
            if largest > 0:
                self.scale[r] = largest / 127
                self.weight_int8[r] = torch.round(weight[r] / self.scale[r])


@accepted
class FilledRows(Codes):
    """Scales the inputs' products in the end; takes x one matrix at a time."""

    def __init__(self, weight, bias=None):
        super().__init__(*weight.shape, weight.device)
        self.fill(weight)
        self.bias = nn.parameter.Parameter(torch.empty_like(bias).copy_(bias)) if bias is not None else None

    def forward(self, x):
        y = (self.weight_int8.to(x) @ x.unsqueeze(-1)).squeeze(-1)
        y = y * self.scale.view(-1)
        return y.add(self.bias) if self.bias is not None else y


class Base(nn.Module):
    """A right solution for mistakes to start from."""

    def __init__(self, weight, bias=None):
        super().__init__()
        for name, tensor in self.quantised(weight).items():
            self.register_buffer(name, tensor)
        self.register_buffer("bias", bias)

    def forward(self, x):
        return F.linear(x, self.restored(), self.bias)


@mistake(
    "You spread the 256 codes between each row's smallest and largest entry, with a zero point. Here the codes are "
    "symmetric: scale = max |w| / 127, and code 0 means 0."
)
class zero_point(Base):  # noqa: N801
    def quantised(self, weight):
        low, high = torch.aminmax(weight, dim=1, keepdim=True)
        scale = ((high - low) / 255).clamp(min=1e-10)
        zero = torch.round(-128 - low / scale)
        codes = (torch.round(weight / scale) + zero).clamp(-128, 127).to(torch.int8)
        return {"weight_int8": codes, "scale": scale, "zero": zero}

    def restored(self):
        return (self.weight_int8.float() - self.zero) * self.scale


@mistake(
    "A row of zeros makes your code divide by zero. Its codes are zeros whatever the scale: give such a row a scale "
    "that is positive, or skip the division."
)
class zeros_divided_in_python(Base):  # noqa: N801
    def quantised(self, weight):
        scale = [max(map(abs, row)) / 127 for row in weight.tolist()]
        codes = [[round(w / s) for w in row] for row, s in zip(weight.tolist(), scale, strict=True)]
        scale = torch.tensor(scale, device=weight.device)[:, None]
        return {"weight_int8": torch.tensor(codes, dtype=torch.int8, device=weight.device), "scale": scale}

    def restored(self):
        return self.weight_int8.float() * self.scale
