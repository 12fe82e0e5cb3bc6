"""What the one comparison lets pass, and what it must not."""

from __future__ import annotations

import math
import warnings

import pytest
import torch

from torch_judge.cases.compare import compare_kept, compare_leaf, compare_observations, identical
from torch_judge.cases.observations import Bound, Container, Marker, Seen, TensorLeaf, flatten, leaf_of, snapshot

ONES = torch.ones(3, 4)
WAVE = torch.linspace(-2, 2, 12).reshape(3, 4)


class Subclass(torch.Tensor):
    """A tensor that is none, for the judge."""


def leaf(value: object) -> object:
    return value if isinstance(value, (Bound, Container, Marker)) else leaf_of(value)


ALIKE = {
    "the same tensor": (WAVE, WAVE),
    "a copy with rounding": (WAVE * (1 + 1e-6), WAVE),
    "rounding around zero": (WAVE + 1e-6, WAVE),
    "a Parameter": (torch.nn.Parameter(WAVE), WAVE),
    "a strided tensor": (WAVE.T.contiguous().T, WAVE),
    "NaN where NaN is right": (torch.tensor([math.nan, 1.0]), torch.tensor([math.nan, 1.0])),
    "infinity where infinity is right": (torch.tensor([-math.inf, 1.0]), torch.tensor([-math.inf, 1.0])),
    "a float for a 0-d tensor": (0.5, torch.tensor(0.5)),
    "a 0-d tensor for a float": (torch.tensor(0.5), 0.5),
    "an int for a float": (2, 2.0),
    "rounding of zeros": (torch.full((3,), 1e-7), torch.zeros(3)),
    "empty tensors": (torch.empty(0, 3), torch.empty(0, 3)),
    "bools": (True, True),
    "None": (None, None),
    "a cost within the bound": (Bound(9, 0), Bound(7, 10)),
    "a tuple for a list": (Container("tuple", 2), Container("list", 2)),
    "complex": (torch.tensor([1 + 1j]), torch.tensor([1 + 1j])),
    "int64": (torch.arange(3), torch.arange(3)),
}


def nested() -> torch.Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns that they are a prototype
        return torch.nested.nested_tensor([WAVE[0], WAVE[1, :3]])


def kept_from_within_vmap() -> torch.Tensor:
    kept: list[torch.Tensor] = []
    torch.vmap(lambda row: (kept.append(row), row)[1])(WAVE)
    return kept[0]


DIFFERENT = {
    "a Tensor subclass": (WAVE.as_subclass(Subclass), WAVE, "type"),
    "None for a tensor": (None, WAVE, "type"),
    "a list for a tensor": (Container("list", 3), WAVE, "type"),
    "a marker": (Marker("a `module`"), WAVE, "type"),
    "another shape that broadcasts": (ONES[None], ONES, "shape"),
    "a transposed square": (torch.arange(9.0).reshape(3, 3).T, torch.arange(9.0).reshape(3, 3), "values"),
    "an empty tensor": (torch.empty(0), ONES, "shape"),
    "float64": (WAVE.double(), WAVE, "dtype"),
    "float16": (WAVE.half(), WAVE, "dtype"),
    "NaN": (WAVE * math.nan, WAVE, "finite"),
    "one infinity": (torch.where(WAVE.max() == WAVE, math.inf, WAVE), WAVE, "finite"),
    "finite where infinity is right": (torch.zeros(2), torch.tensor([-math.inf, 0.0]), "values"),
    "one element a little off": (WAVE + torch.eye(3, 4) * 1e-3, WAVE, "values"),
    "everything off by 1e-4 of itself": (WAVE * 1.0001, WAVE, "values"),
    "zeros for something tiny": (torch.zeros(3), torch.full((3,), 1e-9), "values"),
    "something tiny twice over": (torch.full((3,), 2e-9), torch.full((3,), 1e-9), "values"),
    "ints off by one": (torch.tensor([1, 2]), torch.tensor([1, 3]), "values"),
    "a float off": (0.5001, 0.5, "values"),
    "a bool for a number": (True, 1.0, "type"),
    "a number for a bool": (1, True, "type"),
    "a string for a number": ("0.5", 0.5, "type"),
    "another string": ("a", "b", "values"),
    "an int that no float holds": (10**4000, 0.5, "type"),
    "such an int for a 0-d tensor": (10**4000, torch.tensor(0.5), "type"),
    "NaN for a 0-d tensor of ints": (math.nan, torch.tensor(3), "type"),
    "an int of more than 64 bits for one": (2**64, torch.tensor(3), "type"),
    "70 dimensions": (torch.ones(1).reshape([1] * 70), WAVE, "type"),
    "a nested tensor": (nested(), WAVE, "type"),
    "what was kept from within vmap": (kept_from_within_vmap(), WAVE[0], "type"),
    "8-bit floats": (WAVE.to(torch.float8_e5m2), WAVE, "type"),
    "a 1-d tensor for a float": (torch.tensor([0.5]), 0.5, "type"),
    "NaN for a float": (math.nan, 0.5, "values"),
    "a cost over the bound": (Bound(11, 99), Bound(7, 10), "cost"),
    "a number for a cost": (3.0, Bound(7, 10), "type"),
    "a dict for a list": (Container("dict", 2), Container("list", 2), "type"),
    "a longer list": (Container("list", 3), Container("list", 2), "length"),
}


