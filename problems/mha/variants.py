import math
from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted, mistake


def scaled_dot_product_attention(q, k, v, mask=None):
    """A learner's own function of this name is no forbidden one."""
    scores = torch.matmul(q, k.transpose(-1, -2)) / math.sqrt(q.size(-1))
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    return F.softmax(scores, dim=-1) @ v


@accepted
class ModuleWithoutBiases(nn.Module):
    def __init__(self, d_model: int, num_heads: int) -> None:
        super().__init__()
        assert d_model % num_heads == 0, "d_model must be divisible by num_heads"
        self.d_model, self.num_heads, self.d_k = d_model, num_heads, d_model // num_heads
        for name in ("W_q", "W_k", "W_v", "W_o"):
            setattr(self, name, nn.Linear(d_model, d_model, bias=False))
        self.dropout = nn.Dropout(p=0.0)
        self.register_buffer("scale", torch.tensor(1 / sqrt(self.d_k)))

    def forward(self, Q: Tensor, K: Tensor, V: Tensor) -> Tensor:
        B = Q.size(0)
        q = self.W_q(Q).view(B, -1, self.num_heads, self.d_k).permute(0, 2, 1, 3)
        k = self.W_k(K).view(B, -1, self.num_heads, self.d_k).permute(0, 2, 1, 3)
        v = self.W_v(V).view(B, -1, self.num_heads, self.d_k).permute(0, 2, 1, 3)
        attn = self.dropout(F.softmax(q @ k.mT * self.scale, dim=-1))
        out = torch.matmul(attn, v).transpose(1, 2).contiguous().view(B, -1, self.d_model)
        print("attended", tuple(out.shape))
        return self.W_o(out)


@accepted
class Einsum:
    def __init__(self, d_model, num_heads):
        self.h, self.d_k = num_heads, d_model // num_heads
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(d_model, d_model) for _ in range(4))

    def forward(self, Q, K, V):
        q, k, v = [
            W(x).reshape(x.shape[0], x.shape[1], self.h, self.d_k)
            for W, x in ((self.W_q, Q), (self.W_k, K), (self.W_v, V))
        ]
        attn = torch.einsum("bqhd,bkhd->bhqk", q, k).mul(self.d_k**-0.5).softmax(-1)
        return self.W_o(torch.einsum("bhqk,bkhd->bqhd", attn, v).flatten(-2))

    __call__ = forward


@accepted
class HeadByHead:
    """Loops over batch and heads, a softmax by hand, results written into a tensor of its own."""

    def __init__(self, d_model, num_heads):
        self.num_heads = num_heads
        self.W_q, self.W_k = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model, bias=False)
        self.W_v, self.W_o = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model, bias=False)

    def forward(self, Q, K, V):
        B, Sq, D = Q.shape
        dk = D // self.num_heads
        joined = torch.zeros(B, Sq, D, device=Q.device)
        for b in range(B):
            q, k, v = self.W_q(Q[b]), self.W_k(K[b]), self.W_v(V[b])
            for h in range(self.num_heads):
                mine = slice(h * dk, (h + 1) * dk)
                s = q[:, mine] @ k[:, mine].T / dk**0.5
                e = torch.exp(s - s.max(dim=1, keepdim=True).values)
                joined[b, :, mine] = (e / e.sum(1, keepdim=True)) @ v[:, mine]
        return self.W_o(joined)


@accepted
class HeadsInTheBatch:
    """Heads split and stacked along the batch, as in old TensorFlow code; the output summed head by head."""

    def __init__(self, d_model, num_heads):
        self.dk, self.n = d_model // num_heads, num_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, Q, K, V):
        q = torch.cat(self.W_q(Q).split(self.dk, dim=2), dim=0) / self.dk**0.25
        k = torch.cat(self.W_k(K).split(self.dk, dim=2), dim=0) / self.dk**0.25
        v = torch.cat(self.W_v(V).split(self.dk, dim=2), dim=0)
        heads = scaled_sums(q, k, v).chunk(self.n, dim=0)
        parts = [head @ part.T for head, part in zip(heads, self.W_o.weight.split(self.dk, dim=1), strict=True)]
        return sum(parts) + self.W_o.bias


