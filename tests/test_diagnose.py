"""Each mistake, written a second way, is named rightly. (That no variant is accused is the audit's to prove.)"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from torch_judge.bank import find_bank
from torch_judge.report import ExceptionInfo, Frame
from torch_judge.verdict.alike import same_error, same_kind_of_error
from torch_judge.verdict.judging import judge_live
from torch_judge.verdict.known import known

FOLDER = Path(__file__).parent / "second_way"
UNNAMED = 1
"""Of how many mistakes of a problem the second way may go without its name."""


def second_ways(id: str) -> dict[str, Any]:
    """Mistake id to a solution with the same misconception, written by another hand."""
    spec = importlib.util.spec_from_file_location(f"second_way_{id}", FOLDER / f"{id}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.SECOND_WAY)


FAST = {"batchnorm"}
IDS = [
    problem.id if problem.id in FAST else pytest.param(problem.id, marks=pytest.mark.slow)
    for problem in find_bank().problems()
]


@pytest.mark.parametrize("id", IDS)
def test_every_mistake_has_a_second_way_and_most_are_named(id: str) -> None:
    problem = find_bank().get(id)
    ways = second_ways(id)
    assert ways.keys() == {mistake.id for mistake in known(problem).mistakes}
    wrong = {}
    for mistake, solution in ways.items():
        report = judge_live(problem, solution)
        assert not report.accepted, f"{mistake}, written a second way, is accepted"
        named = [d.mistake for d in report.diagnosis]
        if named[:1] != [mistake]:
            wrong[mistake] = named
    assert len(wrong) <= UNNAMED, wrong


def blank(x):
    """Implement me."""


def forgotten(x, dim=-1):
    (x - x.amax(dim, keepdim=True)).exp().sum(dim)


def early(x, dim=-1):  # None for one dimension alone is no forgotten return
    return None if x.dim() == 1 else x.exp() / x.exp().sum(dim, keepdim=True)


class BlankAdam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        pass

    def step(self):
        pass

    def zero_grad(self):
        pass


class BlankForward(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(d_model, d_model) for _ in range(4))

    def forward(self, Q, K, V):
        raise NotImplementedError


class Mha(BlankForward):
    """Right; ``change`` makes it wrong."""

    change: dict = {}

    def __init__(self, d_model, num_heads):
        super().__init__(d_model, num_heads)
        self.num_heads = num_heads

    def split(self, x):
        if "view" in self.change:
            return x.view(len(x), self.num_heads, -1, x.shape[-1] // self.num_heads)
        return x.view(len(x), -1, self.num_heads, x.shape[-1] // self.num_heads).transpose(1, 2)

    def forward(self, Q, K, V):
        q, k, v = self.split(self.W_q(Q)), self.split(self.W_k(K)), self.split(self.W_v(V))
        scores = q @ k.mT if "bare" in self.change else q @ k.mT / q.shape[-1] ** 0.5
        out = scores.softmax(-1) @ v
        out = out.reshape(Q.shape) if "view" in self.change else out.transpose(1, 2).reshape(Q.shape)
        if "detached" in self.change:
            return out @ self.W_o.weight.detach().T + self.W_o.bias
        return out if "no W_o" in self.change else self.W_o(out)


def changed(*change):
    return type("Mha", (Mha,), {"change": change})


def in_place(x):
    x *= x > 0
    return x


FACTS = [
    ("relu", blank, ["empty"]),
    ("softmax", forgotten, ["returns_nothing"]),
    ("adam", BlankAdam, ["empty"]),
    ("mha", BlankForward, ["empty"]),
    ("mha", changed("view"), ["heads_never_swapped"]),
    ("mha", changed("view", "bare"), ["heads_never_swapped", "no_scaling"]),
    ("mha", changed("bare", "no W_o"), ["no_output_projection", "no_scaling"]),
    ("mha", changed("detached"), ["no_gradient"]),
]


@pytest.mark.parametrize(("id", "work", "named"), FACTS, ids=lambda value: getattr(value, "__name__", str(value)[:40]))
def test_what_can_be_read_off_and_two_mistakes_at_once_are_named(id, work, named):
    report = judge_live(find_bank().get(id), work)
    assert [d.mistake for d in report.diagnosis] == named
    assert not report.accepted


def test_none_in_one_dimension_is_no_forgotten_return():
    report = judge_live(find_bank().get("softmax"), early)
    assert not {d.mistake for d in report.diagnosis} & {"returns_nothing", "empty"}


def test_an_argument_that_is_changed_comes_before_wrong_numbers():
    report = judge_live(find_bank().get("mha"), changed("detached"))
    assert "`W_o` gets no gradient" in report.diagnosis[0].message
    assert all(case.mismatches[0].actual == "no gradient" for case in report.failed if case.kind == "gradients")
    report = judge_live(find_bank().get("relu"), in_place)
    assert any(case.mismatches and case.mismatches[0].what == "changed" for case in report.failed)


def test_an_error_is_alike_whatever_its_order_and_a_learners_own_words() -> None:
    def told(type: str, message: str, code: str = "") -> ExceptionInfo:
        return ExceptionInfo(type, message, (Frame("cell 1, line 2", code),))

    sizes = "The size of tensor a (3) must match the size of tensor b (5)"
    swapped = "The size of tensor a (5) must match the size of tensor b (3)"
    others = "The size of tensor a (3) must match the size of tensor b (4)"
    alike = [
        (told("RuntimeError", sizes, "y * weight"), told("RuntimeError", swapped)),
        (told("ValueError", "wrong rank!", 'raise ValueError("wrong rank!")'), told("ValueError", "expected (N, C)")),
    ]
    other = [
        (told("RuntimeError", sizes, "y * weight"), told("RuntimeError", others)),
        (told("RuntimeError", "rank", 'raise RuntimeError("rank")'), told("ValueError", "rank")),
        (told("ValueError", "not enough values to unpack", "n, c = x.shape"), told("ValueError", "expected (N, C)")),
        (told("ValueError", "rank"), None),
    ]
    assert [same_error(*pair) for pair in alike + other] == [True] * len(alike) + [False] * len(other)
    assert same_kind_of_error(told("RuntimeError", sizes), told("RuntimeError", others))
    assert not same_kind_of_error(told("RuntimeError", sizes), told("ValueError", sizes))


class MyDropout(nn.Module):
    mask = None

    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training:
            return x
        if MyDropout.mask is None or MyDropout.mask.shape != x.shape:
            MyDropout.mask = (torch.rand_like(x) > self.p) / (1 - self.p)
        return x * MyDropout.mask


sums: dict = {}


def my_softmax(x, dim=-1):
    e = (x - x.amax(dim, keepdim=True)).exp()
    return e / sums.setdefault(x.shape, e.sum(dim, keepdim=True))


def rms_norm(x, weight, eps=1e-6, seen=[]):  # noqa: B006
    seen.append(x.square().mean(-1, keepdim=True))
    return x / torch.sqrt(seen[0] + eps) * weight


SHARED = [("dropout", MyDropout, "`mask`"), ("softmax", my_softmax, ""), ("rmsnorm", rms_norm, "`seen`")]


@pytest.mark.parametrize(("id", "work", "where"), SHARED)
def test_state_that_outlives_a_call_is_named_however_it_is_kept(id, work, where):
    """Also at the second check, when it is there from the beginning."""
    for _ in range(2):
        first = judge_live(find_bank().get(id), work).diagnosis[0]
        assert first.mistake == "shared_state" and where in first.message and first.cases


class Silent(MyDropout):
    def eval(self):
        self.training = False


def asserting(x):
    assert x.dim() == 2
    return x * (x > 0)


def test_an_exception_is_told_by_whose_line_raised():
    report = judge_live(find_bank().get("dropout"), Silent)
    said = "\n".join(case.message for case in report.failed)
    assert "Your code gave `None`" in said and "`eval` of your own must end with `return self`" in said
    assert "`AssertionError`" in (said := judge_live(find_bank().get("relu"), asserting).failed[0].message)
    assert "assert" in said.partition(": ")[2]
