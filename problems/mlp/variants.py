import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted, mistake


@accepted
class WithoutBias(nn.Module):
    """As in Llama: no biases, an activation module."""

    def __init__(self, d_model: int, d_ff: int) -> None:
        super().__init__()
        self.d_model, self.d_ff = d_model, d_ff
        self.gate_proj = nn.Linear(d_model, d_ff, bias=False)
        self.up_proj = nn.Linear(d_model, d_ff, bias=False)
        self.down_proj = nn.Linear(d_ff, d_model, bias=False)
        self.act_fn = nn.SiLU()

    def forward(self, x: Tensor) -> Tensor:
        assert x.size(-1) == self.d_model, f"expected {self.d_model} features"
        return self.down_proj(self.act_fn(self.gate_proj(x)) * self.up_proj(x))


@accepted
class SigmoidByHand(nn.Module):
    def __init__(self, d_model, d_ff):
        super().__init__()
        self.down_proj = nn.Linear(d_ff, d_model)
        self.up_proj, self.gate_proj = (nn.Linear(d_model, d_ff) for _ in range(2))
        self.drop = nn.Dropout(0.0)

    @staticmethod
    def silu(z):
        return z * torch.sigmoid(z)

    def forward(self, x):
        g, u = self.gate_proj(x), self.up_proj(x)
        print("gate", g.shape, "up", u.shape)
        return self.drop(self.down_proj(self.silu(g).mul(u)))


@accepted
class OneProduct(nn.Module):
    """Both first projections in a single matrix product; the layers lend their weights."""

    def __init__(self, d_model, d_ff):
        super().__init__()
        self.gate_proj = nn.Linear(d_model, d_ff, bias=True)
        self.up_proj = nn.Linear(d_model, d_ff, bias=True)
        self.down_proj = nn.Linear(d_ff, d_model, bias=True)
        for layer in (self.gate_proj, self.up_proj, self.down_proj):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        weight = torch.cat((self.gate_proj.weight, self.up_proj.weight))
        bias = torch.cat((self.gate_proj.bias, self.up_proj.bias))
        gate, up = F.linear(x, weight, bias).chunk(2, dim=-1)
        return self.down_proj(F.silu(gate) * up)


class SiLU(nn.Module):
    """SiLU by way of tanh: sigmoid(z) = (1 + tanh(z / 2)) / 2."""

    def forward(self, z):
        return 0.5 * z * (1 + torch.tanh(0.5 * z))


@accepted
class Einsum(nn.Module):
    def __init__(self, d_model, d_ff):
        super().__init__()
        self.gate_proj = nn.Linear(d_model, d_ff)
        self.up_proj = nn.Linear(d_model, d_ff, bias=False)
        self.down_proj = nn.Linear(d_ff, d_model)
        self.act = SiLU()

    def forward(self, x):
        gate = torch.einsum("...d,fd->...f", x, self.gate_proj.weight) + self.gate_proj.bias
        up = x @ self.up_proj.weight.T
        hidden = torch.einsum("...f,...f->...f", self.act(gate), up)
        return torch.matmul(hidden, self.down_proj.weight.t()) + self.down_proj.bias


@accepted
class FlattenedRows(nn.Module):
    """All leading dimensions as one; SiLU as a gated unit of twice the same."""

    def __init__(self, d_model, d_ff):
        super().__init__()
        layers = {"gate_proj": (d_model, d_ff), "up_proj": (d_model, d_ff), "down_proj": (d_ff, d_model)}
        for name, sizes in layers.items():
            self.add_module(name, nn.Linear(*sizes))

    def forward(self, x):
        rows = x.reshape(-1, x.shape[-1])
        gate = self.gate_proj(rows)
        h = F.glu(torch.cat([gate, gate], dim=1), dim=1)  # a · sigmoid(b) with a = b
        return self.down_proj(h * self.up_proj(rows)).view(x.shape)


@accepted
class LogSigmoid(nn.Module):
    def __init__(self, d_model, d_ff):
        super(LogSigmoid, self).__init__()  # noqa: UP008
        self.gate_proj = nn.Linear(in_features=d_model, out_features=d_ff)
        self.up_proj = nn.Linear(in_features=d_model, out_features=d_ff)
        self.down_proj = nn.Linear(in_features=d_ff, out_features=d_model)

    def forward(self, x):
        z = self.gate_proj(x)
        return self.down_proj(self.up_proj(x) * (z * torch.exp(F.logsigmoid(z))))


@mistake(
    "You build new layers in each call of `forward`, so nothing is learned and the output is random. "
    "Build them in `__init__`, use them in `forward`.",
    varies="chance",
)
class layers_in_forward(nn.Module):  # noqa: N801
    def __init__(self, d_model, d_ff):
        super().__init__()
        self.d_model, self.d_ff = d_model, d_ff

    def forward(self, x):
        gate, up = nn.Linear(self.d_model, self.d_ff)(x), nn.Linear(self.d_model, self.d_ff)(x)
        return nn.Linear(self.d_ff, self.d_model)(F.silu(gate) * up)