def scaled_sums(q, k, v):
    scores = torch.bmm(q, k.transpose(1, 2))
    return torch.bmm(torch.exp(scores - torch.logsumexp(scores, -1, keepdim=True)), v)


@accepted
class FusedProjections(nn.Module):
    """One weight for all three projections where the inputs are one tensor: the layers only lend theirs."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.W_q, self.W_k, self.W_v = (
            nn.Linear(d_model, d_model),
            nn.Linear(d_model, d_model),
            nn.Linear(d_model, d_model),
        )
        self.W_o = nn.Linear(d_model, d_model)

    def projected(self, Q, K, V):
        if Q is K and K is V:
            weight = torch.cat([self.W_q.weight, self.W_k.weight, self.W_v.weight])
            bias = torch.cat([self.W_q.bias, self.W_k.bias, self.W_v.bias])
            return F.linear(Q, weight, bias).chunk(3, dim=-1)
        return self.W_q(Q), self.W_k(K), self.W_v(V)

    def forward(self, Q, K, V):
        q, k, v = (torch.stack(t.chunk(self.num_heads, -1), dim=1) for t in self.projected(Q, K, V))
        out = scaled_dot_product_attention(q, k, v)
        return self.W_o(torch.cat(out.unbind(dim=1), dim=-1))


class Head:
    """One head: works on its own block of rows of the shared layers."""

    def __init__(self, parent, number):
        self.parent, self.rows = parent, slice(number * parent.d_k, (number + 1) * parent.d_k)

    def project(self, layer, x):
        return F.linear(x, layer.weight[self.rows], layer.bias[self.rows])

    def __call__(self, Q, K, V):
        p = self.parent
        q, k, v = self.project(p.W_q, Q), self.project(p.W_k, K), self.project(p.W_v, V)
        scores = torch.baddbmm(torch.zeros(1, device=q.device), q, k.mT, alpha=1 / math.sqrt(p.d_k))
        return scores.log_softmax(dim=-1).exp().bmm(v)


@accepted
class ListOfHeads:
    def __init__(self, d_model, num_heads):
        self.d_k = d_model // num_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)
        self.heads = [Head(self, number) for number in range(num_heads)]

    def forward(self, Q, K, V):
        return self.W_o(torch.cat([head(Q, K, V) for head in self.heads], dim=-1))


@mistake("You keep the keys of an earlier call for later ones of the same shape. Project `K` anew in every call.")
class keys_kept(nn.Module):  # noqa: N801
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.num_heads, self.kept = num_heads, {}
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(d_model, d_model) for _ in range(4))

    def forward(self, Q, K, V):
        projected = self.W_q(Q), self.kept.setdefault(K.shape, self.W_k(K)), self.W_v(V)
        q, k, v = (torch.stack(t.chunk(self.num_heads, -1), dim=1) for t in projected)
        return self.W_o(scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


@mistake(
    "Your projections are bare parameters. The statement asks for four `nn.Linear(d_model, d_model)`, called W_q, W_k, "
    "W_v and W_o.",
    varies="chance",
)
class parameters_not_layers(nn.Module):  # noqa: N801
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.num_heads = num_heads
        for name in ("W_q", "W_k", "W_v", "W_o"):
            setattr(self, name, nn.Parameter(torch.randn(d_model, d_model) / math.sqrt(d_model)))

    def forward(self, Q, K, V):
        q, k, v = (
            torch.stack((x @ W).chunk(self.num_heads, -1), dim=1)
            for x, W in ((Q, self.W_q), (K, self.W_k), (V, self.W_v))
        )
        return scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2) @ self.W_o


@accepted
class LayersInADictionary(nn.Module):
    """The layers live in a container first; W_q, W_k, W_v and W_o are further names for them."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.projections = nn.ModuleList(nn.Linear(d_model, d_model) for _ in range(4))
        self.W_q, self.W_k, self.W_v, self.W_o = self.projections
        self.attn = None

    def forward(self, query, key, value):
        *layers, last = self.projections
        q, k, v = (
            layer(x).view(len(x), -1, self.num_heads, x.size(-1) // self.num_heads).transpose(1, 2)
            for layer, x in zip(layers, (query, key, value), strict=True)
        )
        self.attn = torch.softmax(q @ k.mT / sqrt(q.size(-1)), dim=-1)
        return last((self.attn @ v).transpose(1, 2).reshape(query.shape))
