import math

import torch
import torch.nn.functional as F
from torch import nn

from torch_judge.authoring import accepted


class Layers(nn.Module):
    """The six layers, by the names that the statement fixes."""

    def __init__(self, d_model, num_heads, head_dim, kv_rank, rope_dim):
        super().__init__()
        self.H, self.hd, self.rd, self.rank = num_heads, head_dim, rope_dim, kv_rank
        sizes = {
            "W_q": (d_model, num_heads * (head_dim + rope_dim)),
            "W_dkv": (d_model, kv_rank),
            "W_kr": (d_model, rope_dim),
            "W_uk": (kv_rank, num_heads * head_dim),
            "W_uv": (kv_rank, num_heads * head_dim),
            "W_o": (num_heads * head_dim, d_model),
        }
        for name, (into, out) in sizes.items():
            setattr(self, name, nn.Linear(into, out, bias=False))

    def turn(self, x, first, dim=1):
        """By complex numbers; positions along ``dim``."""
        theta = torch.outer(
            torch.arange(first, first + x.shape[dim], dtype=torch.float32),
            1.0 / 10000 ** (torch.arange(0, self.rd, 2) / self.rd),
        )
        shape = [1] * x.dim()
        shape[dim], shape[-1] = theta.shape
        z = torch.view_as_complex(x.float().reshape(*x.shape[:-1], -1, 2).contiguous())
        return torch.view_as_real(z * torch.polar(torch.ones_like(theta), theta).view(shape)).flatten(-2)


@accepted
class Absorbed(Layers):
    """No key and no value is ever made: W_uk goes into the queries, W_uv into the outputs."""

    def forward(self, x, cache=None):
        B, S, _ = x.shape
        past = cache[0].size(1) if cache is not None else 0
        latent, rope_key = self.W_dkv(x), self.turn(self.W_kr(x), past)
        if past:
            latent, rope_key = torch.cat((cache[0], latent), 1), torch.cat((cache[1], rope_key), 1)
        q = self.W_q(x).view(B, S, self.H, self.hd + self.rd)
        content, rope = q[..., : self.hd], self.turn(q[..., self.hd :], past)
        up_k, up_v = (W.weight.view(self.H, self.hd, self.rank) for W in (self.W_uk, self.W_uv))
        absorbed = torch.einsum("bshd,hdr->bshr", content, up_k)
        scores = torch.einsum("bshr,btr->bhst", absorbed, latent) + torch.einsum("bshr,btr->bhst", rope, rope_key)
        scores = scores * (self.hd + self.rd) ** -0.5
        at = torch.arange(past, past + S)[:, None]
        scores = scores + torch.where(torch.arange(past + S) > at, -torch.inf, 0.0)
        mixed = torch.einsum("bhst,btr->bshr", F.softmax(scores, -1), latent)
        print("tokens", past + S)
        return self.W_o(torch.einsum("bshr,hdr->bshd", mixed, up_v).flatten(2)), (latent, rope_key)


@accepted
class JoinedKeys(Layers):
    """The two parts of a key side by side: one product of head_dim + rope_dim numbers."""

    def forward(self, x: torch.Tensor, cache: tuple | None = None) -> tuple[torch.Tensor, list]:
        start = 0 if cache is None else cache[0].shape[1]
        new = [self.W_dkv(x), self.turn(self.W_kr(x), start)]
        c, r = new if cache is None else [torch.cat(pair, dim=1) for pair in zip(cache, new, strict=True)]
        total = c.shape[1]
        k = torch.cat([self.W_uk(c).unflatten(-1, (self.H, self.hd)), r[:, :, None].expand(-1, -1, self.H, -1)], -1)
        q = self.W_q(x).unflatten(-1, (self.H, -1))
        q = torch.cat([q[..., : self.hd], self.turn(q[..., self.hd :], start)], -1)
        scores = q.transpose(1, 2) @ k.permute(0, 2, 3, 1) / math.sqrt(k.shape[-1])
        keep = torch.ones(total, total, dtype=torch.bool).tril()[start:]
        weights = torch.softmax(scores.masked_fill(~keep, -1e9), dim=-1)
        v = self.W_uv(c).unflatten(-1, (self.H, self.hd)).transpose(1, 2)
        return self.W_o((weights @ v).transpose(1, 2).reshape(*x.shape[:2], -1)), [c, r]


