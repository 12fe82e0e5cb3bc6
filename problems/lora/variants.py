import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted, mistake


class LowRankPath(nn.Module):
    def __init__(self, n_in, n_out, rank, alpha):
        super().__init__()
        self.A = nn.Parameter(torch.randn(rank, n_in) * 0.01)
        self.B = nn.Parameter(torch.zeros(n_out, rank))
        self.alpha, self.rank = alpha, rank

    def forward(self, x):
        return self.alpha / self.rank * (x @ self.A.T @ self.B.T)


@accepted
class PathOfItsOwn(nn.Module):
    """The low-rank path is a module of its own; `lora_A` and `lora_B` are properties that reach into it."""

    def __init__(self, in_features, out_features, rank, alpha=1.0):
        super().__init__()
        self.linear = nn.Linear(in_features, out_features)
        for parameter in self.linear.parameters():
            parameter.requires_grad = False
        self.lora = LowRankPath(in_features, out_features, rank, alpha)

    @property
    def lora_A(self):  # noqa: N802
        return self.lora.A

    @property
    def lora_B(self):  # noqa: N802
        return self.lora.B

    def forward(self, x):
        return sum([self.linear(x), self.lora(x)])


@accepted
class MergedWeight(nn.Module):
    """One product: W + s·BA is made anew in each call."""

    def __init__(self, in_features: int, out_features: int, rank: int, alpha: float = 1.0) -> None:
        super().__init__()
        assert 0 < rank <= min(in_features, out_features), "rank"
        self.rank, self.alpha = rank, alpha
        self.linear = nn.Linear(in_features, out_features, bias=True)
        for parameter in self.linear.parameters():
            parameter.requires_grad = False
        self.lora_A = nn.Parameter(torch.empty(rank, in_features))
        self.lora_B = nn.Parameter(torch.empty(out_features, rank))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))
        nn.init.zeros_(self.lora_B)

    def delta(self) -> Tensor:
        return (self.alpha / self.rank) * (self.lora_B @ self.lora_A)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.linear.weight + self.delta(), self.linear.bias)


@accepted
class FunctionalCalls(nn.Module):
    """F.linear three times; the factor is a buffer; names decide who is frozen."""

    def __init__(self, in_features, out_features, rank, alpha=1.0, dropout=0.0):
        super().__init__()
        self.linear = nn.Linear(in_features, out_features)
        self.lora_A = nn.Parameter(0.02 * torch.randn(rank, in_features))
        self.lora_B = nn.Parameter(torch.zeros(out_features, rank))
        self.register_buffer("scale", torch.tensor(alpha / rank))
        self.drop = nn.Dropout(dropout)
        for name, parameter in self.named_parameters():
            parameter.requires_grad = name.startswith("lora_")

    def forward(self, x):
        result = self.linear(x)
        print("base", result.shape)
        result += F.linear(F.linear(self.drop(x), self.lora_A), self.lora_B) * self.scale
        return result


@accepted
class Einsum(nn.Module):
    def __init__(self, in_features, out_features, rank, alpha=1.0):
        super(Einsum, self).__init__()  # noqa: UP008
        self.alpha = nn.Parameter(torch.tensor(float(alpha)), requires_grad=False)
        self.linear = nn.Linear(in_features, out_features)
        self.linear.weight.requires_grad, self.linear.bias.requires_grad = False, False
        self.lora_A = nn.Parameter(nn.init.orthogonal_(torch.empty(rank, in_features)))
        self.lora_B = nn.Parameter(torch.zeros_like(self.linear.weight[:, :1]).repeat(1, rank))

    def forward(self, x):
        base = torch.einsum("...i,oi->...o", x, self.linear.weight) + self.linear.bias
        low = torch.einsum("...i,ri,or->...o", x, self.lora_A, self.lora_B)
        return base + low * self.alpha / self.lora_A.size(0)


class Thin(nn.Module):
    """A helper that owns the two thin layers."""

    def __init__(self, n_in, n_out, rank):
        super().__init__()
        self.down, self.up = nn.Linear(n_in, rank, bias=False), nn.Linear(rank, n_out, bias=False)
        nn.init.normal_(self.down.weight, std=1 / rank)
        nn.init.constant_(self.up.weight, 0.0)

    def forward(self, x):
        return self.up(self.down(x))


@accepted
class HelperModule(nn.Module):
    """The two matrices are the weights of layers in a helper, under a second name."""

    def __init__(self, in_features, out_features, rank, alpha=1.0):
        super().__init__()
        self.thin = Thin(in_features, out_features, rank)
        self.linear = nn.Linear(in_features, out_features).requires_grad_(False)
        self.lora_A, self.lora_B = self.thin.down.weight, self.thin.up.weight
        self.factor = torch.as_tensor(alpha) / rank

    def forward(self, x):
        return torch.add(self.linear(x), self.factor * self.thin(x))


