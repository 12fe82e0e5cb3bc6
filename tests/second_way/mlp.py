"""The mistakes of `mlp`, each written as another learner would: the diagnosis must name them too."""

import torch
import torch.nn.functional as F
from torch import nn


class Right(nn.Module):
    """A right solution in steps that can go wrong one by one."""

    def __init__(self, d_model, d_ff):
        super().__init__()
        self.up_proj = nn.Linear(d_model, d_ff, bias=False)
        self.gate_proj = nn.Linear(d_model, d_ff, bias=False)
        self.down_proj = nn.Linear(d_ff, d_model, bias=False)

    def act(self, z):
        return torch.sigmoid(z) * z

    def gate(self, x):
        return self.act(self.gate_proj(x))

    def up(self, x):
        return self.up_proj(x)

    def hidden(self, x):
        return torch.mul(self.up(x), self.gate(x))

    def forward(self, x):
        return self.down_proj(self.hidden(x))


class ActivationOnUp(Right):
    def hidden(self, x):
        return self.act(self.up_proj(x)) * self.gate_proj(x)


class ActivationOnBoth(Right):
    def up(self, x):
        return self.act(self.up_proj(x))


class ActivationOnProduct(Right):
    def hidden(self, x):
        return self.act(self.gate_proj(x) * self.up_proj(x))


class NoActivation(Right):
    def act(self, z):
        return z


class SigmoidGate(Right):
    def act(self, z):
        return 0.5 * (torch.tanh(0.5 * z) + 1)


class GeluGate(Right):
    def act(self, z):
        return z * 0.5 * (1 + torch.erf(z / 2**0.5))


class ReluGate(Right):
    def act(self, z):
        return z.clamp(min=0)


class TanhGate(Right):
    def act(self, z):
        return 2 * torch.sigmoid(2 * z) - 1


class SoftplusGate(Right):
    def act(self, z):
        return torch.logaddexp(z, torch.zeros(()))


class QuickGeluGate(Right):
    def act(self, z):
        return z * torch.sigmoid(1.702 * z)


class SoftmaxGate(Right):
    def act(self, z):
        e = torch.exp(z - z.amax(-1, keepdim=True))
        return e / e.sum(-1, keepdim=True)


class BranchesAdded(Right):
    def hidden(self, x):
        return self.up(x) + self.gate(x)


class NoUpBranch(Right):
    def hidden(self, x):
        return self.gate(x)


class GateUsedTwice(Right):
    def up(self, x):
        return self.gate_proj(x)


class TiedLayers(Right):
    def __init__(self, d_model, d_ff):
        super().__init__(d_model, d_ff)
        del self.up_proj, self.gate_proj
        self.gate_proj = self.up_proj = nn.Linear(d_model, d_ff)


class ResidualAdded(Right):
    def forward(self, x):
        return super().forward(x) + x


class ActivationAfterDown(Right):
    def forward(self, x):
        return self.act(super().forward(x))


class SigmoidAsEOverOnePlusE(Right):
    def act(self, z):
        e = torch.e**z
        return z * e / (e + 1) if z.max() < 88 else z * (e / (e + 1))


class SiluByDivision(Right):
    def act(self, z):
        return z * (1.0 / (1.0 + torch.exp(-z)))


class DetachedGate(Right):
    @torch.no_grad()
    def gate(self, x):
        return super().gate(x)


class DetachedUp(Right):
    def up(self, x):
        return self.up_proj(x).data


class DetachedHidden(Right):
    def hidden(self, x):
        with torch.no_grad():
            return super().hidden(x)


class DetachedInput(Right):
    def forward(self, x):
        return super().forward(torch.tensor(x.tolist()))


class OutsideTheGraph(Right):
    @torch.no_grad()
    def forward(self, x):
        return super().forward(x)


class BiasesLeftOut(Right):
    def __init__(self, d_model, d_ff):
        nn.Module.__init__(self)
        self.gate_proj, self.up_proj = nn.Linear(d_model, d_ff), nn.Linear(d_model, d_ff)
        self.down_proj = nn.Linear(d_ff, d_model)

    def forward(self, x):
        gate, up, down = self.gate_proj.weight, self.up_proj.weight, self.down_proj.weight
        return F.linear(F.silu(F.linear(x, gate)) * F.linear(x, up), down)


class IdleLayer(Right):
    def __init__(self, d_model, d_ff):
        super().__init__(d_model, d_ff)
        self.scale = nn.Parameter(torch.ones(d_model))


class Dropout(Right):
    def __init__(self, d_model, d_ff):
        nn.Module.__init__(self)
        self.gate_proj, self.up_proj = nn.Linear(d_model, d_ff), nn.Linear(d_model, d_ff)
        self.down_proj = nn.Linear(d_ff, d_model)
        self.drop = nn.Dropout(0.3)

    def hidden(self, x):
        return self.drop(super().hidden(x))


class LayersInForward(Right):
    def __init__(self, d_model, d_ff):
        nn.Module.__init__(self)
        self.sizes = d_model, d_ff

    def forward(self, x):
        d, f = self.sizes
        up, gate, down = nn.Linear(d, f, bias=False), nn.Linear(d, f, bias=False), nn.Linear(f, d, bias=False)
        return down(F.silu(gate(x)) * up(x))


class Squeezed(Right):
    def forward(self, x):
        return torch.squeeze(super().forward(x))


SECOND_WAY = {
    "activation_on_up": ActivationOnUp,
    "activation_on_both": ActivationOnBoth,
    "activation_on_product": ActivationOnProduct,
    "no_activation": NoActivation,
    "sigmoid_gate": SigmoidGate,
    "gelu_gate": GeluGate,
    "relu_gate": ReluGate,
    "tanh_gate": TanhGate,
    "softplus_gate": SoftplusGate,
    "quick_gelu_gate": QuickGeluGate,
    "softmax_gate": SoftmaxGate,
    "branches_added": BranchesAdded,
    "no_up_branch": NoUpBranch,
    "gate_used_twice": GateUsedTwice,
    "tied_layers": TiedLayers,
    "residual_added": ResidualAdded,
    "activation_after_down": ActivationAfterDown,
    "sigmoid_as_e_over_one_plus_e": SigmoidAsEOverOnePlusE,
    "silu_by_division": SiluByDivision,
    "detached_gate": DetachedGate,
    "detached_up": DetachedUp,
    "detached_hidden": DetachedHidden,
    "detached_input": DetachedInput,
    "outside_the_graph": OutsideTheGraph,
    "biases_left_out": BiasesLeftOut,
    "idle_layer": IdleLayer,
    "dropout": Dropout,
    "layers_in_forward": LayersInForward,
    "squeezed": Squeezed,
}
