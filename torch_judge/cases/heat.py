"""A wrong tensor as a picture: how far off each element of a matrix is, in ten steps, as rows of characters."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import torch

from torch_judge.cases.compare import distance
from torch_judge.cases.observations import Seen, TensorLeaf
from torch_judge.report import Mismatch

LARGEST = 32
SMALLEST = 6
RIGHT = "."
STEPS = 9


def pictured(found: Iterable[Mismatch], seen: Seen, expected: Seen, widen: float) -> tuple[Mismatch, ...]:
    """The mismatches, those of matrices with a picture."""
    return tuple(_pictured(mismatch, seen, expected, widen) for mismatch in found)


def _pictured(mismatch: Mismatch, seen: Seen, expected: Seen, widen: float) -> Mismatch:
    got, want = seen.observations.get(mismatch.observation), expected.observations.get(mismatch.observation)
    if mismatch.index is None or not isinstance(got, TensorLeaf) or not isinstance(want, TensorLeaf):
        return mismatch
    return dataclasses.replace(mismatch, heat=heat(got.data, want.data, mismatch.index, widen))


def heat(got: torch.Tensor, want: torch.Tensor, index: tuple[int, ...], widen: float = 1.0) -> tuple[str, ...] | None:
    """The matrix in which the element ``index`` lies (the last two dimensions), a string a row; None if there is none.

    ``.`` is right, 1 to 9 is wrong by so many ninths of the largest difference. More than LARGEST rows or columns are
    drawn together, the worst of each patch.
    """
    if got.shape != want.shape or got.ndim < 2 or got.shape[-1] * got.shape[-2] < SMALLEST:
        return None
    found = distance(got, want, widen)
    at = index[:-2]
    off, alike = found.difference[at], found.alike[at]
    worst = off[~alike & off.isfinite()].max().item() if bool((~alike & off.isfinite()).any()) else 1.0
    steps = (off / worst * STEPS).ceil().nan_to_num(STEPS, STEPS).clamp(1, STEPS)
    steps = torch.where(alike, 0.0, steps)
    rows, columns = (min(size, LARGEST) for size in steps.shape)
    small = torch.nn.functional.adaptive_max_pool2d(steps[None], (rows, columns))[0]
    return tuple("".join(str(int(step)) if step else RIGHT for step in row) for row in small.tolist())
