"""The draw: seeded by name, explicit in dtype, watchful."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from torch_judge.cases.draw import Draw
from torch_judge.cases.observations import Bound, Marker
from torch_judge.errors import ProblemError


def test_a_tensor_depends_on_its_name_and_seed_only() -> None:
    one, other = Draw("p/c"), Draw("p/c")
    other.randn("first", 9)
    torch.manual_seed(1)
    assert torch.equal(one.randn("x", 5), other.randn("x", 5))
    assert not torch.equal(one.randn("y", 5), other.randn("z", 5))
    assert not torch.equal(Draw("p/c", 1).randn("x", 5), Draw("p/c", 2).randn("x", 5))
    assert not torch.equal(Draw("p/c").randn("x", 5), Draw("p/d").randn("x", 5))


def test_drawing_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    draw = Draw("p/c")
    draw.randn("x", 3)
    draw.gradients(draw.randn("y", 2, grad=True) * 2, y=draw.inputs["y"])
    assert torch.equal(before, torch.get_rng_state())


def test_a_changed_default_dtype_does_not_change_the_inputs() -> None:
    torch.set_default_dtype(torch.float64)
    try:
        assert Draw("p/c").randn("x", 3).dtype == Draw("p/c").rand("y", 3).dtype == torch.float32
    finally:
        torch.set_default_dtype(torch.float32)


def test_options() -> None:
    draw = Draw("p/c")
    strided = draw.randn("s", 4, 3, strided=True)
    assert not strided.is_contiguous() and strided.shape == (4, 3)
    with pytest.raises(RuntimeError, match="view size is not compatible"):
        strided.view(-1)
    assert torch.equal(strided, Draw("p/c").randn("s", 4, 3))
    leaf = draw.rand("g", 50, low=2, high=3, grad=True)
    assert leaf.is_leaf and leaf.requires_grad and leaf.min() >= 2 and leaf.max() < 3
    assert set(draw.randint("i", 2, 5, 200).tolist()) == {2, 3, 4}
    assert draw.randn("d", 3, dtype=torch.float64).dtype == torch.float64
    assert draw.tensor("t", [[1, 2]]).tolist() == [[1.0, 2.0]]


def test_a_name_serves_once() -> None:
    draw = Draw("p/c")
    draw.randn("x", 2)
    with pytest.raises(ProblemError, match="draws `x` twice"):
        draw.randn("x", 2)
    with pytest.raises(ProblemError, match="keeps `x` twice"):
        draw.keep("x", [])


def test_gradients_use_a_cotangent_that_a_sum_cannot_fake() -> None:
    draw = Draw("p/c")
    x = draw.randn("x", 3, 5, grad=True)
    seen = draw.gradients(torch.softmax(x, dim=-1), x=x)
    assert seen["gradient of x"].abs().max() > 1e-3  # a sum's gradient would be zero


def test_in_float64_the_cotangent_has_digits_that_float32_has_not() -> None:
    single, double = (Draw("p/c").cotangent(torch.zeros(40, dtype=dtype)) for dtype in (torch.float32, torch.float64))
    assert torch.equal(double.float(), single)
    assert ((double - single.double()).abs() > 1e-9 * double.abs()).all()


def test_gradients_that_do_not_arrive_are_observed_not_raised() -> None:
    draw = Draw("p/c")
    x, y = draw.randn("x", 3, grad=True), draw.randn("y", 3, grad=True)
    assert draw.gradients(x * 2, x=x, y=y)["gradient of y"] == Marker("no gradient")
    assert draw.gradients(x.detach(), x=x)["gradient of x"] == Marker("no gradient")
    assert draw.gradients(None, x=x)["gradient of x"] == Marker("no gradient")


def test_kept_things_are_seen_before_and_after() -> None:
    draw = Draw("p/c")
    buffer, log = draw.randn("buffer", 3), draw.keep("log", [1, 2])
    module = draw.keep("layer", torch.nn.Linear(2, 2), free=["*.grad"])
    buffer.add_(1)
    log.append(3)
    module.eval()
    before, after, drawn = draw.kept()
    changed = {path for path in after if path not in before or not same(before[path], after[path])}
    assert changed == {"buffer", "log", "log[2]", "layer.training"}
    assert "buffer" in drawn and "log" not in drawn
    assert not any(path.endswith(".grad") for path in after)


def same(a: object, b: object) -> bool:
    from torch_judge.cases.compare import identical

    return identical(a, b)


class Layer(torch.nn.Module):
    """A module with and without a bias."""

    def __init__(self, bias: bool) -> None:
        super().__init__()
        self.W_q = torch.nn.Linear(4, 3, bias=bias)


def test_fill_names_the_weights_and_makes_a_missing_bias_no_different() -> None:
    draws = Draw("p/c"), Draw("p/c")
    layers = Layer(True), Layer(False)
    for draw, layer in zip(draws, layers, strict=True):
        draw.fill("weights", layer)
    assert draws[0].observed == draws[1].observed == {"weights.W_q.weight.shape": "3×4"}
    x = torch.ones(2, 4)
    assert torch.equal(layers[0].W_q(x), layers[1].W_q(x))
    assert draws[0].kept()[1].keys() == draws[1].kept()[1].keys()


def test_fill_by_shape_leaves_the_names_to_the_learner() -> None:
    mine = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Linear(3, 4), torch.nn.Linear(4, 3))
    theirs = torch.nn.ModuleDict({"up": mine[0], "down": mine[1], "up_again": mine[2]})
    filled = []
    for module in (mine, theirs):
        draw = Draw("p/c")
        draw.fill("weights", module, by="shape")
        assert not draw.observed and not draw.inputs
        filled.append([p.detach().clone() for p in module.parameters()])
    assert all(map(torch.equal, *filled))
    assert not torch.equal(filled[0][0], filled[0][4])  # the same shape, another place


def test_costs() -> None:
    draw = Draw("p/c")
    layer = torch.nn.Linear(4, 3)
    draw.rows("W_q", layer)
    layer(torch.ones(2, 5, 4))
    layer(torch.ones(1, 4))
    assert draw.observed == {"W_q.calls": 2, "W_q.rows": 11}
    with draw.largest_tensor() as largest:
        (torch.ones(7, 1) + torch.ones(1, 9)).sum()
        torch.ones(1).expand(1000, 1000)
    draw.at_most("largest", largest(), 63)
    assert draw.observed["largest"] == Bound(63, 63)


def test_counted_calls() -> None:
    draw = Draw("p/c")
    double, half = draw.counted("double", lambda x: x * 2), draw.counted("half", lambda x: x / 2, limit=1)
    assert draw.observed == {"double.calls": 0, "half.calls": Bound(0, 1)}
    assert [double(1), double(x=2), half(8)] == [2, 4, 4]
    assert draw.observed == {"double.calls": 2, "half.calls": Bound(1, 1)}


def test_graph_reads_see_every_road_to_a_gradient() -> None:
    def reads(work: Callable[[torch.Tensor], object]) -> int:
        with Draw("p/c").graph_reads() as count:
            work(torch.ones(3, requires_grad=True))
        return count()

    assert reads(lambda w: (w**2).sum()) == 0  # recording a graph is no backward pass
    assert reads(lambda w: (w**2).sum().backward()) > 0
    assert reads(lambda w: torch.autograd.grad((w**2).sum(), w)) > 0
    assert reads(lambda w: torch.func.grad(lambda v: (v**2).sum())(w)) > 0
    with pytest.raises(RuntimeError, match="another"), Draw("p/c").graph_reads():
        raise RuntimeError("another")
