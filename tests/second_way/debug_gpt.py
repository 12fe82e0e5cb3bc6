"""The wrong mends of `debug_gpt`, each written as another learner would."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class RightAttention(nn.Module):
    """A right attention in steps that can go wrong one by one."""

    def __init__(self, dim, heads, block):
        super().__init__()
        self.heads, self.block = heads, block
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.prepare()

    def prepare(self):
        pass

    def split(self, x):
        return x.reshape(*x.shape[:2], self.heads, -1).permute(0, 2, 1, 3)

    def root(self, q):
        return math.sqrt(q.shape[-1])

    def visible(self, t):
        return torch.ones(t, t, device=self.out.weight.device).tril().bool()

    def weights(self, scores, visible):
        return F.softmax(torch.where(visible, scores, -math.inf), dim=-1)

    def join(self, heads, x):
        return heads.permute(0, 2, 1, 3).flatten(2)

    def forward(self, x):
        q, k, v = [self.split(part) for part in self.qkv(x).split(x.shape[-1], -1)]
        scores = torch.matmul(q, k.transpose(-1, -2)) / self.root(q)
        return self.out(self.join(torch.matmul(self.weights(scores, self.visible(x.shape[1])), v), x))


class RightBlock(nn.Module):
    def __init__(self, dim, attention):
        super().__init__()
        self.norm1, self.attention, self.norm2 = nn.LayerNorm(dim), attention, nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def first(self, x):
        return x + self.attention(self.norm1(x))

    def second(self, x):
        return x + self.mlp(self.norm2(x))

    def forward(self, x):
        return self.second(self.first(x))


class Right(nn.Module):
    attention, layer = RightAttention, RightBlock

    def __init__(self, vocab, dim, heads, layers, block):
        super().__init__()
        self.window = block
        self.tokens, self.positions = nn.Embedding(vocab, dim), nn.Embedding(block, dim)
        self.blocks = nn.Sequential(*(self.layer(dim, self.attention(dim, heads, block)) for _ in range(layers)))
        self.norm, self.head = nn.LayerNorm(dim), nn.Linear(dim, vocab, bias=False)

    def embedded(self, ids):
        return torch.add(self.tokens(ids), self.positions.weight[None, : ids.shape[1]])

    def forward(self, ids):
        return self.head(self.norm(self.blocks(self.embedded(ids))))

    def pairs(self, ids):
        """Logits (B, n, V) and the ids (B, n) that they are asked for."""
        return self(ids)[:, :-1], ids[:, 1:]

    def loss(self, ids):
        logits, targets = self.pairs(ids)
        return F.cross_entropy(logits.transpose(1, 2), targets)

    def shown(self, ids):
        return ids[:, -self.window :]

    def result(self, ids, n):
        return ids

    def generate(self, ids, n):
        with torch.no_grad():
            for _ in range(n):
                ids = torch.hstack([ids, self(self.shown(ids))[:, -1].max(1, keepdim=True).indices])
        return self.result(ids, n)


def with_attention(**methods):
    return type("Wrong", (Right,), {"attention": type("Attention", (RightAttention,), methods)})


def with_block(**methods):
    return type("Wrong", (Right,), {"layer": type("Layer", (RightBlock,), methods)})


def with_model(**methods):
    return type("Wrong", (Right,), methods)


def after_the_softmax(self, scores, visible):
    return scores.softmax(-1) * visible


def zeroed(self, scores, visible):
    return (scores * visible).softmax(-1)


def over_queries(self, scores, visible):
    return scores.masked_fill(~visible, float("-inf")).softmax(2)


def saved_mask(self):
    self.register_buffer("mask", torch.tril(torch.ones(self.block, self.block)) == 1)


def without_swap(self, x):
    return x.contiguous().view(len(x), self.heads, x.shape[1], -1)


class CutInForward(Right):
    def forward(self, ids):
        return super().forward(ids)[:, :-1]

    def pairs(self, ids):
        return self(ids), ids[:, 1:]


class AfterFlattening(Right):
    def loss(self, ids):
        logits = self(ids)
        return F.cross_entropy(logits.reshape(-1, logits.shape[-1])[:-1], ids.reshape(-1)[1:])


class Summed(Right):
    def loss(self, ids):
        logits, targets = self.pairs(ids)
        return -logits.log_softmax(-1).gather(2, targets.unsqueeze(2)).sum()


SECOND_WAY = {
    "not_scaled": with_attention(root=lambda self, q: 1.0),
    "scaled_by_a_constant": with_attention(root=lambda self, q: math.sqrt(3)),
    "scaled_by_model_width": with_attention(root=lambda self, q: math.sqrt(self.out.in_features)),
    "not_even_itself": with_attention(visible=lambda self, t: torch.ones(t, t).tril(-1) > 0),
    "sees_the_future": with_attention(visible=lambda self, t: torch.ones(t, t).triu() > 0),
    "masked_after_softmax": with_attention(weights=after_the_softmax),
    "scores_zeroed": with_attention(weights=zeroed),
    "mask_of_one_size": with_attention(visible=lambda self, t: torch.ones(self.block, self.block).tril().bool()),
    "mask_is_saved": with_attention(prepare=saved_mask, visible=lambda self, t: self.mask[:t, :t]),
    "softmax_over_queries": with_attention(weights=over_queries),
    "view_after_transpose": with_attention(join=lambda self, heads, x: heads.transpose(1, 2).view(x.shape)),
    "heads_inside_out": with_attention(join=lambda self, heads, x: heads.movedim(1, 3).reshape(x.shape)),
    "heads_never_swapped": with_attention(split=without_swap, join=lambda self, heads, x: heads.reshape(x.shape)),
    "cut_in_forward": CutInForward,
    "cut_twice": with_model(pairs=lambda self, ids: (self(ids)[:, :-2], ids[:, 1:-1])),
    "shifted_back": with_model(pairs=lambda self, ids: (self(ids)[:, 1:], ids[:, :-1])),
    "shifted_by_two": with_model(pairs=lambda self, ids: (self(ids)[:, :-2], ids[:, 2:])),
    "rolled": with_model(pairs=lambda self, ids: (self(ids), torch.cat([ids[:, 1:], ids[:, :1]], 1))),
    "shifted_after_flattening": AfterFlattening,
    "summed_loss": Summed,
    "no_positions": with_model(embedded=lambda self, ids: self.tokens(ids)),
    "no_attention_residual": with_block(first=lambda self, x: self.attention(self.norm1(x))),
    "no_mlp_residual": with_block(second=lambda self, x: self.mlp(self.norm2(x))),
    "post_norm": with_block(
        first=lambda self, x: self.norm1(self.attention(x) + x), second=lambda self, x: self.norm2(self.mlp(x) + x)
    ),
    "generates_from_the_front": with_model(shown=lambda self, ids: ids[:, : self.window]),
    "generates_uncut": with_model(shown=lambda self, ids: ids),
    "generates_only_the_new": with_model(result=lambda self, ids, n: ids[:, ids.shape[1] - n :]),
}
