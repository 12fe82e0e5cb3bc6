"""The mistakes of `mla`, each written as another learner would: the diagnosis must name them too."""

import math

import torch
from torch import nn


class Right(nn.Module):
    """A right solution in steps that can go wrong one by one; rope by complex numbers, heads by `chunk`."""

    bias, direction = False, 1.0

    def __init__(self, d_model, num_heads, head_dim, kv_rank, rope_dim):
        super().__init__()
        self.H, self.hd, self.rd = num_heads, head_dim, rope_dim
        sizes = (
            ("W_q", d_model, num_heads * (head_dim + rope_dim)),
            ("W_dkv", d_model, kv_rank),
            ("W_kr", d_model, rope_dim),
            ("W_uk", kv_rank, num_heads * head_dim),
            ("W_uv", kv_rank, num_heads * head_dim),
            ("W_o", num_heads * head_dim, d_model),
        )
        for name, into, out in sizes:
            self.add_module(name, nn.Linear(into, out, bias=self.bias))

    def heads(self, x):
        return torch.stack(x.chunk(self.H, dim=-1), dim=1)

    def turn(self, x, first):
        theta = torch.outer(torch.arange(x.shape[-2]) + first, 1e4 ** -(torch.arange(0, self.rd, 2) / self.rd))
        pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())
        turns = torch.polar(torch.ones_like(theta), self.direction * theta)
        return torch.view_as_real(pairs * turns).flatten(-2)

    def start(self, past):
        return past

    def turn_query(self, p, past):
        return self.turn(p, self.start(past))

    def turn_key(self, r, past):
        return self.turn(r, self.start(past))

    def latent(self, x, past):
        return self.W_dkv(x)

    def queries(self, x):
        q = self.heads(self.W_q(x))
        return q[..., : self.hd], q[..., self.hd :]

    def joined(self, cache, new):
        return new if cache is None else tuple(torch.cat(pair, dim=-2) for pair in zip(cache, new, strict=True))

    def all_ropes(self, r):
        return r

    def values(self, c):
        return self.heads(self.W_uv(c))

    def total(self, content, rope):
        return (content + rope) / math.sqrt(self.hd + self.rd)

    def hidden(self, n, total, cache):
        return torch.arange(total) > (torch.arange(n) + total - n)[:, None]

    def masked(self, scores, hidden):
        return torch.where(hidden, -math.inf, scores)

    def weights(self, scores):
        return torch.softmax(scores, dim=3)

    def merged(self, heads):
        return torch.cat(heads.unbind(1), dim=-1)

    def out(self, heads):
        return self.W_o(self.merged(heads))

    def kept(self, new, whole):
        return whole

    def used(self, cache):
        return cache

    def forward(self, x, cache=None):
        cache = self.used(cache)
        past = cache[0].size(-2) if cache is not None else 0
        new = self.latent(x, past), self.turn_key(self.W_kr(x), past)
        whole = c, r = self.joined(cache, new)
        (q, p), r = self.queries(x), self.all_ropes(r)
        content = torch.einsum("bhsd,bhtd->bhst", q, self.heads(self.W_uk(c)))
        rope = torch.einsum("bhsd,btd->bhst", self.turn_query(p, past), r)
        hidden = self.hidden(x.size(1), c.size(1), cache)
        weights = self.weights(self.masked(self.total(content, rope), hidden))
        return self.out(torch.einsum("bhst,bhtd->bhsd", weights, self.values(c))), self.kept(new, whole)


def own(**parts):
    return type("OwnLatentAttention", (Right,), parts)


class CachesTheTokens(Right):
    def latent(self, x, past):
        return x

    def forward(self, x, cache=None):
        past = 0 if cache is None else cache[0].size(1)
        tokens, r = self.joined(cache, (x, self.turn(self.W_kr(x), past)))
        self.new_rows = x.size(1)
        c = self.W_dkv(tokens)
        q, p = self.queries(x)
        content = q @ self.heads(self.W_uk(c)).mT
        scores = self.total(content, self.turn(p, past) @ r[:, None].mT)
        scores[..., self.hidden(x.size(1), c.size(1), cache)] = -math.inf
        return self.out(self.weights(scores) @ self.values(c)), (tokens, r)


class CachesKeysAndValues(Right):
    def forward(self, x, cache=None):
        past = 0 if cache is None else cache[2].size(1)
        c = self.W_dkv(x)
        k, v, r = self.joined(cache, (self.W_uk(c), self.W_uv(c), self.turn(self.W_kr(x), past)))
        q, p = self.queries(x)
        scores = self.total(q @ self.heads(k).mT, self.turn(p, past) @ r[:, None].mT)
        scores = scores.masked_fill(self.hidden(x.size(1), k.size(1), cache), -1e30)
        return self.out(self.weights(scores) @ self.heads(v)), (k, v, r)


