"""Programs that are alike in more than their names, comments and layout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from torch_judge.classroom.pairs import CROWD, Pair, fingerprints, pairs
from torch_judge.submission import read_program

OWN = """
def solve(x, dim):
    largest = x.amax(dim, keepdim=True)
    powers = (x - largest).exp()
    total = powers.sum(dim, keepdim=True)
    return powers / total

def check(count):
    for number in range(count):
        if number % 3 == 0 and number > 7:
            print(number, solve(number, 1))
"""
COPY = OWN.replace("largest", "m").replace("powers", "e").replace("total", "s") + "\n# my own work\n"
OTHER = """
class Layer:
    def __init__(self, width, depth=3, *, scale=0.5):
        self.parts = [[scale * i + j for j in range(width)] for i in range(depth)]

    def __call__(self, values):
        while values and self.parts:
            yield values.pop() if len(values) > 2 else sum(self.parts.pop(), 0)
        return {"left": len(values), "parts": tuple(map(len, self.parts))}
"""


Prints = Callable[[str], Sequence[int]]


@pytest.fixture
def prints(tmp_path: Path) -> Prints:
    def of(source: str) -> Sequence[int]:
        (tmp_path / "work.py").write_text(source)
        return fingerprints(read_program(tmp_path / "work.py"))

    return of


def test_a_copy_with_other_names_is_shown_and_other_work_is_not(prints: Prints) -> None:
    found = {"ada": prints(OWN), "bob": prints(COPY), "zoe": prints(OTHER)}
    assert pairs("softmax", found, []) == [Pair("softmax", "ada", "bob", 1.0)]


def test_what_stands_in_the_starter_is_no_evidence(prints: Prints) -> None:
    assert pairs("softmax", {"ada": prints(OWN), "bob": prints(COPY)}, prints(OWN)) == []


def test_what_a_crowd_shares_is_no_evidence(prints: Prints) -> None:
    others = {f"other {number}": prints(f"x = {number}") for number in range(CROWD * 10)}
    for copies in (CROWD, CROWD + 1):
        found = others | {f"copy {number}": prints(OWN) for number in range(copies)}
        assert bool(pairs("softmax", found, [])) is (copies == CROWD)