@pytest.mark.parametrize("name", ALIKE)
def test_alike(name: str) -> None:
    got, want = map(leaf, ALIKE[name])
    assert compare_leaf("x", got, want) is None


@pytest.mark.parametrize("name", DIFFERENT)
def test_different(name: str) -> None:
    *pair, what = DIFFERENT[name]
    got, want = map(leaf, pair)
    found = compare_leaf("x", got, want)
    assert found is not None and found.what == what, found
    assert "`x" in found.message or found.message.startswith("x: ")


def test_a_mismatch_names_the_worst_element_and_counts_the_others() -> None:
    want = torch.arange(12.0).reshape(3, 4)
    got = want.clone()
    got[1, 2] += 0.5
    got[2, 3] += 0.125
    found = compare_leaf("output", leaf_of(got), leaf_of(want))
    assert found is not None
    assert (found.index, found.differ, found.total) == ((1, 2), 2, 12)
    assert found.message == "`output[1, 2]` is 6.5; expected 6 (2 of 12 elements differ)."
    assert found.allowed is not None and found.allowed < 1e-3


def test_float64_with_the_digits_of_float32_is_told_so() -> None:
    want = torch.linspace(-2, 2, 12, dtype=torch.float64)
    for got, coarse in ((want.float().double(), True), (want + 1e-3, False), (want.float(), False)):
        found = compare_leaf("x", leaf_of(got), leaf_of(want))
        assert found is not None and ("digits enough for float32" in found.message) is coarse
        assert found.actual != found.expected, "what differs is shown to differ"


def test_missing_paths_and_items_of_a_wrong_container_are_told_once() -> None:
    want = flatten({"cache": [1.0, 2.0], "output": 3.0})
    found = compare_observations(flatten({"cache": [1.0]}), want)
    assert [(m.observation, m.what) for m in found] == [("cache", "length"), ("output", "missing")]


def test_widening_allows_more() -> None:
    got, want = leaf_of(WAVE * 1.0001), leaf_of(WAVE)
    assert compare_leaf("x", got, want) is not None
    assert compare_leaf("x", got, want, widen=20) is None


def kept(before: torch.Tensor, after: torch.Tensor) -> Seen:
    return Seen(
        "c", before=snapshot("buffer", before, {}), after=snapshot("buffer", after, {}), drawn=frozenset(["buffer"])
    )


KEPT = {
    "left alone as it should be": (ONES, ONES, []),
    "changed although the reference left it": (ONES, ONES * 2, ["changed"]),
    "changed by one bit": (ONES, ONES + 2**-23, ["changed"]),
    "now requires a gradient": (ONES, ONES.clone().requires_grad_(), ["changed", "missing"]),
}


@pytest.mark.parametrize("name", KEPT)
def test_arguments_that_the_reference_leaves_alone(name: str) -> None:
    before, after, whats = KEPT[name]
    assert [m.what for m in compare_kept(kept(before, after), kept(ONES, ONES))] == whats


def test_a_flag_says_which_way_it_was_changed() -> None:
    free, tracked = ONES, ONES.clone().requires_grad_()
    raised = compare_kept(kept(free, tracked), kept(free, free))[0].message
    lowered = compare_kept(kept(tracked, free), kept(tracked, tracked))[0].message
    assert raised.startswith("`buffer` requires a gradient after the call")
    assert lowered.startswith("`buffer` no longer requires a gradient after the call")


def test_a_buffer_that_must_change() -> None:
    reference = kept(ONES, ONES * 2)
    assert [m.what for m in compare_kept(kept(ONES, ONES), reference)] == ["unchanged"]
    assert [m.what for m in compare_kept(kept(ONES, ONES * 3), reference)] == ["values"]
    assert compare_kept(kept(ONES, ONES * 2 * (1 + 1e-7)), reference) == ()


def test_identical_treats_nan_as_itself() -> None:
    nan = torch.tensor([math.nan, 1.0])
    assert identical(TensorLeaf(nan), TensorLeaf(nan.clone()))
    assert not identical(TensorLeaf(nan), TensorLeaf(torch.tensor([math.nan, 2.0])))
    assert not identical(TensorLeaf(nan), 1.0)
