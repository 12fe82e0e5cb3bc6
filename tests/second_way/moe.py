"""The mistakes of `moe`, each written as another learner would: the diagnosis must name them too."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class Expert(nn.Module):
    def __init__(self, d, f):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(d, f), nn.Linear(f, d)

    def act(self, h):
        return h.clamp(min=0)

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))


class Right(nn.Module):
    """A right solution in steps that can go wrong one by one: slot by slot."""

    expert = Expert

    def __init__(self, d_model, d_ff, num_experts, top_k=2):
        super().__init__()
        self.k, self.n = top_k, num_experts
        self.make(d_model, d_ff)

    def make(self, d, f):
        self.gate = nn.Linear(d, self.n)
        self.mlps = nn.ModuleList([self.expert(d, f) for _ in range(self.n)])

    def scores(self, x):
        return self.gate(x).flatten(0, 1)

    def choose(self, scores):
        return torch.topk(scores, self.k)[1]

    def gates(self, scores, chosen):
        picked = scores.gather(1, chosen)
        return torch.exp(picked - picked.logsumexp(1, keepdim=True))

    def run(self, i, rows, weight):
        return weight * self.mlps[i](rows)

    def add(self, out, where, update):
        return out.index_put((where,), update, accumulate=True)

    def mix(self, tokens, chosen, gates):
        out = torch.zeros_like(tokens)
        for i in range(len(self.mlps)):
            for slot in range(self.k):
                where = (chosen[:, slot] == i).nonzero()[:, 0]
                if len(where):
                    out = self.add(out, where, self.run(i, tokens[where], gates[where, slot].unsqueeze(1)))
        return out

    def finish(self, out, x):
        return out.view(x.shape)

    def forward(self, x):
        scores = self.scores(x)
        chosen = self.choose(scores)
        return self.finish(self.mix(x.flatten(0, 1), chosen, self.gates(scores, chosen)), x)


def other_gates(function):
    return type("OtherGates", (Right,), {"gates": lambda self, scores, chosen: function(scores.gather(1, chosen))})


class AllExpertsUsed(Right):
    def __init__(self, d_model, d_ff, num_experts, top_k=2):
        super().__init__(d_model, d_ff, num_experts, num_experts)


class DenseExecution(Right):
    def mix(self, tokens, chosen, gates):
        weights = torch.zeros(len(tokens), self.n).scatter(1, chosen, gates)
        each = torch.stack([mlp(tokens) for mlp in self.mlps], dim=1)
        return torch.einsum("ne,ned->nd", weights, each)


class SoftmaxTwice(Right):
    def gates(self, scores, chosen):
        return F.softmax(F.softmax(scores, -1).gather(1, chosen), 1)


class DetachedGates(Right):
    @torch.no_grad()
    def gates(self, scores, chosen):
        return super().gates(scores, chosen)


class GatesDetachedInEval(Right):
    def gates(self, scores, chosen):
        with torch.set_grad_enabled(self.training and torch.is_grad_enabled()):
            return super().gates(scores, chosen)


class ExpertsDetachedInEval(Right):
    def run(self, i, rows, weight):
        with torch.set_grad_enabled(self.training and torch.is_grad_enabled()):
            result = self.mlps[i](rows)
        return weight * result


class DetachedRouterInput(Right):
    def scores(self, x):
        return super().scores(x.data)


class DetachedExperts(Right):
    def run(self, i, rows, weight):
        with torch.no_grad():
            result = self.mlps[i](rows)
        return weight * result


class EverythingDetached(Right):
    @torch.no_grad()
    def forward(self, x):
        return super().forward(x)


class SlotsMixedUp(Right):
    def mix(self, tokens, chosen, gates):
        return super().mix(tokens, torch.stack(chosen.unbind(1)[::-1], dim=1), gates)


class FirstGateForAll(Right):
    def mix(self, tokens, chosen, gates):
        return super().mix(tokens, chosen, gates[:, :1].repeat(1, self.k))


class GateByExpertNumber(Right):
    def gates(self, scores, chosen):
        return F.softmax(scores, -1).sort(descending=True)[0].gather(1, chosen)


class LaterOverwrites(Right):
    def add(self, out, where, update):
        return out.index_put((where,), update)


class RoutedBySequenceMean(Right):
    def scores(self, x):
        return self.gate(x.mean(1)).repeat_interleave(x.shape[1], dim=0)


class RoutedByFirstToken(Right):
    def scores(self, x):
        return self.gate(x[:, 0]).repeat_interleave(x.shape[1], dim=0)


class RoutedByPosition(Right):
    def scores(self, x):
        return self.gate(x.mean(0)).repeat(x.shape[0], 1)


class WorstChosen(Right):
    def choose(self, scores):
        return scores.argsort(-1)[:, : self.k]


class ChosenBySize(Right):
    def choose(self, scores):
        return torch.topk(scores**2, self.k)[1]


class TopKAlways2(Right):
    def __init__(self, d_model, d_ff, num_experts, top_k=2):
        super().__init__(d_model, d_ff, num_experts, 2 if num_experts > 1 else 1)


class Top1Only(Right):
    def mix(self, tokens, chosen, gates):
        return super().mix(tokens, chosen, gates * F.one_hot(torch.tensor(0), self.k))


class DefaultTopK(Right):
    def __init__(self, d_model, d_ff, num_experts, top_k=1):
        super().__init__(d_model, d_ff, num_experts, top_k)


class ExpertsChooseTokens(Right):
    def forward(self, x):
        tokens, scores = x.flatten(0, 1), self.scores(x)
        room = min(len(tokens), -(-len(tokens) * self.k // self.n))
        out = torch.zeros_like(tokens)
        for i, mlp in enumerate(self.mlps):
            where = scores[:, i].topk(room)[1]
            out = self.add(out, where, F.softmax(scores, -1)[where, i, None] * mlp(tokens[where]))
        return out.view(x.shape)


class CapacityLimit(Right):
    factor = 1.0

    def mix(self, tokens, chosen, gates):
        room, gates = math.ceil(self.factor * chosen.numel() / self.n), gates.clone()
        for i in range(self.n):
            late = (chosen == i).nonzero()[room:]
            gates[late[:, 0], late[:, 1]] = 0
        return super().mix(tokens, chosen, gates)


class DoubleCapacity(CapacityLimit):
    factor = 2.0


class NoisyRouting(Right):
    def scores(self, x):
        scores = super().scores(x)
        return scores + torch.randn(scores.shape)


class NoisyRoutingInTraining(NoisyRouting):
    def scores(self, x):
        return super().scores(x) if self.training else Right.scores(self, x)


class ReturnsALossToo(Right):
    def forward(self, x):
        return super().forward(x), self.scores(x).softmax(-1).mean(0).pow(2).sum()


class Residual(Right):
    def finish(self, out, x):
        return x + out.view(x.shape)


class OneSharedExpert(Right):
    def make(self, d, f):
        self.gate, one = nn.Linear(d, self.n), Expert(d, f)
        self.mlps = nn.ModuleList(one for _ in range(self.n))


class PythonList(Right):
    def make(self, d, f):
        self.gate = nn.Linear(d, self.n)
        self.mlps = []
        for _ in range(self.n):
            self.mlps.append(Expert(d, f))


class RouterNotRegistered(Right):
    def make(self, d, f):
        super().make(d, f)
        gate = self.gate
        del self.gate
        self.gate = gate.forward


class ExtraSharedExpert(Right):
    def make(self, d, f):
        super().make(d, f)
        self.shared = Expert(d, f)

    def finish(self, out, x):
        return out.view(x.shape) + self.shared(x)


class WrongSizes(Right):
    def make(self, d, f):
        super().make(d, d)


class Linear(Expert):
    def act(self, h):
        return h


class Gelu(Expert):
    def act(self, h):
        return h * 0.5 * (1 + torch.erf(h / 2**0.5))


class Silu(Expert):
    def act(self, h):
        return h * torch.sigmoid(h)


class LastRelu(Expert):
    def forward(self, x):
        return F.relu(super().forward(x))


class Unbiased(Expert):
    def forward(self, x):
        return F.linear(self.act(F.linear(x, self.fc1.weight)), self.fc2.weight)


def other_expert(kind):
    return type("OtherExpert", (Right,), {"expert": kind})


class GateOnTheInput(Right):
    def run(self, i, rows, weight):
        return self.mlps[i](rows * weight)


class RouterBiasLeftOut(Right):
    def scores(self, x):
        return F.linear(x, self.gate.weight).flatten(0, 1)


def unshifted(s):
    e = torch.exp(s)
    return e / torch.sum(e, 1).unsqueeze(1)


def shifted_by_one_maximum(s):
    e = torch.exp(s - torch.max(s))
    return e / torch.sum(e, 1).unsqueeze(1)


class EmptyExpert(Right):
    def mix(self, tokens, chosen, gates):
        for i in range(self.n):
            torch.where(chosen == i)[0].min()
        return super().mix(tokens, chosen, gates)


class Squeezed(Right):
    def finish(self, out, x):
        return torch.squeeze(out.view(x.shape))


class LeftFlat(Right):
    def finish(self, out, x):
        return out


class WritesIntoX(Right):
    def finish(self, out, x):
        x.data[:] = out.view(x.shape)
        return out.view(x.shape)


SECOND_WAY = {
    "all_experts_used": AllExpertsUsed,
    "dense_execution": DenseExecution,
    "averages_the_chosen": other_gates(lambda s: torch.ones_like(s) / s.shape[1]),
    "no_gates": other_gates(torch.ones_like),
    "raw_scores_as_gates": other_gates(torch.clone),
    "sigmoid_gates": other_gates(lambda s: 1 / (1 + torch.exp(-s))),
    "sigmoid_gates_rescaled": other_gates(lambda s: s.sigmoid() / s.sigmoid().sum(1)[:, None]),
    "scores_rescaled": other_gates(lambda s: s / s.sum(1)[:, None]),
    "softmax_twice": SoftmaxTwice,
    "softmax_over_tokens": other_gates(lambda s: F.softmax(s.T, -1).T),
    "detached_gates": DetachedGates,
    "gates_detached_in_eval": GatesDetachedInEval,
    "experts_detached_in_eval": ExpertsDetachedInEval,
    "detached_router_input": DetachedRouterInput,
    "detached_experts": DetachedExperts,
    "everything_detached": EverythingDetached,
    "slots_mixed_up": SlotsMixedUp,
    "first_gate_for_all": FirstGateForAll,
    "gate_by_expert_number": GateByExpertNumber,
    "later_overwrites": LaterOverwrites,
    "routed_by_sequence_mean": RoutedBySequenceMean,
    "routed_by_first_token": RoutedByFirstToken,
    "routed_by_position": RoutedByPosition,
    "worst_chosen": WorstChosen,
    "chosen_by_size": ChosenBySize,
    "top_k_always_2": TopKAlways2,
    "top_1_only": Top1Only,
    "default_top_k": DefaultTopK,
    "experts_choose_tokens": ExpertsChooseTokens,
    "capacity_limit": CapacityLimit,
    "double_capacity": DoubleCapacity,
    "noisy_routing": NoisyRouting,
    "noisy_routing_in_training": NoisyRoutingInTraining,
    "returns_a_loss_too": ReturnsALossToo,
    "residual": Residual,
    "one_shared_expert": OneSharedExpert,
    "python_list": PythonList,
    "router_not_registered": RouterNotRegistered,
    "extra_shared_expert": ExtraSharedExpert,
    "wrong_sizes": WrongSizes,
    "no_activation": other_expert(Linear),
    "gelu_experts": other_expert(Gelu),
    "silu_experts": other_expert(Silu),
    "activation_at_the_end": other_expert(LastRelu),
    "gate_on_the_input": GateOnTheInput,
    "unshifted_softmax": other_gates(unshifted),
    "global_maximum": other_gates(shifted_by_one_maximum),
    "expert_biases_left_out": other_expert(Unbiased),
    "router_bias_left_out": RouterBiasLeftOut,
    "empty_expert": EmptyExpert,
    "squeezed": Squeezed,
    "left_flat": LeftFlat,
    "writes_into_x": WritesIntoX,
}
