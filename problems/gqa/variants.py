import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted, mistake


def repeat_kv(t, n):
    """(B, G, S, dk) to (B, G·n, S, dk) without copying before the reshape."""
    B, G, S, dk = t.shape
    return t[:, :, None].expand(B, G, n, S, dk).reshape(B, G * n, S, dk) if n > 1 else t


@accepted
class ModuleExpandThenReshape(nn.Module):
    def __init__(self, d_model: int, num_heads: int, num_kv_heads: int) -> None:
        super().__init__()
        assert d_model % num_heads == 0 and num_heads % num_kv_heads == 0
        self.num_heads, self.num_kv_heads = num_heads, num_kv_heads
        self.head_dim, self.n_rep = d_model // num_heads, num_heads // num_kv_heads
        self.W_q = nn.Linear(d_model, num_heads * self.head_dim, bias=False)
        self.W_k = nn.Linear(d_model, num_kv_heads * self.head_dim, bias=False)
        self.W_v = nn.Linear(d_model, num_kv_heads * self.head_dim, bias=False)
        self.W_o = nn.Linear(num_heads * self.head_dim, d_model, bias=False)
        self.dropout = nn.Dropout(0.0)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        B, S, _ = x.shape
        q = self.W_q(x).view(B, S, self.num_heads, self.head_dim).transpose(1, 2)
        k = self.W_k(x).view(B, S, self.num_kv_heads, self.head_dim).transpose(1, 2)
        v = self.W_v(x).view(B, S, self.num_kv_heads, self.head_dim).transpose(1, 2)
        scores = torch.matmul(q, repeat_kv(k, self.n_rep).mT) / math.sqrt(self.head_dim)
        if mask is not None:
            scores = scores.masked_fill(mask == 0, float("-inf"))
        attn = self.dropout(F.softmax(scores, dim=-1))
        print("attention", tuple(attn.shape))
        return self.W_o((attn @ repeat_kv(v, self.n_rep)).transpose(1, 2).contiguous().view(B, S, -1))


@accepted
class GroupedEinsum:
    """Nothing is repeated: the query heads carry a group axis of their own."""

    def __init__(self, d_model, num_heads, num_kv_heads):
        self.g, self.dk = num_kv_heads, d_model // num_heads
        self.W_q, self.W_o = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model, bias=False)
        self.W_k, self.W_v = (nn.Linear(d_model, num_kv_heads * self.dk) for _ in "kv")

    def forward(self, x):
        q = self.W_q(x).unflatten(2, (self.g, -1, self.dk))
        k, v = (W(x).unflatten(2, (self.g, self.dk)) for W in (self.W_k, self.W_v))
        attn = torch.einsum("bqgnd,bkgd->bgnqk", q, k).mul(self.dk**-0.5).softmax(-1)
        return self.W_o(torch.einsum("bgnqk,bkgd->bqgnd", attn, v).flatten(2))

    __call__ = forward