@accepted
class RankAfterRank(nn.Module):
    """A loop over the rank: a sum of outer products, on flattened rows."""

    def __init__(self, in_features, out_features, rank, alpha=1.0):
        super().__init__()
        self.in_features, self.out_features, self.r = in_features, out_features, rank
        self.alpha = alpha
        self.linear = nn.Linear(in_features, out_features)
        self.linear.weight.requires_grad_(False)
        self.linear.bias.requires_grad_(False)
        bound = 1 / math.sqrt(in_features)
        self.lora_A = nn.Parameter(torch.rand(rank, in_features) * bound)
        self.lora_B = nn.Parameter(torch.zeros(out_features, rank))

    def forward(self, x):
        assert x.size(-1) == self.in_features, f"expected {self.in_features} features"
        rows = x.reshape(-1, self.in_features)
        out = self.linear(rows)
        for a, b in zip(self.lora_A, self.lora_B.unbind(dim=1), strict=True):
            out = out + torch.outer(rows @ a, b) * (self.alpha / self.r)
        return out.view(*x.shape[:-1], self.out_features)


@accepted
class SplitScaling(nn.Module):
    """The factor on x, one product for both paths: [W B] times [x; s·A x]. Signs for A; merge() is there, unused."""

    def __init__(self, in_features, out_features, rank=4, alpha=1.0):
        super().__init__()
        self.r, self.merged = rank, False
        self.add_module("linear", nn.Linear(in_features, out_features))
        self.linear.eval().requires_grad_(False)
        self.register_parameter("lora_A", nn.Parameter(torch.randn(rank, in_features).sign() / rank))
        self.register_parameter("lora_B", nn.Parameter(torch.zeros(rank, out_features).T))
        self.scaling = alpha / self.r if self.r > 0 else 1.0

    @torch.no_grad()
    def merge(self):
        self.linear.weight += self.scaling * self.lora_B @ self.lora_A
        self.merged = True

    def forward(self, x):
        if self.merged:
            return self.linear(x)
        both = torch.cat([x, (self.scaling * x) @ self.lora_A.mT], dim=-1)
        return torch.matmul(both, torch.cat([self.linear.weight, self.lora_B], dim=1).t()) + self.linear.bias


class Base(nn.Linear):
    """A linear layer that is frozen from the start."""

    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.weight.requires_grad = self.bias.requires_grad = False


@accepted
class SubclassedBase(nn.Module):
    def __init__(self, in_features, out_features, rank, alpha=1.0):
        super().__init__()
        self.linear = Base(in_features, out_features)
        self.lora_A = nn.Parameter(nn.init.xavier_normal_(torch.zeros(rank, in_features)))
        self.lora_B = nn.Parameter(torch.zeros((out_features, rank), dtype=torch.float32), requires_grad=True)
        self.config = {"alpha": alpha, "rank": rank}

    def forward(self, x):
        hidden = x.matmul(self.lora_A.transpose(0, 1))
        up = self.lora_B.transpose(0, 1).mul(self.config["alpha"]).div(self.config["rank"])
        return self.linear(x).add(hidden.matmul(up))


class Frozen(nn.Module):
    """The parts, for the mistakes below."""

    def __init__(self, in_features, out_features, rank, alpha=1.0):
        super().__init__()
        self.scaling = alpha / rank
        self.linear = nn.Linear(in_features, out_features).requires_grad_(False)
        self.lora_A = nn.Parameter(torch.randn(rank, in_features) / math.sqrt(in_features))
        self.lora_B = nn.Parameter(torch.zeros(out_features, rank))

    def update(self, x):
        return self.scaling * (x @ self.lora_A.T @ self.lora_B.T)


@mistake(
    "You merge B·A into the weight of `linear` when the mode changes to eval. The frozen weight never changes: "
    "compute both paths in both modes."
)
class merged_in_eval(Frozen):  # noqa: N801
    def train(self, mode=True):
        if mode != self.training:
            change = self.scaling * self.lora_B.data @ self.lora_A.data
            self.linear.weight.data += -change if mode else change
        return super().train(mode)

    def forward(self, x):
        return self.linear(x) + self.update(x) if self.training else self.linear(x)


@mistake(
    "You keep the product B·A of an earlier call, so it goes stale when A and B learn. Multiply them anew in each call."
)
class product_kept(Frozen):  # noqa: N801
    delta = None

    def forward(self, x):
        if self.delta is None:
            self.delta = (self.scaling * self.lora_B @ self.lora_A).detach()
        live = self.scaling * self.lora_B @ self.lora_A
        return self.linear(x) + x @ (self.delta + live - live.detach()).T
