import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted, mistake


def attend(q, k, v):
    return torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.size(-1)), dim=-1) @ v


@accepted
class TheFourNames(nn.Module):
    def __init__(self, d_model: int, num_heads: int) -> None:
        super().__init__()
        assert d_model % num_heads == 0, "d_model must be divisible by num_heads"
        self.d_model, self.num_heads, self.d_k = d_model, num_heads, d_model // num_heads
        for name in ("W_q", "W_k", "W_v", "W_o"):
            setattr(self, name, nn.Linear(d_model, d_model, bias=False))
        self.dropout = nn.Dropout(p=0.0)
        self.register_buffer("scale", torch.tensor(self.d_k**-0.5))

    def heads(self, t: Tensor) -> Tensor:
        return t.view(t.size(0), -1, self.num_heads, self.d_k).permute(0, 2, 1, 3)

    def forward(self, x_q: Tensor, x_kv: Tensor, mask: Tensor | None = None) -> Tensor:
        q, k, v = self.heads(self.W_q(x_q)), self.heads(self.W_k(x_kv)), self.heads(self.W_v(x_kv))
        scores = torch.matmul(q, k.mT) * self.scale
        if mask is not None:
            scores = scores.masked_fill(mask == 0, -1e9)
        out = torch.matmul(self.dropout(F.softmax(scores, dim=-1)), v)
        print("attended", tuple(out.shape))
        return self.W_o(out.transpose(1, 2).contiguous().view(x_q.size(0), -1, self.d_model))


@accepted
class HeadByHead(nn.Module):
    """The four names; loops over batch and heads, a softmax by hand, results written into a tensor of its own."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.h = num_heads
        self.W_q, self.W_k = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model, bias=False)
        self.W_v, self.W_o = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model, bias=False)

    def forward(self, x_q, x_kv):
        dk = x_q.shape[-1] // self.h
        joined = torch.empty_like(x_q)
        for b in range(len(x_q)):
            q, k, v = self.W_q(x_q[b]), self.W_k(x_kv[b]), self.W_v(x_kv[b])
            for h in range(self.h):
                mine = slice(h * dk, (h + 1) * dk)
                s = q[:, mine] @ k[:, mine].T / dk**0.5
                e = torch.exp(s - s.max(dim=1, keepdim=True).values)
                joined[b, :, mine] = (e / e.sum(1, keepdim=True)) @ v[:, mine]
        return self.W_o(joined)


@accepted
class HuggingFaceNames(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.num_heads, self.head_dim = num_heads, d_model // num_heads
        self.q_proj, self.k_proj = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model)
        self.v_proj, self.out_proj = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model)

    def forward(self, x_q, x_kv):
        shape = (self.num_heads, self.head_dim)
        q, k, v = (p(x).unflatten(-1, shape) for p, x in ((self.q_proj, x_q), (self.k_proj, x_kv), (self.v_proj, x_kv)))
        attn = torch.einsum("bqhd,bkhd->bhqk", q * self.head_dim**-0.5, k).softmax(-1)
        return self.out_proj(torch.einsum("bhqk,bkhd->bqhd", attn, v).flatten(-2))


@accepted
class FusedKeysAndValues(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.W_q, self.W_kv = nn.Linear(d_model, d_model), nn.Linear(d_model, 2 * d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x_q, x_kv):
        k, v = self.W_kv(x_kv).chunk(2, dim=-1)
        q, k, v = (torch.stack(t.chunk(self.num_heads, -1), dim=1) for t in (self.W_q(x_q), k, v))
        return self.W_o(torch.cat(attend(q, k, v).unbind(1), dim=-1))


@accepted
class FusedWithinEachHead(nn.Module):
    """Keys and values side by side in each head, as in GPT-NeoX; no biases."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.to_q = nn.Linear(d_model, d_model, bias=False)
        self.to_kv = nn.Linear(d_model, 2 * d_model, bias=False)
        self.to_out = nn.Sequential(nn.Linear(d_model, d_model), nn.Dropout(0.0))

    def forward(self, x_q, x_kv):
        q = self.to_q(x_q).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
        k, v = self.to_kv(x_kv).unflatten(-1, (self.num_heads, 2, -1)).permute(3, 0, 2, 1, 4)
        return self.to_out(attend(q, k, v).transpose(1, 2).flatten(2))