@accepted
class BroadcastOverTheGroup:
    def __init__(self, d_model, num_heads, num_kv_heads):
        self.shape = (num_kv_heads, num_heads // num_kv_heads, d_model // num_heads)
        kv = self.shape[0] * self.shape[2]
        self.W_q, self.W_k = nn.Linear(d_model, d_model, bias=False), nn.Linear(d_model, kv, bias=True)
        self.W_v, self.W_o = nn.Linear(d_model, kv, bias=True), nn.Linear(d_model, d_model)

    def forward(self, x):
        B, S, D = x.shape
        G, n, dk = self.shape
        q = (self.W_q(x) / dk**0.5).view(B, S, G, n, dk).permute(0, 2, 3, 1, 4)
        k = self.W_k(x).view(B, S, G, 1, dk).permute(0, 2, 3, 4, 1)
        v = self.W_v(x).view(B, S, G, 1, dk).permute(0, 2, 3, 1, 4)
        s = q @ k
        e = (s - s.amax(-1, keepdim=True)).exp()
        out = e / e.sum(dim=-1, keepdim=True) @ v
        return self.W_o(out.permute(0, 3, 1, 2, 4).reshape(B, S, D))


@accepted
class HeadByHead:
    """A loop over query heads; each picks its KV head by integer division."""

    def __init__(self, d_model, num_heads, num_kv_heads):
        self.num_heads, self.num_kv_heads = num_heads, num_kv_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model // num_heads * num_kv_heads)
        self.W_v = nn.Linear(d_model, d_model // num_heads * num_kv_heads)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        qs = self.W_q(x).chunk(self.num_heads, dim=-1)
        ks, vs = self.W_k(x).chunk(self.num_kv_heads, dim=-1), self.W_v(x).chunk(self.num_kv_heads, dim=-1)
        outputs = []
        for h, q in enumerate(qs):
            g = h // (self.num_heads // self.num_kv_heads)
            scores = torch.bmm(q, ks[g].transpose(1, 2)) / torch.sqrt(torch.tensor(float(q.shape[-1])))
            outputs.append(torch.exp(torch.log_softmax(scores, -1)) @ vs[g])
        return self.W_o(torch.cat(outputs, dim=-1))


@accepted
class IndexedHeads(nn.Module):
    """The KV heads picked by an index; one product for all three projections, whose layers only lend their weights."""

    def __init__(self, d_model, num_heads, num_kv_heads):
        super().__init__()
        self.sizes = [num_heads, num_kv_heads, num_kv_heads]
        dk = d_model // num_heads
        for name, heads in zip(("W_q", "W_k", "W_v", "W_o"), (*self.sizes, num_heads), strict=True):
            setattr(self, name, nn.Linear(d_model, heads * dk))
        self.register_buffer("owner", torch.arange(num_heads) // (num_heads // num_kv_heads))

    def forward(self, x):
        layers = (self.W_q, self.W_k, self.W_v)
        fused = F.linear(x, torch.cat([W.weight for W in layers]), torch.cat([W.bias for W in layers]))
        q, k, v = fused.unflatten(-1, (sum(self.sizes), -1)).transpose(1, 2).split(self.sizes, dim=1)
        k, v = k[:, self.owner], v.index_select(1, self.owner)
        weights = torch.softmax(q @ k.transpose(2, 3) * q.size(-1) ** -0.5, dim=3)
        return self.W_o(torch.cat((weights @ v).unbind(1), dim=-1))


@accepted
class RepeatedWeights:
    """The rows of W_k and W_v are repeated, not the projected heads."""

    def __init__(self, d_model, num_heads, num_kv_heads):
        self.h, self.g, self.dk = num_heads, num_kv_heads, d_model // num_heads
        self.W_q, self.W_o = nn.Linear(d_model, d_model, bias=False), nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, self.g * self.dk, bias=False)
        self.W_v = nn.Linear(d_model, self.g * self.dk, bias=False)

    def repeated(self, layer):
        return torch.stack([layer.weight.view(self.g, self.dk, -1)] * (self.h // self.g), dim=1).flatten(0, 2)

    def forward(self, x):
        q, k, v = (
            (x @ W.T).view(*x.shape[:2], self.h, self.dk).swapaxes(1, 2)
            for W in (self.W_q.weight, self.repeated(self.W_k), self.repeated(self.W_v))
        )
        out = torch.zeros_like(x)
        for b in range(len(x)):
            attn = (q[b] @ k[b].transpose(1, 2) / math.sqrt(self.dk)).softmax(dim=-1)
            out[b] = (attn @ v[b]).transpose(0, 1).flatten(1)
        return self.W_o(out)


@mistake(
    "Your projections are bare parameters. The statement asks for four `nn.Linear`, called W_q, W_k, W_v and W_o.",
    varies="chance",
)
class parameters_not_layers(nn.Module):  # noqa: N801
    def __init__(self, d_model, num_heads, num_kv_heads):
        super().__init__()
        self.dk, self.n = d_model // num_heads, num_heads // num_kv_heads
        self.W_q, self.W_o = (nn.Parameter(torch.randn(d_model, d_model)) for _ in range(2))
        self.W_k, self.W_v = (nn.Parameter(torch.randn(d_model, num_kv_heads * self.dk)) for _ in range(2))

    def forward(self, x):
        q, k, v = ((x @ W).unflatten(-1, (-1, self.dk)).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        k, v = repeat_kv(k, self.n), repeat_kv(v, self.n)
        weights = (q @ k.mT / math.sqrt(self.dk)).softmax(-1)
        return (weights @ v).transpose(1, 2).flatten(2) @ self.W_o


@mistake(
    "You write `self.W_k` and `self.W_v` with num_heads heads and throw most of them away. "
    "Project to num_kv_heads · dk features in the first place."
)
class projects_then_discards(nn.Module):  # noqa: N801
    def __init__(self, d_model, num_heads, num_kv_heads):
        super().__init__()
        self.dk, self.g, self.n = d_model // num_heads, num_kv_heads, num_heads // num_kv_heads
        self.W_q, self.W_k = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model)
        self.W_v, self.W_o = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model)

    def forward(self, x):
        q, k, v = (W(x).unflatten(-1, (-1, self.dk)).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        k, v = repeat_kv(k[:, : self.g], self.n), repeat_kv(v[:, : self.g], self.n)
        weights = (q @ k.mT / math.sqrt(self.dk)).softmax(-1)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2))


@accepted
class LayersInADictionary(nn.Module):
    """The layers live in a container first; W_q, W_k, W_v and W_o are further names for them."""

    def __init__(self, d_model, num_heads, num_kv_heads):
        super().__init__()
        self.d_k, self.group = d_model // num_heads, num_heads // num_kv_heads
        small = num_kv_heads * self.d_k
        self.layers = nn.ModuleDict({n: nn.Linear(d_model, small if n in "kv" else d_model) for n in "qkvo"})
        self.W_q, self.W_k, self.W_v, self.W_o = self.layers.values()

    def heads(self, name, x):
        return self.layers[name](x).unflatten(-1, (-1, self.d_k)).transpose(1, 2)

    def forward(self, x):
        q, k, v = (self.heads(name, x) for name in "qkv")
        shared = [head for head in range(k.shape[1]) for _ in range(self.group)]
        weights = torch.softmax(q @ k[:, shared].mT / self.d_k**0.5, dim=-1)
        return self.W_o((weights @ v[:, shared]).transpose(1, 2).flatten(2))
