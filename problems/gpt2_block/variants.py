import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted, mistake


@accepted
class NanoStyle(nn.Module):
    """With a stored triangle, dropouts of zero, and the tanh form of GELU."""

    def __init__(self, d_model: int, num_heads: int) -> None:
        super().__init__()
        assert d_model % num_heads == 0
        self.n_head, self.n_embd = num_heads, d_model
        self.ln1, self.ln2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(4))
        self.mlp = nn.Sequential(
            nn.Linear(d_model, 4 * d_model),
            nn.GELU(approximate="tanh"),
            nn.Linear(4 * d_model, d_model),
            nn.Dropout(0.0),
        )
        self.register_buffer("tril", torch.tril(torch.ones(128, 128)).view(1, 1, 128, 128))

    def attn(self, x: Tensor) -> Tensor:
        B, T, C = x.size()
        q, k, v = [
            W(x).view(B, T, self.n_head, C // self.n_head).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v)
        ]
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        att = att.masked_fill(self.tril[:, :, :T, :T] == 0, float("-inf"))
        y = F.softmax(att, dim=-1) @ v
        return self.W_o(y.transpose(1, 2).contiguous().view(B, T, C))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.ln1(x))
        x = x + self.mlp(self.ln2(x))
        return x  # noqa: RET504


class MLP(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.c_fc = nn.Linear(d, 4 * d)
        self.c_proj = nn.Linear(4 * d, d)

    def forward(self, x):
        h = self.c_fc(x)
        return self.c_proj(0.5 * h * (1 + torch.erf(h / math.sqrt(2))))


@accepted
class OwnMLPAndEinsum(nn.Module):
    """An MLP of its own, with other names and a GELU by hand; an additive mask of large negative numbers."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.mlp = MLP(d_model)
        self.W_o = nn.Linear(d_model, d_model)
        for name in "vkq":
            setattr(self, f"W_{name}", nn.Linear(d_model, d_model))
        self.ln2 = nn.LayerNorm(d_model)
        self.ln1 = nn.LayerNorm(d_model)
        self.h, self.dk = num_heads, d_model // num_heads

    def forward(self, x):
        a = self.ln1(x)
        q, k, v = (layer(a).reshape(*x.shape[:2], self.h, self.dk) for layer in (self.W_q, self.W_k, self.W_v))
        s = torch.einsum("bqhd,bkhd->bhqk", q, k) * self.dk**-0.5
        mask = torch.full((x.shape[1], x.shape[1]), -1e4, device=x.device).triu(1)
        w = torch.softmax(s + mask, -1)
        print("attention", w.shape)
        h = x + self.W_o(torch.einsum("bhqk,bkhd->bqhd", w, v).flatten(2))
        return h + self.mlp(self.ln2(h))


@accepted
class HeadByHead(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.d_model, self.num_heads, self.d_k = d_model, num_heads, d_model // num_heads
        self.W_q = nn.Linear(d_model, d_model, bias=False)
        self.W_k = nn.Linear(d_model, d_model, bias=False)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)
        self.ln1 = nn.LayerNorm(d_model, eps=1e-5)
        self.ln2 = nn.LayerNorm(d_model, eps=1e-5)
        self.mlp = nn.Sequential(*[nn.Linear(d_model, d_model * 4), nn.GELU("none"), nn.Linear(d_model * 4, d_model)])

    def causal_mask(self, n, device):
        at = torch.arange(n, device=device)
        return at[:, None] >= at[None, :]

    def forward(self, x):
        residual = x
        x = self.ln1(x)
        allowed = self.causal_mask(x.size(1), x.device)
        heads = []
        for q, k, v in zip(*(W(x).split(self.d_k, dim=-1) for W in (self.W_q, self.W_k, self.W_v)), strict=True):
            scores = torch.bmm(q, k.transpose(1, 2)) / self.d_k**0.5
            scores = torch.where(allowed, scores, torch.finfo(scores.dtype).min)
            e = torch.exp(scores - scores.amax(dim=-1, keepdim=True))
            heads.append(torch.bmm(e / e.sum(dim=-1, keepdim=True), v))
        x = residual + self.W_o(torch.cat(heads, dim=-1))
        residual = x
        x = self.mlp(self.ln2(x))
        x = x + residual
        return x  # noqa: RET504


@accepted
class TokenByToken(nn.Module):
    """No mask: query t meets the keys up to t."""

    def __init__(self, d_model, num_heads):
        super(TokenByToken, self).__init__()  # noqa: UP008
        self.heads = num_heads
        self.ln1, self.ln2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        layers = {name: nn.Linear(d_model, d_model) for name in ("W_q", "W_k", "W_v", "W_o")}
        for name, layer in layers.items():
            self.add_module(name, layer)
        inner = 4 * d_model
        self.mlp = nn.Sequential()
        self.mlp.add_module("up", nn.Linear(d_model, inner))
        self.mlp.add_module("act", nn.GELU())
        self.mlp.add_module("down", nn.Linear(inner, d_model))

    def forward(self, x):
        a = self.ln1(x)
        q, k, v = (torch.stack(W(a).chunk(self.heads, -1), 1) for W in (self.W_q, self.W_k, self.W_v))
        rows = []
        for t in range(x.shape[1]):
            scores = (q[:, :, t : t + 1] * k[:, :, : t + 1]).sum(-1) / q.shape[-1] ** 0.5
            weights = torch.exp(scores - torch.logsumexp(scores, -1, keepdim=True))
            rows.append((weights[..., None] * v[:, :, : t + 1]).sum(2).flatten(1))
        h = x + self.W_o(torch.stack(rows, dim=1))
        return h + self.mlp(self.ln2(h))


@accepted
class FusedProjections(nn.Module):
    """One matrix product for queries, keys and values: the layers lend their weights."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.W_q, self.W_k = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model)
        self.W_v, self.W_o = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model)
        self.ln1, self.ln2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        B, S, D = x.shape
        dk = D // self.num_heads
        weight = torch.cat([self.W_q.weight, self.W_k.weight, self.W_v.weight])
        bias = torch.cat([self.W_q.bias, self.W_k.bias, self.W_v.bias])
        qkv = F.linear(self.ln1(x), weight, bias).view(B, S, 3, self.num_heads, dk).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        scores = torch.matmul(q, k.mT).div(math.sqrt(dk))
        scores = scores + torch.full((S, S), -torch.inf, device=x.device).triu(diagonal=1)
        attended = torch.softmax(scores, dim=-1).matmul(v).permute(0, 2, 1, 3).reshape(B, S, D)
        out = x.clone()
        out += self.W_o(attended)
        return out + self.mlp(self.ln2(out))


