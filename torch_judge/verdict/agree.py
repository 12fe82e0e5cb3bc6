"""Whether two wrong observations are the same wrong."""

from __future__ import annotations

import math
from dataclasses import replace

import torch

from torch_judge.cases.compare import TOLERANCE, compare_leaf
from torch_judge.cases.observations import Bound, Leaf, TensorLeaf

LOOSER = 10.0
"""Agreement with a mistake is judged at ten times the tolerance: the same mistake, computed in another order."""


def agree(
    path: str,
    mine: Leaf,
    theirs: Leaf,
    expected: Leaf,
    widen: float = 1.0,
    *,
    device: str | None = None,
    few_digits: bool = False,
) -> bool:
    """Whether the learner's and a mistake's observation are the same wrong, by the digits that mean anything.

    They may differ by ten times the tolerance. Where both are next to nothing beside what is expected, the rest is
    rounding: they may differ by what a right one may be off where it is 0. ``few_digits`` is `computed_in_float32`.
    """
    if isinstance(mine, Bound) and isinstance(theirs, Bound):
        return True
    mine, theirs = _no_finer(mine, theirs, expected, few_digits)
    if _far_apart(mine, theirs, expected, widen):
        return False
    mismatch = compare_leaf(path, mine, theirs, device=device, widen=LOOSER * widen)
    return mismatch is None or (mismatch.what == "values" and _off_by_nothing(mine, theirs, expected, widen))


def alike_but_for_values(path: str, mine: Leaf, theirs: Leaf, device: str | None = None) -> bool:
    """Whether two agree in all that chance does not decide: type, shape, dtype, device."""
    mismatch = compare_leaf(path, mine, theirs, device=device)
    return mismatch is None or mismatch.what in ("values", "finite")


def computed_in_float32(mine: dict[str, Leaf], expected: dict[str, Leaf]) -> bool:
    """Whether a float64 result of the learner's holds nothing but float32 numbers, where the right one does not."""

    def single(leaf: Leaf | None) -> bool:
        return torch.equal(leaf.data, leaf.data.float().double())  # type: ignore[union-attr]

    wide = (
        path for path, leaf in expected.items() if isinstance(leaf, TensorLeaf) and leaf.data.dtype == torch.float64
    )
    found = ((mine.get(path), expected[path]) for path in wide)
    return any(
        isinstance(leaf, TensorLeaf) and leaf.data.dtype == torch.float64 and single(leaf) and not single(right)
        for leaf, right in found
    )


def _no_finer(mine: Leaf, theirs: Leaf, expected: Leaf, few_digits: bool) -> tuple[Leaf, Leaf]:
    """Two tensors of one dtype, in the expected dtype if theirs is finer, or in float32 if the digits are so few.

    Either may have computed in the coarser one and cast the result: then only so many digits mean anything.
    """
    if not (isinstance(mine, TensorLeaf) and isinstance(theirs, TensorLeaf) and isinstance(expected, TensorLeaf)):
        return mine, theirs
    dtype, coarse = theirs.data.dtype, expected.data.dtype
    if few_digits and coarse == torch.float64:
        coarse = torch.float32
    finer = TOLERANCE.get(dtype, math.inf) < TOLERANCE.get(coarse, 0.0)
    if mine.data.dtype != dtype or dtype.is_complex != coarse.is_complex or not finer:
        return mine, theirs
    return replace(mine, data=mine.data.to(coarse)), replace(theirs, data=theirs.data.to(coarse))


def _far_apart(mine: Leaf, theirs: Leaf, expected: Leaf, widen: float) -> bool:
    """Whether an element is off by more than any may be: most are told apart by it, a hundred times faster."""
    if not (isinstance(mine, TensorLeaf) and isinstance(theirs, TensorLeaf) and mine.data.shape == theirs.data.shape):
        return False
    a, b = mine.data, theirs.data
    if a.dtype != b.dtype or not a.is_floating_point() or not a.numel():
        return False
    scale = b.abs().max()
    if isinstance(expected, TensorLeaf) and expected.data.is_floating_point() and expected.data.numel():
        scale = max(scale, expected.data.abs().max())
    return bool((a - b).abs().max() > 2 * LOOSER * widen * TOLERANCE.get(b.dtype, 0.0) * scale)


def _off_by_nothing(mine: Leaf, theirs: Leaf, expected: Leaf, widen: float) -> bool:
    """Whether two tensors differ by no more than a right one, of whatever shape, may be off where it is 0."""
    if not (isinstance(mine, TensorLeaf) and isinstance(theirs, TensorLeaf) and isinstance(expected, TensorLeaf)):
        return False
    right = expected.data
    if mine.data.dtype != right.dtype or not right.is_floating_point() or not bool(right.isfinite().all()):
        return False
    rms = right.double().square().mean().sqrt()
    return bool((mine.data - theirs.data).abs().max() <= widen * TOLERANCE.get(right.dtype, 0.0) * rms)
