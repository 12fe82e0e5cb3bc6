import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted


class Expert(nn.Module):
    def __init__(self, dim, hidden, bias=True):
        super().__init__()
        self.w1, self.w2 = nn.Linear(dim, hidden, bias=bias), nn.Linear(hidden, dim, bias=bias)

    def forward(self, x):
        return self.w2(F.relu(self.w1(x)))


@accepted
class MixtralStyle(nn.Module):
    """Softmax over all, rescaled; a one-hot mask of tokens per expert; no biases."""

    def __init__(self, d_model: int, d_ff: int, num_experts: int, top_k: int = 2) -> None:
        super().__init__()
        assert 1 <= top_k <= num_experts, "top_k must not exceed num_experts"
        self.num_experts, self.top_k = num_experts, top_k
        self.gate = nn.Linear(d_model, num_experts, bias=False)
        self.experts = nn.ModuleList([Expert(d_model, d_ff, bias=False) for _ in range(num_experts)])

    def forward(self, hidden: Tensor) -> Tensor:
        batch, length, dim = hidden.shape
        hidden = hidden.view(-1, dim)
        weights = F.softmax(self.gate(hidden), dim=1, dtype=torch.float)
        weights, selected = torch.topk(weights, self.top_k, dim=-1)
        weights /= weights.sum(dim=-1, keepdim=True)
        final = torch.zeros((batch * length, dim), dtype=hidden.dtype, device=hidden.device)
        mask = F.one_hot(selected, num_classes=self.num_experts).permute(2, 1, 0)
        for i in range(self.num_experts):
            slot, row = torch.where(mask[i])
            current = self.experts[i](hidden[None, row].reshape(-1, dim)) * weights[row, slot, None]
            final.index_add_(0, row, current.to(hidden.dtype))
        return final.reshape(batch, length, dim)


@accepted
class TokenByToken(nn.Module):
    def __init__(self, d_model, d_ff, num_experts, top_k=2):
        super().__init__()
        self.k = top_k
        self.router = nn.Linear(d_model, num_experts)
        self.experts = nn.ModuleList()
        for _ in range(num_experts):
            self.experts.append(
                nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(inplace=True), nn.Linear(d_ff, d_model))
            )

    def forward(self, x):
        print("routing", tuple(x.shape))
        out = torch.zeros_like(x)
        for b in range(x.size(0)):
            for s in range(x.size(1)):
                values, indices = torch.topk(self.router(x[b, s]), self.k)
                for g, i in zip(torch.exp(values - torch.logsumexp(values, 0)), indices.tolist(), strict=True):
                    out[b, s] += g * self.experts[i](x[b, s])
        return out


@accepted
class SwitchGates(nn.Module):
    """Softmax over all, not rescaled; loops over slots, boolean masks on (B, S); unused experts are skipped."""

    def __init__(self, d_model, d_ff, num_experts, top_k=2):
        super().__init__()
        self.top_k = top_k
        self.route = nn.Linear(d_model, num_experts)
        for i in range(num_experts):
            setattr(self, f"expert_{i}", Expert(d_model, d_ff))
        self.n = num_experts
        self.drop = nn.Dropout(0.0)

    def forward(self, x):
        gates, picked = self.route(x).softmax(-1).topk(self.top_k, sorted=False)
        result = torch.zeros(x.shape, device=x.device)
        for slot in range(self.top_k):
            for i in range(self.n):
                mine = picked[..., slot] == i
                if not mine.any():
                    continue
                update = torch.zeros_like(result)
                update[mine] = getattr(self, f"expert_{i}")(x[mine]) * gates[..., slot][mine].unsqueeze(-1)
                result = result + update
        return self.drop(result)


