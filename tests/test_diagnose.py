"""Each mistake, written a second way, is named rightly. (That no variant is accused is the audit's to prove.)"""

from __future__ import annotations

import functools
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from named import named, second_ways
from torch import nn

from torch_judge.bank import find_bank
from torch_judge.cases.observations import TensorLeaf, same_seen
from torch_judge.observe import Setting, observe
from torch_judge.report import ExceptionInfo, Frame
from torch_judge.verdict.agree import agree, computed_in_float32
from torch_judge.verdict.alike import same_error, same_kind_of_error
from torch_judge.verdict.judging import judge_live
from torch_judge.verdict.known import Known, known

FAST = {"batchnorm"}
IDS = [
    problem.id if problem.id in FAST else pytest.param(problem.id, marks=pytest.mark.slow)
    for problem in find_bank().problems()
]


@pytest.mark.parametrize("id", IDS)
def test_every_mistake_has_a_second_way_and_is_named(id: str) -> None:
    problem = find_bank().get(id)
    ways = second_ways(problem)
    assert ways.keys() == {mistake.id for mistake in known(problem).mistakes}
    assert {mistake: name for mistake, name in named(problem, ways).items() if name != mistake} == {}


HERE = Path(__file__).parent
TURN = int(os.environ.get("TURN", "0"))
NUMBERS_DECIDE = ("sinusoidal_pe", "autograd_function", "grpo_loss")
NEWEST, ANY = 4, 8


def on_other_processors() -> list[str]:
    """Problems in which rounding decides, the newest, and a few of the rest in turn."""
    problems = sorted(find_bank().problems(), key=lambda problem: -problem.number)
    rest = [problem.id for problem in problems[NEWEST:]]
    in_turn = [rest[(ANY * TURN + n) % len(rest)] for n in range(ANY)]
    return sorted({*NUMBERS_DECIDE, *(problem.id for problem in problems[:NEWEST]), *in_turn})


@pytest.mark.slow
def test_names_do_not_hang_on_the_processor() -> None:
    """torch's plainest kernels round as those of no processor with AVX do: learners have both."""
    command = [sys.executable, str(HERE / "named.py"), *on_other_processors()]
    surroundings = os.environ | {"ATEN_CPU_CAPABILITY": "default", "PYTHONPATH": str(HERE.parent)}
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "(DEFAULT kernels)" in done.stdout


def double(*numbers):
    return TensorLeaf(torch.tensor(numbers, dtype=torch.float64))


def single(*numbers):
    return TensorLeaf(torch.tensor(numbers, dtype=torch.float32))


ONE_THIRD, NEARLY = 1 / 3, 1 / 3 + 1e-8
OBSERVATIONS = {
    "the learner computes in float64, the mistake in float32": (double(NEARLY), double(ONE_THIRD), single(1), True),
    "digits that count": (double(NEARLY), double(ONE_THIRD), double(1), False),
    "another dtype": (double(ONE_THIRD), single(ONE_THIRD), single(1), False),
    "both are rounding beside what is right": (single(2e-8, 3e-8), single(-1e-7, 0), single(1, 2), True),
    "both are small, and so is what is right": (single(2e-8, 3e-8), single(-1e-7, 0), single(1e-4, 0), False),
    "another number": (single(1.001), single(1), single(2), False),
    "another shape": (single(1, 1), single(1), single(2), False),
    "not finite beside zero": (single(float("nan")), single(0), single(2), False),
}


@pytest.mark.parametrize(("mine", "theirs", "expected", "same"), OBSERVATIONS.values(), ids=OBSERVATIONS)
def test_two_wrong_observations_are_alike_by_the_digits_that_mean_anything(mine, theirs, expected, same):
    assert agree("output", mine, theirs, expected) == same


def test_few_digits_mean_anything_where_the_learner_has_no_more():
    held = {"output": double(torch.tensor(ONE_THIRD).item(), 0.5)}
    right = {"output": double(ONE_THIRD, 0.5)}
    assert computed_in_float32(held, right)
    assert not computed_in_float32(right, right)
    assert not computed_in_float32(held, held)  # right numbers may have few digits, too
    assert not computed_in_float32({"output": single(ONE_THIRD, 0.5)}, right)  # another dtype is another mistake
    assert agree("output", held["output"], double(NEARLY, 0.5), right["output"], few_digits=True)


class ListOfLayers(nn.Module):
    """Its numbers are as random as those of new layers in each call, which it does not make."""

    def __init__(self, d_model, d_ff):
        super().__init__()
        self.layers = [nn.Linear(d_model, d_ff), nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)]

    def forward(self, x):
        gate, up, down = self.layers
        return down(nn.functional.silu(gate(x)) * up(x))


def test_random_numbers_alone_are_no_mistake_s_trace():
    ListOfLayers.__name__ = "SwiGLUMLP"
    assert not judge_live(find_bank().get("mlp"), ListOfLayers).diagnosis


def test_what_remembers_is_named_whatever_was_judged_before():
    """Its mistake is observed in the order of the cases, as a learner's work is, and not as the search comes to them."""
    problem = find_bank().get("cosine_lr")
    mistake = next(m for m in known(problem).mistakes if m.id == "first_schedule_remembered")
    backwards = Known(problem)
    for case in reversed(backwards.cases):
        backwards.mistaken(mistake, case, 0)
    seen = [backwards.mistaken(mistake, case, 0) for case in backwards.cases]
    assert all(map(same_seen, seen, observe(backwards.cases, backwards.anew(mistake), Setting(problem.id))))


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


def scaled(entry, factor, *args, **kwargs):
    made = entry(*args, **kwargs)
    if not isinstance(made, nn.Module):
        return made * factor
    made.register_forward_hook(lambda module, given, output: output * factor)
    return made


@pytest.mark.parametrize("factor", [math.nan, 0.0])
@pytest.mark.parametrize("id", ["gpt2_block", "mha", "sinusoidal_pe", "grpo_loss", "label_smoothing"])
def test_what_computes_nothing_gets_no_name(id: str, factor: float) -> None:
    """Nothing but NaN, or zeros, agrees with whatever ends in them."""
    problem = find_bank().get(id)
    work = functools.partial(scaled, known(problem).reference(), factor)
    assert judge_live(problem, work).diagnosis == ()


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