def half_split(self, x, first):
    theta = (torch.arange(x.shape[-2]) + first)[:, None] / 1e4 ** (torch.arange(0, self.rd, 2) / self.rd)
    theta = torch.cat([theta, theta], dim=-1)
    half = self.rd // 2
    return x * theta.cos() + torch.cat([-x[..., half:], x[..., :half]], dim=-1) * theta.sin()


def rope_part_first(self, x):
    q = self.heads(self.W_q(x))
    return q[..., self.rd :], q[..., : self.rd]


def all_content_first(self, x):
    q = self.W_q(x)
    return self.heads(q[..., : self.H * self.hd]), self.heads(q[..., self.H * self.hd :])


def latent_rotated(self, x, past):
    c = self.W_dkv(x)
    theta = (torch.arange(c.shape[1]) + past)[:, None] / 1e4 ** (torch.arange(0, c.shape[2], 2) / c.shape[2])
    pairs = torch.view_as_complex(c.unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(theta), theta)).flatten(-2)


def normalised(self, x, past):
    c = self.W_dkv(x)
    return c * torch.rsqrt(c.square().mean(-1, keepdim=True) + 1e-6)


def unshifted(self, scores):
    e = torch.exp(scores)
    return e / e.sum(-1)[..., None]


def detached_join(self, cache, new):
    return Right.joined(self, cache, tuple(part.data for part in new))


class CacheSwapped(Right):
    def forward(self, x, cache=None):
        out, (c, r) = super().forward(x, None if cache is None else (cache[1], cache[0]))
        return out, (r, c)


class EverythingDetached(Right):
    @torch.no_grad()
    def forward(self, x, cache=None):
        return super().forward(x, cache)


SECOND_WAY = {
    "caches_the_tokens": CachesTheTokens,
    "caches_keys_and_values": CachesKeysAndValues,
    "rope_on_the_latent": own(latent=latent_rotated),
    "positions_from_zero": own(start=lambda self, past: 0),
    "scaled_by_head_dim": own(total=lambda self, content, rope: (content + rope) * self.hd**-0.5),
    "parts_scaled_apart": own(total=lambda self, content, rope: content * self.hd**-0.5 + rope * self.rd**-0.5),
    "no_scaling": own(total=lambda self, content, rope: content + rope),
    "query_not_rotated": own(turn_query=lambda self, p, past: p),
    "key_not_rotated": own(turn_key=lambda self, r, past: r),
    "no_rope_part": own(total=lambda self, content, rope: content / (self.hd + self.rd) ** 0.5),
    "rotated_again": own(
        turn_key=lambda self, r, past: r,
        joined=lambda self, cache, new: (lambda c, r: (c, self.turn(r, 0)))(*Right.joined(self, cache, new)),
    ),
    "rotated_when_read": own(turn_key=lambda self, r, past: r, all_ropes=lambda self, r: self.turn(r, 0)),
    "latent_normalised": own(latent=normalised),
    "half_split_rope": own(turn=half_split),
    "other_direction": own(direction=-1.0),
    "mask_of_minus_1000": own(masked=lambda self, scores, hidden: torch.where(hidden, -1e3, scores)),
    "mask_of_minus_1000_added": own(masked=lambda self, scores, hidden: scores.add(hidden.float(), alpha=-1e3)),
    "mask_without_offset": own(hidden=lambda self, n, total, cache: torch.ones(n, total).triu(1) > 0),
    "mask_without_cache_only": own(
        hidden=lambda self, n, total, cache: (
            Right.hidden(self, n, total, cache) if cache is None else torch.zeros(n, total) > 0
        )
    ),
    "no_mask": own(hidden=lambda self, n, total, cache: torch.tensor(False)),
    "rope_part_first": own(queries=rope_part_first),
    "all_content_first": own(queries=all_content_first),
    "values_by_w_uk": own(values=lambda self, c: self.heads(self.W_uk(c))),
    "cache_swapped": CacheSwapped,
    "only_new_cached": own(kept=lambda self, new, whole: new),
    "cache_ignored": own(used=lambda self, cache: None),
    "heads_not_joined_properly": own(merged=lambda self, heads: heads.contiguous().view(len(heads), heads.size(2), -1)),
    "no_output_projection": own(out=lambda self, heads: self.merged(heads)),
    "with_biases": own(bias=True),
    "unshifted_softmax": own(weights=unshifted),
    "latent_detached": own(joined=detached_join),
    "everything_detached": EverythingDetached,
}
