import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted


@accepted
def two_linear_layers(
    x: Tensor,
    h: Tensor,
    c: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    assert w_ih.shape[0] == w_hh.shape[0] == 4 * h.shape[1]
    ingate, forgetgate, cellgate, outgate = (F.linear(x, w_ih, b_ih) + F.linear(h, w_hh, b_hh)).chunk(4, 1)
    cy = (forgetgate.sigmoid() * c) + (ingate.sigmoid() * cellgate.tanh())
    hy = outgate.sigmoid() * torch.tanh(cy)
    return hy, cy


@accepted
def eight_products(x, h, c, w_ih, w_hh, b_ih=None, b_hh=None):
    """A function for each gate, with its own rows; absent biases are zeros."""
    H = h.shape[1]
    if b_ih is None:
        b_ih = torch.zeros(4 * H, dtype=x.dtype, device=x.device)
    if b_hh is None:
        b_hh = torch.zeros(4 * H, dtype=x.dtype, device=x.device)

    def gate(number, squash):
        rows = slice(number * H, (number + 1) * H)
        return squash(torch.mm(x, w_ih[rows].t()) + b_ih[rows] + torch.mm(h, w_hh[rows].t()) + b_hh[rows])

    keep, write, offer = gate(1, torch.sigmoid), gate(0, torch.sigmoid), gate(2, torch.tanh)
    c_next = keep * c + write * offer
    return [gate(3, torch.sigmoid) * c_next.tanh(), c_next]


@accepted
def one_product(x, h, c, w_ih, w_hh, b_ih=None, b_hh=None):
    """Inputs and weights joined; a sigmoid is a tanh in other clothes."""
    joined, weights = torch.cat([x, h], dim=1), torch.cat([w_ih, w_hh], dim=1)
    gates = torch.einsum("bk,gk->bg", joined, weights)
    gates = gates + sum((b for b in (b_ih, b_hh) if b is not None), start=gates.new_zeros(()))
    blocks = gates.view(x.size(0), 4, -1)
    i, f, o = (0.5 * (1 + torch.tanh(blocks[:, k] / 2)) for k in (0, 1, 3))
    c = torch.addcmul(f * c, i, torch.tanh(blocks[:, 2]))
    print("cell", c.shape)
    return o * torch.tanh(c), c


@accepted
def row_by_row(x, h, c, w_ih, w_hh, b_ih=None, b_hh=None):
    hs, cs = [], []
    for row in range(len(x)):
        s = w_ih @ x[row] + w_hh @ h[row]
        if b_ih is not None:
            s = s + b_ih
        if b_hh is not None:
            s = s + b_hh
        i, f, g, o = s.split(h.shape[1])
        cell = torch.sigmoid(f) * c[row] + torch.sigmoid(i) * (2 * torch.sigmoid(2 * g) - 1)
        cs.append(cell)
        hs.append(torch.sigmoid(o) * (2 * torch.sigmoid(2 * cell) - 1))
    return torch.stack(hs), torch.stack(cs)


@accepted
def softmax_of_two(x, h, c, w_ih, w_hh, b_ih=None, b_hh=None):
    """A sigmoid is a softmax against 0; logsigmoid is another stable form."""
    s = torch.addmm(x.new_zeros(1) if b_ih is None else b_ih, x, w_ih.T)
    s = torch.addmm(s if b_hh is None else s + b_hh, h, w_hh.mT)
    i, f, g, o = s.unflatten(-1, (4, -1)).unbind(-2)
    i = torch.softmax(torch.stack((i, torch.zeros_like(i))), dim=0)[0]
    f, o = F.logsigmoid(f).exp(), torch.special.expit(o)
    cell = torch.lerp(torch.zeros_like(c), c, f) + i * g.tanh()
    return o.mul(cell.tanh()), cell


class Step(torch.autograd.Function):
    """The gradient of the four blocks by hand."""

    @staticmethod
    def forward(ctx, gates, c):
        i, f, g, o = gates.chunk(4, 1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        cell = f * c + i * g
        ctx.save_for_backward(i, f, g, o, c, cell.tanh())
        return o * cell.tanh(), cell

    @staticmethod
    def backward(ctx, dh, dc):
        i, f, g, o, c, shown = ctx.saved_tensors
        dc = dc + dh * o * (1 - shown**2)
        blocks = (dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g**2), dh * shown * o * (1 - o))
        return torch.cat(blocks, dim=1), dc * f


@accepted
def own_backward(x, h, c, w_ih, w_hh, b_ih=None, b_hh=None):
    gates = x.matmul(w_ih.t()).add(h.matmul(w_hh.t()))
    for b in filter(lambda b: b is not None, (b_ih, b_hh)):
        gates = gates.add(b)
    return Step.apply(gates, c)


class Cell(nn.Module):
    def __init__(self, w_ih, w_hh, b_ih, b_hh):
        super().__init__()
        self.weights, self.biases = (w_ih, w_hh), (b_ih, b_hh)
        self.squash = {"i": nn.Sigmoid(), "f": nn.Sigmoid(), "g": nn.Tanh(), "o": nn.Sigmoid()}

    def forward(self, x, state):
        h, c = state
        parts = [F.linear(v, w, b) for v, w, b in zip((x, h), self.weights, self.biases, strict=True)]
        blocks = torch.stack(parts).sum(0).tensor_split(4, dim=1)
        gate = {name: self.squash[name](block) for name, block in zip("ifgo", blocks, strict=True)}
        cell = gate["f"] * c
        cell += gate["i"] * gate["g"]  # in place, on a tensor of its own
        return gate["o"] * F.tanh(cell), cell


@accepted
def through_a_module(x, h, c, w_ih, w_hh, b_ih=None, b_hh=None):
    return Cell(w_ih, w_hh, b_ih, b_hh)(x, (h, c))