@accepted
class HeadByHead(Layers):
    """A loop over heads; a rotation as swapped pairs with a sign."""

    def rope(self, x, positions):
        theta = positions[:, None] * torch.exp(-math.log(10000.0) * torch.arange(0, self.rd, 2) / self.rd)
        theta = theta.repeat_interleave(2, dim=-1)
        swapped = torch.stack((-x[..., 1::2], x[..., 0::2]), dim=-1).reshape(x.shape)
        return x * theta.cos() + swapped * theta.sin()

    def forward(self, x, cache=None):
        n = x.shape[1]
        past = 0 if cache is None else cache[1].shape[-2]
        positions = torch.arange(past, past + n)
        c, r = self.W_dkv(x), self.rope(self.W_kr(x), positions)
        if cache is not None:
            c, r = torch.cat([cache[0].detach(), c], -2), torch.cat([cache[1].detach(), r], -2)
        queries, heads = self.W_q(x).chunk(self.H, dim=-1), []
        keys, values = self.W_uk(c).split(self.hd, -1), self.W_uv(c).split(self.hd, -1)
        hidden = torch.arange(past + n)[None] > positions[:, None]
        for q, k, v in zip(queries, keys, values, strict=True):
            content, rope = q.split((self.hd, self.rd), dim=-1)
            scores = torch.bmm(content, k.mT) + torch.bmm(self.rope(rope, positions), r.mT)
            scores = (scores / (self.hd + self.rd) ** 0.5).masked_fill(hidden, float("-inf"))
            e = torch.exp(scores - scores.amax(-1, keepdim=True))
            heads.append(e / e.sum(-1, keepdim=True) @ v)
        return self.W_o(torch.cat(heads, dim=-1)), (c, r)


@accepted
class TokenByToken(Layers):
    """Each new token in turn, against a cache that has grown up to it; no mask at all."""

    def forward(self, x, cache=None):
        latents = [] if cache is None else list(cache[0].unbind(1))
        ropes = [] if cache is None else list(cache[1].unbind(1))
        outputs = []
        for token in x.unbind(1):
            here = len(latents)
            latents.append(self.W_dkv(token))
            ropes.append(self.turn(self.W_kr(token)[:, None], here)[:, 0])
            c, r = torch.stack(latents, 1), torch.stack(ropes, 1)
            q = self.W_q(token).view(len(token), self.H, -1)
            p = self.turn(q[:, None, :, self.hd :], here)[:, 0]
            k, v = (W(c).view(*c.shape[:2], self.H, self.hd) for W in (self.W_uk, self.W_uv))
            scores = (q[:, None, :, : self.hd] * k).sum(-1) + torch.einsum("bhr,btr->bth", p, r)
            weights = torch.softmax(scores / math.sqrt(self.hd + self.rd), dim=1)
            outputs.append(self.W_o((weights[..., None] * v).sum(1).flatten(1)))
        return torch.stack(outputs, 1), (c, r)


@accepted
class WithRotationMatrices(Layers):
    """A module for the rope, with a table of matrices that is no part of the state."""

    def __init__(self, d_model, num_heads, head_dim, kv_rank, rope_dim):
        super().__init__(d_model, num_heads, head_dim, kv_rank, rope_dim)
        theta = torch.arange(64)[:, None] * 10000.0 ** (-torch.arange(0, rope_dim, 2) / rope_dim)
        c, s = theta.cos(), theta.sin()
        table = torch.stack((torch.stack((c, -s), -1), torch.stack((s, c), -1)), -2)
        self.register_buffer("table", table, persistent=False)

    def place(self, x, past):
        here = self.table[past : past + x.shape[-2]]
        return torch.einsum("snij,...snj->...sni", here, x.unflatten(-1, (-1, 2))).flatten(-2)

    def forward(self, x, cache=None):
        B, S = x.shape[:2]
        past = cache[0].shape[1] if cache else 0
        c, r = self.W_dkv(x), self.place(self.W_kr(x), past)
        if cache:
            c, r = torch.hstack([cache[0], c]), torch.hstack([cache[1], r])
        q = self.W_q(x).view(B, S, self.H, -1).transpose(1, 2)
        k, v = (W(c).view(B, past + S, self.H, self.hd).transpose(1, 2) for W in (self.W_uk, self.W_uv))
        scores = torch.matmul(q[..., : self.hd], k.transpose(2, 3))
        scores += torch.matmul(self.place(q[..., self.hd :], past), r[:, None].transpose(2, 3))
        scores = scores.div((self.hd + self.rd) ** 0.5)
        scores = scores.masked_fill(torch.ones(S, past + S).triu(1 + past) == 1, torch.finfo(scores.dtype).min)
        return self.W_o(torch.matmul(scores.softmax(3), v).permute(0, 2, 1, 3).flatten(2)), (c, r)
