"""The mistakes of `lstm_cell`, each written as another learner would: the diagnosis must name them too."""

import torch
from torch.nn import functional as F


class Step:
    """A right step of which parts can go wrong one by one; gates are taken row block by row block."""

    order = "ifgo"
    sigmoid = staticmethod(torch.sigmoid)
    tanh = staticmethod(torch.tanh)

    def blocks(self, sums):
        H = sums.shape[1] // 4
        return {name: sums[:, k * H : (k + 1) * H] for k, name in enumerate(self.order)}

    def biases(self, b_ih, b_hh):
        return b_ih, b_hh

    def sums(self, x, h, w_ih, w_hh, b_ih, b_hh):
        return F.linear(x, w_ih, b_ih) + F.linear(h, w_hh, b_hh)

    def gates(self, part):
        return {name: self.sigmoid(part[name]) for name in "ifo"}

    def candidate(self, g):
        return self.tanh(g)

    def kept(self, gate, c):
        return gate["f"] * c

    def shown(self, gate, c, new):
        return gate["o"] * self.tanh(new)

    def result(self, h, c):
        return h, c

    def __call__(self, x, h, c, w_ih, w_hh, b_ih=None, b_hh=None):
        part = self.blocks(self.sums(x, h, w_ih, w_hh, *self.biases(b_ih, b_hh)))
        gate = self.gates(part)
        new = self.kept(gate, c) + gate["i"] * self.candidate(part["g"])
        return self.result(self.shown(gate, c, new), new)


def step(**parts):
    """A step with these parts of its own."""
    made = type("OwnStep", (Step,), parts)()
    return lambda *args, **named: made(*args, **named)


def interleaved(self, sums):
    return {name: sums[:, k::4] for k, name in enumerate("ifgo")}


def without_sigmoid(self, part):
    return {name: part[name].tanh() for name in "ifo"}


def coupled_to_forget(self, part):
    f = torch.sigmoid(part["f"])
    return {"f": f, "i": 1 - f, "o": torch.sigmoid(part["o"])}


def coupled_to_input(self, part):
    i = torch.sigmoid(part["i"])
    return {"f": 1 - i, "i": i, "o": torch.sigmoid(part["o"])}


def forget_bias_of_one(self, sums):
    part = Step.blocks(self, sums)
    return part | {"f": part["f"] + torch.ones_like(part["f"])}


def bias_required(self, x, h, w_ih, w_hh, b_ih, b_hh):
    return torch.mm(x, w_ih.t()) + b_ih + torch.mm(h, w_hh.t()) + b_hh


def both_or_none(self, b_ih, b_hh):
    return (b_ih, b_hh) if b_ih is not None and b_hh is not None else (None, None)


def cell_in_place(self, gate, c):
    c *= gate["f"]
    return c.clone()


def weights_transposed(self, x, h, w_ih, w_hh, b_ih, b_hh):
    sums = x @ w_ih.view(x.shape[1], -1) + h @ w_hh.view(h.shape[1], -1)
    for b in (b_ih, b_hh):
        sums = sums if b is None else sums + b
    return sums


def weights_exchanged(self, x, h, w_ih, w_hh, b_ih, b_hh):
    return F.linear(x, w_hh, b_ih) + F.linear(h, w_ih, b_hh)


def hidden_unused(self, x, h, w_ih, w_hh, b_ih, b_hh):
    return F.linear(x, w_ih, b_ih) + (0 if b_hh is None else b_hh)


def by_exponentials(z):
    e = torch.exp(z)
    return e / (e + 1)


def chosen_by_where(z):
    positive = 1 / (1 + torch.exp(-z))
    e = torch.exp(z)
    return torch.where(z < 0, e / (1 + e), positive)


def tanh_by_exponentials(z):
    up, down = torch.exp(z), torch.exp(-z)
    return (up - down) / (up + down)


def everything_detached(*args, **named):
    with torch.no_grad():
        return Step()(*args, **named)


SECOND_WAY = {
    "order_ifog": step(order="ifog"),
    "order_figo": step(order="figo"),
    "order_fiog": step(order="fiog"),
    "order_igfo": step(order="igfo"),
    "interleaved_gates": step(blocks=interleaved),
    "no_tanh_on_cell": step(shown=lambda self, gate, c, new: new * gate["o"]),
    "sigmoid_on_cell": step(shown=lambda self, gate, c, new: gate["o"] * new.sigmoid()),
    "candidate_sigmoid": step(candidate=lambda self, g: g.sigmoid()),
    "candidate_as_it_is": step(candidate=lambda self, g: g),
    "tanh_gates": step(gates=without_sigmoid),
    "old_cell": step(shown=lambda self, gate, c, new: gate["o"] * c.tanh()),
    "coupled_to_forget": step(gates=coupled_to_forget),
    "coupled_to_input": step(gates=coupled_to_input),
    "no_forget_gate": step(kept=lambda self, gate, c: c),
    "one_bias": step(biases=lambda self, b_ih, b_hh: (b_ih, None)),
    "other_bias": step(biases=lambda self, b_ih, b_hh: (None, b_hh)),
    "both_or_none": step(biases=both_or_none),
    "second_bias_needs_the_first": step(biases=lambda self, b_ih, b_hh: (b_ih, None if b_ih is None else b_hh)),
    "bias_required": step(sums=bias_required),
    "forget_bias_of_one": step(blocks=forget_bias_of_one),
    "cell_first": step(result=lambda self, h, c: (c, h)),
    "only_hidden": step(result=lambda self, h, c: [h]),
    "cell_in_place": step(kept=cell_in_place),
    "weights_exchanged": step(sums=weights_exchanged),
    "hidden_unused": step(sums=hidden_unused),
    "weights_transposed": step(sums=weights_transposed),
    "exp_over_one_plus_exp": step(sigmoid=staticmethod(by_exponentials)),
    "one_over_one_plus_exp": step(sigmoid=staticmethod(chosen_by_where)),
    "tanh_by_exponentials": step(tanh=staticmethod(tanh_by_exponentials)),
    "cell_detached": step(kept=lambda self, gate, c: gate["f"] * c.data),
    "everything_detached": everything_detached,
    "float32_only": step(result=lambda self, h, c: (h.to(torch.float32), c.to(torch.float32))),
}
