import math

import torch
import torch.nn.functional as F
from torch import nn

from torch_judge.authoring import accepted, mistake


def attend(q, k, v):
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    future = torch.ones_like(scores, dtype=torch.bool).triu(k.shape[2] - q.shape[2] + 1)
    return scores.masked_fill(future, -math.inf).softmax(-1) @ v


class Projections(nn.Module):
    """The four layers, by the names that the statement fixes."""

    def __init__(self, d_model, num_heads, bias=True):
        super().__init__()
        assert d_model % num_heads == 0
        self.d_model, self.num_heads, self.d_k = d_model, num_heads, d_model // num_heads
        for name in ("W_q", "W_k", "W_v", "W_o"):
            setattr(self, name, nn.Linear(d_model, d_model, bias=bias))

    def heads(self, t):
        return t.view(t.size(0), t.size(1), self.num_heads, self.d_k).permute(0, 2, 1, 3)

    def joined(self, t):
        return t.permute(0, 2, 1, 3).contiguous().view(t.size(0), -1, self.d_model)


@accepted
class PositionsCompared(Projections):
    """No biases; the mask compares positions; a mask only where it hides something."""

    def __init__(self, d_model: int, num_heads: int):
        super().__init__(d_model, num_heads, bias=False)

    def scaled_dot_product_attention(self, q, k, v, mask=None):
        scores = torch.matmul(q, k.transpose(-1, -2)) / math.sqrt(self.d_k)
        if mask is not None:
            scores = scores.masked_fill(mask == 0, -1e4)
        return F.softmax(scores, dim=-1) @ v

    def forward(self, x, cache=None):
        q, k, v = (self.heads(layer(x)) for layer in (self.W_q, self.W_k, self.W_v))
        if cache:
            k_past, v_past = cache
            k, v = torch.concat((k_past, k), dim=-2), torch.concat((v_past, v), dim=-2)
        n, total = x.shape[1], k.shape[2]
        mask = None
        if n > 1:
            at = torch.arange(total - n, total, device=x.device)
            mask = torch.arange(total, device=x.device)[None, :] <= at[:, None]
        return self.W_o(self.joined(self.scaled_dot_product_attention(q, k, v, mask))), (k, v)


@accepted
class EinsumAndDetachedCache(Projections):
    def forward(self, x: torch.Tensor, cache: tuple | None = None) -> tuple[torch.Tensor, tuple]:
        B, S, _ = x.shape
        past = 0 if cache is None else cache[0].size(2)
        q, k, v = [W(x).reshape(B, S, self.num_heads, self.d_k) for W in (self.W_q, self.W_k, self.W_v)]
        k, v = torch.einsum("bshd->bhsd", k), torch.einsum("bshd->bhsd", v)
        if past:
            k = torch.cat([cache[0].detach(), k], 2)
            v = torch.cat([cache[1].detach(), v], 2)
        bias = torch.full((S, past + S), float("-inf"), device=x.device).triu(diagonal=1 + past)
        attn = (torch.einsum("bqhd,bhkd->bhqk", q, k) * self.d_k**-0.5 + bias).softmax(-1)
        out = torch.einsum("bhqk,bhkd->bqhd", attn, v).reshape(B, S, self.d_model)
        return self.W_o(out), (k.detach(), v.detach())


@accepted
class TokenByToken(Projections):
    """Each new token in turn attends to a cache that has grown up to it; no mask at all."""

    def forward(self, x, cache=None):
        keys = [] if cache is None else [cache[0]]
        values = [] if cache is None else [cache[1]]
        outputs = []
        for t in range(x.shape[1]):
            token = x[:, t]
            q, k, v = (
                torch.stack(layer(token).chunk(self.num_heads, dim=-1), dim=1).unsqueeze(2)
                for layer in (self.W_q, self.W_k, self.W_v)
            )
            keys.append(k)
            values.append(v)
            so_far, worth = torch.cat(keys, dim=2), torch.cat(values, dim=2)
            weights = torch.softmax((q * so_far).sum(-1) / self.d_k**0.5, dim=-1)
            mixed = (weights.unsqueeze(-1) * worth).sum(dim=2)
            outputs.append(self.W_o(mixed.flatten(1)))
        return torch.stack(outputs, dim=1), (so_far, worth)


