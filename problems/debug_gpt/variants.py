import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted


class FusedAttention(nn.Module):
    """torch's own attention."""

    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, x):
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.qkv(x).chunk(3, dim=-1))
        return self.out(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2))


class FiniteAttention(nn.Module):
    """-10,000 added in place of -inf; the heads kept apart by einsum, which needs no axis moved."""

    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, d // self.heads).unbind(2)
        scores = torch.einsum("bqhd,bkhd->bhqk", q, k) * (d // self.heads) ** -0.5
        ones = torch.ones(t, t, device=x.device)
        weights = torch.softmax(scores - 10_000.0 * torch.triu(ones, 1), dim=-1)
        return self.out(torch.einsum("bhqk,bkhd->bqhd", weights, v).reshape(b, t, d))


class BufferedAttention(nn.Module):
    """The mask is a buffer of the full size that is not saved, cut to the text."""

    def __init__(self, dim, heads, block):
        super().__init__()
        self.heads, self.width = heads, dim // heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)
        self.register_buffer("visible", torch.ones(block, block).tril().bool(), persistent=False)

    def split(self, x):
        return x.reshape(x.shape[0], x.shape[1], self.heads, self.width).permute(0, 2, 1, 3)

    def forward(self, x):
        q, k, v = map(self.split, self.qkv(x).split(x.shape[-1], dim=2))
        scores = torch.matmul(q, k.transpose(2, 3)) / math.sqrt(self.width)
        t = x.shape[1]
        scores = scores.masked_fill(~self.visible[:t, :t], -math.inf)
        joined = (F.softmax(scores, dim=3) @ v).permute(0, 2, 1, 3).contiguous()
        return self.out(joined.view(x.shape))


class LoopedAttention(nn.Module):
    """A beginner's rewrite: one head and one position at a time, no mask at all."""

    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, x):
        d = x.shape[2]
        dk = d // self.heads
        all_three = self.qkv(x)
        outputs = []
        for h in range(self.heads):
            q = all_three[:, :, h * dk : (h + 1) * dk]
            k = all_three[:, :, d + h * dk : d + (h + 1) * dk]
            v = all_three[:, :, 2 * d + h * dk : 2 * d + (h + 1) * dk]
            rows = []
            for t in range(x.shape[1]):
                scores = (k[:, : t + 1] * q[:, t : t + 1]).sum(dim=2) / dk**0.5
                rows.append((scores.softmax(dim=1).unsqueeze(2) * v[:, : t + 1]).sum(dim=1))
            outputs.append(torch.stack(rows, dim=1))
        return self.out(torch.cat(outputs, dim=2))


class Halves(nn.Module):
    def __init__(self, dim, attention):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attention = attention
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x):
        h = self.attention(self.norm1(x)) + x
        return self.mlp(self.norm2(h)) + h


class Model(nn.Module):
    """What the variants share; each has an attention, a loss and a way to generate of its own."""

    def __init__(self, vocab, dim, heads, layers, block):
        super().__init__()
        self.block = block
        self.tokens = nn.Embedding(vocab, dim)
        self.positions = nn.Embedding(block, dim)
        self.blocks = nn.Sequential(*[Halves(dim, self.attention(dim, heads, block)) for _ in range(layers)])
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, vocab, bias=False)

    def forward(self, ids):
        places = torch.arange(ids.shape[1], device=ids.device)
        return self.head(self.norm(self.blocks(self.tokens(ids) + self.positions(places))))

    def loss(self, ids):
        logits = self(ids)[:, :-1]
        return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), ids[:, 1:].reshape(-1))

    @torch.no_grad()
    def generate(self, ids, n):
        for _ in range(n):
            ids = torch.cat([ids, self(ids[:, -self.block :])[:, -1:].argmax(-1)], dim=1)
        return ids


@accepted
class WithTorchsAttention(Model):
    """The ids are cut, not the logits: the model never sees the last one."""

    def attention(self, dim, heads, block):
        return FusedAttention(dim, heads)

    def loss(self, ids):
        return F.cross_entropy(self(ids[:, :-1]).transpose(1, 2), ids[:, 1:])


@accepted
class WithAFiniteMask(Model):
    """The loss by hand: log-probabilities that are picked."""

    def attention(self, dim, heads, block):
        return FiniteAttention(dim, heads)

    def loss(self, ids):
        logs = self(ids).log_softmax(dim=-1)[:, :-1]
        return -logs.gather(2, ids[:, 1:, None]).mean()


@accepted
class WithABuffer(Model):
    """The last position is left out by `ignore_index`; the result is written into a tensor made before."""

    def attention(self, dim, heads, block):
        return BufferedAttention(dim, heads, block)

    def loss(self, ids):
        targets = torch.cat([ids[:, 1:], torch.full_like(ids[:, :1], -100)], dim=1)
        return F.cross_entropy(self(ids).flatten(0, 1), targets.flatten(), ignore_index=-100)

    def generate(self, ids, n):
        start = ids.shape[1]
        result = torch.cat([ids, ids.new_zeros(len(ids), n)], dim=1)
        with torch.inference_mode():
            for t in range(start, start + n):
                result[:, t] = self(result[:, max(0, t - self.block) : t])[:, -1].max(dim=-1).indices
        return result


@accepted
class WithLoops(Model):
    """Text by text, position by position."""

    def attention(self, dim, heads, block):
        return LoopedAttention(dim, heads)

    def loss(self, ids):
        logits = self(ids)
        losses = []
        for b in range(ids.shape[0]):
            for t in range(ids.shape[1] - 1):
                losses.append(logits[b, t].logsumexp(0) - logits[b, t, ids[b, t + 1]])
        return sum(losses) / len(losses)

    def generate(self, ids, n):
        texts = []
        for text in ids:
            text = text.tolist()
            for _ in range(n):
                seen = torch.tensor([text[-self.block :]], device=ids.device)
                text.append(int(self(seen)[0, -1].argmax()))
            texts.append(text)
        return torch.tensor(texts, device=ids.device)


class TypedAttention(nn.Module):
    """All three projections at once, heads folded into the batch."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.out = nn.Linear(dim, dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.heads = heads

    def forward(self, x: Tensor) -> Tensor:
        b, t, d = x.shape
        qkv = self.qkv(x).reshape(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4).flatten(1, 2)
        q, k, v = qkv
        places = torch.arange(t, device=x.device)
        hidden = torch.zeros(t, t, device=x.device).masked_fill(places > places[:, None], -torch.inf)
        weights = torch.baddbmm(hidden, q, k.mT, alpha=q.shape[-1] ** -0.5).softmax(-1)
        return self.out(torch.bmm(weights, v).unflatten(0, (b, self.heads)).transpose(1, 2).reshape(b, t, d))


@accepted
class Recursive(Model):
    """Generates by calling itself; the loss scaled down from a sum."""

    def attention(self, dim, heads, block):
        return TypedAttention(dim, heads)

    def loss(self, ids: Tensor) -> Tensor:
        logits, targets = self(ids)[:, :-1].flatten(end_dim=1), ids[:, 1:].flatten()
        return nn.CrossEntropyLoss(reduction="sum")(logits, targets) / targets.numel()

    def generate(self, ids: Tensor, n: int) -> Tensor:
        if n == 0:
            return ids
        with torch.no_grad():
            last = self(ids[:, -self.block :]).select(1, -1)
        following = last.topk(1, dim=1).indices
        return self.generate(torch.hstack([ids, following]), n - 1)