@accepted
class OnlyOneUnscaled(nn.Module):
    """Rescaled gates for several experts, the bare probability for one; tokens sorted by expert and split."""

    def __init__(self, d_model, d_ff, num_experts, top_k=2):
        super().__init__()
        self.top_k, self.num_experts = top_k, num_experts
        self.w_gate = nn.Parameter(torch.randn(d_model, num_experts) * 0.02)
        self.mlps = nn.ModuleDict({f"e{i}": Expert(d_model, d_ff) for i in range(num_experts)})

    def forward(self, x):
        flat = x.flatten(0, 1)
        probs = (flat @ self.w_gate).softmax(-1)
        gate, index = probs.topk(self.top_k)
        if self.top_k > 1:
            gate = gate / (gate.sum(-1, keepdim=True) + 1e-20)
        order = index.flatten().argsort(stable=True)
        counts = torch.bincount(index.flatten(), minlength=self.num_experts).tolist()
        pieces = flat[order // self.top_k].split(counts)
        results = torch.cat([mlp(piece) for mlp, piece in zip(self.mlps.values(), pieces, strict=True)])
        back = torch.empty_like(results)
        back[order] = results
        return torch.einsum("nkd,nk->nd", back.unflatten(0, (-1, self.top_k)), gate).view_as(x)


@accepted
class StackedWeights(nn.Module):
    """All experts in two parameters of three dimensions, gathered per token."""

    def __init__(self, d_model, d_ff, num_experts, top_k=2):
        super().__init__()
        self.top_k = top_k
        self.w_in = nn.Parameter(torch.randn(num_experts, d_model, d_ff) / math.sqrt(d_model))
        self.b_in = nn.Parameter(torch.zeros(num_experts, d_ff))
        self.w_out = nn.Parameter(torch.randn(num_experts, d_ff, d_model) / math.sqrt(d_ff))
        self.b_out = nn.Parameter(torch.zeros(num_experts, d_model))
        self.router_weight = nn.Parameter(torch.randn(num_experts, d_model) / math.sqrt(d_model))

    def forward(self, x):
        scores, e = torch.topk(F.linear(x, self.router_weight), self.top_k, dim=-1)
        hidden = torch.relu(torch.einsum("bsd,bskdf->bskf", x, self.w_in[e]) + self.b_in[e])
        each = torch.einsum("bskf,bskfd->bskd", hidden, self.w_out[e]) + self.b_out[e]
        return (scores.softmax(-1).unsqueeze(-1) * each).sum(-2)


@accepted
class TwoLists(nn.Module):
    """First and second layers in a list each; gates of all experts with -inf for those not chosen."""

    def __init__(self, d_model, d_ff, num_experts, top_k=2):
        super(TwoLists, self).__init__()  # noqa: UP008
        self.top_k = top_k
        self.up = nn.ModuleList(nn.Linear(d_model, d_ff) for _ in range(num_experts))
        self.down = nn.ModuleList(nn.Linear(d_ff, d_model, bias=False) for _ in range(num_experts))
        self.router = nn.Linear(d_model, num_experts, bias=False)

    def forward(self, x):
        B, S, D = x.size()
        tokens = x.contiguous().view(B * S, D)
        scores = self.router(tokens)
        kept = torch.full_like(scores, -math.inf).scatter(1, scores.topk(self.top_k, dim=1)[1], 0.0)
        gates = torch.softmax(scores + kept, dim=1)
        out = tokens.new_zeros(B * S, D)
        for e, (up, down) in enumerate(zip(self.up, self.down, strict=True)):
            rows = torch.nonzero(kept[:, e] == 0).squeeze(1)
            y = down(up(tokens.index_select(0, rows)).clamp(min=0))
            out = out.index_add(0, rows, y * gates[rows, e].view(-1, 1))
        return out.view(B, S, D)


class BareExpert(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.W1, self.W2 = nn.Parameter(torch.empty(dim, hidden)), nn.Parameter(torch.empty(hidden, dim))
        self.b1, self.b2 = nn.Parameter(torch.zeros(hidden)), nn.Parameter(torch.zeros(dim))
        nn.init.xavier_uniform_(self.W1)
        nn.init.xavier_uniform_(self.W2)

    def forward(self, *, tokens):
        return F.relu(tokens @ self.W1 + self.b1) @ self.W2 + self.b2


@accepted
class DispatchByMatrix(nn.Module):
    """Experts of bare parameters; rows are picked and put back by products with a 0-1 matrix."""

    def __init__(self, d_model, d_ff, num_experts, top_k=2):
        super().__init__()
        self.top_k = top_k
        self.router = nn.Sequential(nn.Linear(d_model, num_experts))
        self.experts = nn.ModuleList(BareExpert(d_model, d_ff) for _ in range(num_experts))

    def forward(self, x):
        x2 = x.reshape(-1, x.shape[2])
        logits = self.router(x2)
        threshold = logits.topk(self.top_k).values.amin(-1, keepdim=True)
        gates = torch.where(logits >= threshold, logits, -1e9).softmax(-1)
        parts = []
        for e, expert in enumerate(self.experts):
            pick = torch.eye(len(x2), device=x.device)[logits[:, e] >= threshold[:, 0]]
            parts.append(pick.T @ (expert(tokens=pick @ x2) * (pick @ gates[:, e : e + 1])))
        return torch.stack(parts).sum(0).view(*x.shape)