@accepted
class HeadByHead(nn.Module):
    """Loops over batch and heads, writing into preallocated tensors of its own; a softmax by hand."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.h = num_heads
        self.W_q, self.W_k = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model, bias=False)
        self.W_v, self.W_o = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model, bias=False)
        self.dropout = nn.Dropout(0.0)
        self.register_buffer("triangle", torch.tril(torch.ones(64, 64)), persistent=False)

    def forward(self, x, cache=None):
        B, S, D = x.shape
        dk = D // self.h
        past = cache[0].shape[-2] if cache is not None else 0
        K = torch.empty(B, self.h, past + S, dk, device=x.device)
        V = torch.empty_like(K)
        if cache is not None:
            K[:, :, :past], V[:, :, :past] = cache
        out = torch.zeros(B, S, D, device=x.device)
        allowed = self.triangle[past : past + S, : past + S].bool()
        for b in range(B):
            q, k, v = self.W_q(x[b]), self.W_k(x[b]), self.W_v(x[b])
            for h in range(self.h):
                mine = slice(h * dk, (h + 1) * dk)
                K[b, h, past:], V[b, h, past:] = k[:, mine], v[:, mine]
                s = q[:, mine] @ K[b, h].T.clone() / dk**0.5
                e = torch.where(allowed, torch.exp(s - s.masked_fill(~allowed, -torch.inf).amax(1, True)), 0)
                out[b, :, mine] = self.dropout(e / e.sum(1, keepdim=True)) @ V[b, h].clone()
        return self.W_o(out), (K, V)


@accepted
class FusedProjections(Projections):
    """One matrix product for all three projections: the layers only lend their weights."""

    def forward(self, x, cache=None):
        weight = torch.cat([self.W_q.weight, self.W_k.weight, self.W_v.weight])
        bias = torch.cat([self.W_q.bias, self.W_k.bias, self.W_v.bias])
        q, k, v = map(self.heads, F.linear(x, weight, bias).chunk(3, dim=-1))
        B, H, S, dk = q.shape
        if cache is not None:
            k, v = torch.cat((cache[0], k), dim=2), torch.cat((cache[1], v), dim=2)
        scores = torch.bmm(q.reshape(B * H, S, dk), k.reshape(B * H, -1, dk).transpose(1, 2)) / dk**0.5
        ones = torch.ones(S, k.size(2), dtype=torch.bool, device=x.device)
        scores = scores.masked_fill_(~ones.tril(k.size(2) - S), torch.finfo(scores.dtype).min)
        out = torch.bmm(torch.exp(torch.log_softmax(scores, -1)), v.reshape(B * H, -1, dk))
        print("attended", tuple(out.shape))
        return self.W_o(self.joined(out.view(B, H, S, dk))), tuple([k, v])


@mistake(
    "You keep the cache on `self` and ignore the argument, so a second sequence continues the first. "
    "Read it from `cache`."
)
class cache_on_self(Projections):  # noqa: N801
    def forward(self, x, cache=None):
        q, k, v = (self.heads(layer(x)) for layer in (self.W_q, self.W_k, self.W_v))
        if cache is not None:
            k, v = torch.cat([self.k, k], dim=2), torch.cat([self.v, v], dim=2)
        self.k, self.v = k, v
        return self.W_o(self.joined(attend(q, k, v))), (k, v)


@mistake("You grow the caller's cache in place, so it cannot be continued a second time. `torch.cat` into new tensors.")
class grows_callers_cache(Projections):  # noqa: N801
    def forward(self, x, cache=None):
        q, k, v = (self.heads(layer(x)) for layer in (self.W_q, self.W_k, self.W_v))
        if cache is not None:
            cache[0].data = torch.cat([cache[0].data, k.data], dim=2)
            cache[1].data = torch.cat([cache[1].data, v.data], dim=2)
            k, v = cache
        return self.W_o(self.joined(attend(q, k, v))), (k, v)


@mistake(
    "Your caches are views of one buffer on `self`, so a second continuation overwrites the first. "
    "Return tensors of their own."
)
class one_buffer_for_all(Projections):  # noqa: N801
    def forward(self, x, cache=None):
        q, k, v = (self.heads(layer(x)) for layer in (self.W_q, self.W_k, self.W_v))
        past = 0 if cache is None else cache[0].shape[2]
        end = past + x.shape[1]
        if cache is None:
            self.buffer = torch.zeros(2, x.shape[0], self.num_heads, 64, self.d_k, device=x.device)
        self.buffer[0, :, :, past:end] = k.detach()
        self.buffer[1, :, :, past:end] = v.detach()
        k, v = (torch.cat([old[:, :, :past], new], dim=2) for old, new in zip(self.buffer, (k, v), strict=True))
        return self.W_o(self.joined(attend(q, k, v))), (self.buffer[0, :, :, :end], self.buffer[1, :, :, :end])


@mistake(
    "You cache the inputs and project every old token again at each step. "
    "Cache the keys and values; project only what is new."
)
class caches_inputs(Projections):  # noqa: N801
    def forward(self, x, cache=None):
        seen = x if cache is None else torch.cat([cache[0].transpose(1, 2).flatten(2), x], dim=1)
        q, k, v = self.heads(self.W_q(x)), self.heads(self.W_k(seen)), self.heads(self.W_v(seen))
        return self.W_o(self.joined(attend(q, k, v))), (self.heads(seen), self.heads(seen))


@mistake(
    "You remember the inputs on `self` and project every old token again. "
    "Project only the new tokens; the cache holds the rest."
)
class remembers_inputs(Projections):  # noqa: N801
    def forward(self, x, cache=None):
        past = 0 if cache is None else cache[0].shape[2]
        known = [t for t in getattr(self, "tokens", []) if cache is not None and t[0] is cache[0]]
        seen = torch.cat([known[0][1], x], dim=1) if known else x
        q, k, v = (self.heads(layer(seen)) for layer in (self.W_q, self.W_k, self.W_v))
        self.tokens = [*getattr(self, "tokens", []), (k, seen)]
        return self.W_o(self.joined(attend(q[:, :, past:], k, v))), (k, v)


@accepted
class LayersInAList(nn.Module):
    """The layers live in a container first; W_q, W_k, W_v and W_o are further names for them."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.h, self.d_k = num_heads, d_model // num_heads
        self.linears = nn.ModuleList([nn.Linear(d_model, d_model) for _ in range(4)])
        self.W_q, self.W_k, self.W_v, self.W_o = self.linears

    def forward(self, x, cache=None):
        q, k, v = (
            layer(x).view(x.size(0), -1, self.h, self.d_k).transpose(1, 2)
            for layer, _ in zip(self.linears, range(3), strict=False)
        )
        if cache is not None:
            k, v = (torch.cat(pair, dim=2) for pair in zip(cache, (k, v), strict=True))
        return self.linears[-1](attend(q, k, v).transpose(1, 2).reshape(x.shape)), (k, v)