@accepted
class OneBigWeight(nn.Module):
    """All three input projections in one parameter, as in nn.MultiheadAttention's own code."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.n, self.d = num_heads, d_model
        self.in_proj_weight = nn.Parameter(torch.randn(3 * d_model, d_model) / d_model**0.5)
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * d_model))
        self.out = nn.Linear(d_model, d_model)

    def forward(self, x_q, x_kv):
        w, b = self.in_proj_weight, self.in_proj_bias
        q = F.linear(x_q, w[: self.d], b[: self.d])
        k, v = F.linear(x_kv, w[self.d :], b[self.d :]).split(self.d, dim=-1)
        q, k, v = (torch.cat(t.split(self.d // self.n, dim=2), dim=0) for t in (q, k, v))
        weights = torch.exp(torch.log_softmax(torch.bmm(q, k.mT) * (self.d // self.n) ** -0.5, -1))
        return self.out(torch.cat(torch.bmm(weights, v).chunk(self.n, dim=0), dim=-1))


@accepted
class BareParameters(nn.Module):
    """x @ W in place of layers, with the heads as an axis of the weight."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        dk = d_model // num_heads
        self.W_q, self.W_k, self.W_v = (
            nn.Parameter(torch.randn(d_model, num_heads, dk) / math.sqrt(d_model)) for _ in range(3)
        )
        self.W_o = nn.Parameter(torch.randn(num_heads, dk, d_model) / math.sqrt(d_model))
        self.b_o = nn.Parameter(torch.zeros(d_model))

    def forward(self, x_q, x_kv):
        q = torch.einsum("bsd,dhk->bhsk", x_q, self.W_q)
        k = torch.einsum("bsd,dhk->bhsk", x_kv, self.W_k)
        v = torch.einsum("bsd,dhk->bhsk", x_kv, self.W_v)
        return torch.einsum("bhsk,hkd->bsd", attend(q, k, v), self.W_o) + self.b_o


class Head(nn.Module):
    def __init__(self, d_model, dk):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(d_model, dk, bias=False) for _ in range(3))

    def forward(self, x_q, x_kv):
        return attend(self.query(x_q), self.key(x_kv), self.value(x_kv))


@accepted
class ListOfHeads(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.heads = nn.ModuleList(Head(d_model, d_model // num_heads) for _ in range(num_heads))
        self.proj = nn.Linear(d_model, d_model)

    def forward(self, x_q, x_kv):
        return self.proj(torch.cat([head(x_q, x_kv) for head in self.heads], dim=-1))


@accepted
class WeightPerHead(nn.Module):
    """One (H, D, dk) parameter for each role."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        shape = (num_heads, d_model, d_model // num_heads)
        self.wq, self.wk, self.wv = (nn.Parameter(0.1 * torch.randn(shape)) for _ in range(3))
        self.wo = nn.Parameter(0.1 * torch.randn(d_model, d_model))

    def forward(self, x_q, x_kv):
        q, k, v = x_q.unsqueeze(1) @ self.wq, x_kv.unsqueeze(1) @ self.wk, x_kv.unsqueeze(1) @ self.wv
        return attend(q, k, v).transpose(1, 2).reshape(x_q.shape) @ self.wo


class Interleaved(nn.Module):
    """Head h takes every H-th feature."""

    def split(self, t):
        return t.unflatten(-1, (-1, self.num_heads)).permute(0, 3, 1, 2)

    def joined(self, q, k, v):
        return attend(self.split(q), self.split(k), self.split(v)).permute(0, 2, 3, 1).flatten(2)


@accepted
class InterleavedUnderOtherNames(Interleaved):
    """Where nothing says which row of a weight is which, this is the same model with its rows in another order."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.query, self.kv = nn.Linear(d_model, d_model), nn.Linear(d_model, 2 * d_model)
        self.out = nn.Linear(d_model, d_model)

    def forward(self, x_q, x_kv):
        return self.out(self.joined(self.query(x_q), *self.kv(x_kv).chunk(2, dim=-1)))


@accepted
class ScaleKeptAsAParameter(nn.Module):
    """A constant among the parameters; the judge leaves it alone."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.h = num_heads
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(d_model, d_model) for _ in range(4))
        self.scale = nn.Parameter(torch.tensor((d_model // num_heads) ** -0.5), requires_grad=False)

    def forward(self, x_q, x_kv):
        q, k, v = (
            layer(x).unflatten(-1, (self.h, -1)).transpose(1, 2)
            for layer, x in ((self.W_q, x_q), (self.W_k, x_kv), (self.W_v, x_kv))
        )
        return self.W_o(((q @ k.mT * self.scale).softmax(-1) @ v).transpose(1, 2).flatten(2))


@mistake(
    "Your heads take every H-th feature. Head h owns a contiguous block, the features h·dk … (h+1)·dk - 1: "
    "split the last axis into (H, dk), in this order."
)
class heads_interleaved(Interleaved):  # noqa: N801
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.W_q, self.W_k = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model)
        self.W_v, self.W_o = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model)

    def forward(self, x_q, x_kv):
        return self.W_o(self.joined(self.W_q(x_q), self.W_k(x_kv), self.W_v(x_kv)))
