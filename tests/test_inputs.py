"""What several problems' cases lean on."""

from __future__ import annotations

import torch
from torch import nn

from torch_judge.authoring import (
    Draw,
    add_biases,
    bias_gradients,
    causal_mask,
    choice,
    integer,
    linear_layers,
    number,
    permutation,
    qkv,
    token_logits,
    weights_of,
    whole,
    without_gradient,
)


def test_drawn_numbers_depend_on_the_seed_and_stay_in_their_bounds() -> None:
    found = set()
    for seed in range(60):
        draw = Draw("p/c", seed)
        size, rate, one = integer(draw, "size", 2, 5), number(draw, "rate", 1e-4, 3e-4), choice(draw, "one", "abc")
        assert type(size) is int and size in (2, 3, 4) and one in "abc"
        assert type(rate) is float and 1e-4 <= rate <= 3e-4 and rate == float(f"{rate:.3g}")
        found.add((size, one))
    assert len(found) == 9
    assert permutation(Draw("p/c"), "ids", 5).sort().values.tolist() == [0, 1, 2, 3, 4]


def test_whole_numbers_are_kept_as_the_learner_gets_them() -> None:
    draw = Draw("p/c")
    Q = whole(draw, "Q", -3, 4, 2, 5, times=torch.tensor([[0.5], [4.0]]))
    assert Q is draw.inputs["Q"] and Q.dtype == torch.float32
    assert set((Q[0] * 2).tolist()) <= set(range(-3, 4)) and set((Q[1] / 4).tolist()) <= set(range(-3, 4))


def test_attention_inputs_have_the_sizes_that_were_asked_for() -> None:
    draw = Draw("p/c")
    assert [tuple(x.shape) for x in qkv(draw, 2, 3, 4)] == [(2, 3, 4)] * 3
    Q, K, V = qkv(draw, 2, 3, 4, keys=5, value_width=7, name="second ", grad=True)
    assert [tuple(x.shape) for x in (Q, K, V)] == [(2, 3, 4), (2, 5, 4), (2, 5, 7)] and Q.requires_grad
    assert causal_mask(3).tolist() == [[True, False, False], [True, True, False], [True, True, True]]


def test_the_seed_decides_which_token_is_likely() -> None:
    orders = {tuple(token_logits(Draw("p/c", seed), "x", 3, 2, 1).argsort().tolist()) for seed in range(60)}
    assert len(orders) == 6
    assert torch.allclose(token_logits(Draw("p/c"), "x", 3, 2, 1, offset=-300.0).softmax(0).max(), torch.tensor(0.5))


class Heads(nn.Module):
    def __init__(self, bias: bool) -> None:
        super().__init__()
        self.W_v, self.W_o = nn.Linear(4, 3, bias=bias), nn.Linear(3, 5, bias=bias)
        self.spare = nn.Linear(2, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.W_o(self.W_v(x))
        return out


def test_a_bias_counts_alike_whether_it_is_there_or_not() -> None:
    seen = []
    for bias in (True, False):
        draw, model = Draw("p/c"), Heads(bias)
        draw.fill("model", model, layers=("W_v", "W_o"), free=["*"])
        x = draw.randn("x", 2, 6, 4)
        add_biases(draw, model, ["W_v"], x)
        out = model(x)
        seen.append({"out": out} | bias_gradients(draw, out, model))
    with_bias, without = seen
    assert with_bias.keys() == without.keys() and len(without) == 3
    for name, value in without.items():
        torch.testing.assert_close(with_bias[name], value)


def test_layers_that_lack_a_gradient_are_named() -> None:
    model = Heads(bias=False)
    out = model(torch.ones(1, 4))
    assert without_gradient(model, out, ("W_v", "W_o", "spare")) == "spare"
    assert without_gradient(model, out, ("W_v", "W_o")) == "another"
    assert without_gradient(model, out.detach(), ("W_v",)) == "all"
    model.spare.requires_grad_(False)
    assert without_gradient(model, out, ()) == "none"
    assert list(weights_of(model, ("W_o",))) == ["W_o"]


def test_layers_are_told_apart_by_their_weights() -> None:
    model = Heads(bias=False)
    both = {"W_v is an nn.Linear": True, "W_o is an nn.Linear": True}
    assert linear_layers(model, ("W_v", "W_o")) == both | {"separate layers": 2}
    model.W_o.weight = model.W_v.weight
    assert linear_layers(model, ("W_v", "W_o")) == both | {"separate layers": 1}
    assert linear_layers(model, ("W_x",)) == {"W_x is an nn.Linear": False, "separate layers": 1}