@accepted
class OtherEps(nn.Module):
    """The eps of the norms is free, and a norm may come without a bias."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.ln1, self.ln2 = nn.LayerNorm(d_model, bias=False), nn.LayerNorm(d_model, eps=1e-6)
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(d_model, d_model) for _ in range(4))
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        normed = self.ln1(x)
        q, k, v = (
            layer(normed).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
            for layer in (self.W_q, self.W_k, self.W_v)
        )
        scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(torch.ones_like(x @ x.mT).unsqueeze(1).triu(1) > 0, -1e9)
        h = x + self.W_o((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))
        return h + self.mlp(self.ln2(h))


class Attention(nn.Module):
    def __init__(self, n_embd, n_head):
        super().__init__()
        self.n_head = n_head
        self.query, self.key, self.value, self.out = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x):
        q, k, v = (torch.stack(layer(x).chunk(self.n_head, -1), 1) for layer in (self.query, self.key, self.value))
        scores = (q @ k.mT) * q.size(-1) ** -0.5
        visible = torch.tril(torch.ones(x.size(1), x.size(1), device=x.device))
        weights = F.softmax(scores.masked_fill(visible == 0, float("-inf")), dim=-1)
        return self.out(torch.cat((weights @ v).unbind(1), dim=-1))


@accepted
class AttentionOfItsOwn(nn.Module):
    """Attention is a module; W_q, W_k, W_v and W_o are further names for its layers."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.attn = Attention(d_model, num_heads)
        self.W_q, self.W_k, self.W_v = self.attn.query, self.attn.key, self.attn.value
        self.W_o = self.attn.out
        self.ln1, self.ln2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        for norm, sublayer in ((self.ln1, self.attn), (self.ln2, self.mlp)):
            x = x + sublayer(norm(x))
        return x


@mistake(
    "You train something beside the layers that the statement names. Take the extra parameter out: the answers of attention "
    "and MLP are added as they are."
)
class learned_gain(nn.Module):  # noqa: N801
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.attn, self.gain = Attention(d_model, num_heads), nn.Parameter(torch.ones(d_model))
        self.W_q, self.W_k, self.W_v = self.attn.query, self.attn.key, self.attn.value
        self.W_o = self.attn.out
        self.ln1, self.ln2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        h = x + self.gain * self.attn(self.ln1(x))
        return h + self.mlp(self.ln2(h))
