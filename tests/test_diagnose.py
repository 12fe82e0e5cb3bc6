"""Each mistake, written a second way, is named rightly. (That no variant is accused is the audit's to prove.)"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from torch_judge.bank import find_bank
from torch_judge.report import ExceptionInfo, Frame
from torch_judge.verdict.diagnose import _same_error
from torch_judge.verdict.judging import judge_live
from torch_judge.verdict.known import known

FOLDER = Path(__file__).parent / "second_way"
NAMED_AT_LEAST = 0.9


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
    assert len(wrong) <= (1 - NAMED_AT_LEAST) * len(ways), wrong


def test_a_forgotten_return_is_named_and_a_blank_body_accused_of_nothing() -> None:
    class Blank:
        def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
            pass

        def step(self):
            pass

        def zero_grad(self):
            pass

    def forgotten(x, dim=-1):
        (x - x.amax(dim, keepdim=True)).exp().sum(dim)

    def early(x, dim=-1):  # None for one dimension alone is no forgotten return
        return None if x.dim() == 1 else x.exp() / x.exp().sum(dim, keepdim=True)

    named = {}
    for id, work in (("softmax", forgotten), ("softmax", early), ("adam", Blank)):
        report = judge_live(find_bank().get(id), work)
        assert not report.accepted
        named[work.__name__] = [d.mistake for d in report.diagnosis]
    assert named["forgotten"] == ["returns_nothing"] and "returns_nothing" not in named["early"]
    assert named["Blank"] == []


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
    assert [_same_error(*pair) for pair in alike + other] == [True] * len(alike) + [False] * len(other)
