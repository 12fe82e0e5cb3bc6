"""Observations against the reference's: the order of checks, the tolerance table, the mismatches.

For floating tensors ``allowed = r·|reference| + a·rms(reference)``: a tiny true output cannot hide behind an absolute
tolerance, and an element near zero is not held to an absurd relative one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import torch

from torch_judge.cases.observations import Bound, Container, Leaf, Marker, Seen, TensorLeaf, identical
from torch_judge.report import Mismatch

TOLERANCE = {
    torch.float64: 1e-9,
    torch.complex128: 1e-9,
    torch.float32: 1e-5,
    torch.complex64: 1e-5,
    torch.float16: 2e-3,
    torch.bfloat16: 1.6e-2,
}
"""r and a by dtype of the reference; other dtypes are compared exactly."""

COARSE = "These are digits enough for float32, not for float64: look for a step that is taken in float32."
"""Said of float64 that is nearly right."""

FLAGS = {
    "requires_grad": "`{}` requires a gradient after the call: keep it out of the autograd graph "
    "(`detach()` or `torch.no_grad()`).",
    "is_leaf": "`{}` has become part of the autograd graph: update it under `torch.no_grad()` or from detached values.",
    "training": "`{}.training` was changed by the call: leave the mode to `train()` and `eval()`.",
}
LOST = (
    "`{0}` no longer requires a gradient after the call: detach a copy, `{0}.detach()`, and leave the caller's alone."
)


def compare_seen(seen: Seen, expected: Seen, *, device: str = "cpu", widen: float = 1.0) -> tuple[Mismatch, ...]:
    """Every mismatch of one case, results first, then watched arguments."""
    found = compare_observations(seen.observations, expected.observations, device=device, widen=widen)
    return (*found, *compare_kept(seen, expected, widen=widen))


def compare_observations(
    actual: dict[str, Leaf], expected: dict[str, Leaf], *, device: str = "cpu", widen: float = 1.0
) -> tuple[Mismatch, ...]:
    """Compare what a case returned, path by path; the items of a mismatched container are passed over."""
    found: list[Mismatch] = []
    skipped: list[str] = []
    for path, want in expected.items():
        if any(path.startswith(s) for s in skipped):
            continue
        if path not in actual:
            mismatch: Mismatch | None = Mismatch(path, "missing", f"`{path}` is missing.", expected=describe(want))
        else:
            mismatch = compare_leaf(path, actual[path], want, device=device, widen=widen)
        if mismatch is not None:
            found.append(mismatch)
            skipped += [f"{path}[", f"{path}."]
    return tuple(found)


def compare_leaf(
    path: str, got: Leaf, want: Leaf, *, device: str | None = "cpu", widen: float = 1.0
) -> Mismatch | None:
    """The first check that ``got`` fails: type, length, shape, dtype, device, finite, values. None if like ``want``."""
    if isinstance(want, Bound):
        return _compare_bound(path, got, want)
    if isinstance(want, TensorLeaf):
        if isinstance(got, float | int) and not isinstance(got, bool) and want.data.ndim == 0:
            with suppress(ValueError, RuntimeError):  # NaN has no place in an integer tensor, nor has 2 ** 64
                got = TensorLeaf(torch.tensor(got, dtype=want.data.dtype), device or "cpu")
        return _compare_tensor(path, got, want, device, widen)
    if isinstance(want, Container):
        return _compare_container(path, got, want)
    if isinstance(want, float | int) and not isinstance(want, bool):
        return _compare_number(path, got, want, widen)
    if type(got) is not type(want):
        return _type_mismatch(path, got, want)
    if got != want:
        return Mismatch(path, "values", _told(path, describe(got), describe(want)),
                        actual=describe(got), expected=describe(want))  # fmt: skip
    return None


def _compare_bound(path: str, got: Leaf, want: Bound) -> Mismatch | None:
    if not isinstance(got, Bound):
        return _type_mismatch(path, got, want)
    if got.value <= want.limit:
        return None
    return Mismatch(path, "cost", _cost(path, got.value, want.limit),
                    actual=f"{got.value:g}", expected=f"≤ {want.limit:g}")  # fmt: skip


def _cost(path: str, value: float, limit: float) -> str:
    """What was spent and what is enough, in words: `rows` and `calls` are what `Draw` counts."""
    name, _, part = path.rpartition(".")
    if part == "rows" and name:
        return f"`{name}` was given {value:,g} rows where {limit:,g} are enough: do not compute again what is known."
    if part == "calls" and name:
        return f"`{name}` was called {value:,g} times where {limit:,g} are enough."
    return f"{path}: {value:,g}, where {limit:,g} is enough."


def _compare_container(path: str, got: Leaf, want: Container) -> Mismatch | None:
    sequences = {"list", "tuple"}
    if not isinstance(got, Container) or (got.type != want.type and not {got.type, want.type} <= sequences):
        return _type_mismatch(path, got, want)
    if got.length != want.length:
        return Mismatch(path, "length", f"`{path}` has {got.length} items; expected {want.length}.",
                        actual=str(got.length), expected=str(want.length))  # fmt: skip
    return None


def _compare_number(path: str, got: Leaf, want: float, widen: float) -> Mismatch | None:
    if (
        isinstance(got, TensorLeaf)
        and got.data.ndim == 0
        and not got.data.is_complex()
        and got.data.dtype != torch.bool
    ):
        got = got.data.item()
    if isinstance(got, bool) or not isinstance(got, float | int):
        return _type_mismatch(path, got, want)
    allowed = 0.0 if isinstance(want, int) else 2 * widen * TOLERANCE[torch.float32] * abs(want)
    if got == want or abs(got - want) <= allowed or (math.isnan(got) and math.isnan(want)):
        return None
    return Mismatch(path, "values", _told(path, f"{got:.7g}", f"{want:.7g}"),
                    actual=f"{got:.7g}", expected=f"{want:.7g}", allowed=allowed)  # fmt: skip


def _compare_tensor(path: str, got: Leaf, want: TensorLeaf, device: str | None, widen: float) -> Mismatch | None:
    if not isinstance(got, TensorLeaf):
        return _type_mismatch(path, got, want)
    for what, a, b in (
        ("shape", tuple(got.data.shape), tuple(want.data.shape)),
        ("dtype", got.data.dtype, want.data.dtype),
        ("device", got.device, device or got.device),
    ):
        if a != b:
            return Mismatch(path, what, f"`{path}` has {what} `{a}`; expected `{b}`.", actual=str(a), expected=str(b))
    if torch.equal(got.data, want.data):
        return None
    return _compare_values(path, got.data, want.data, widen)


@dataclass(frozen=True)
class Distance:
    """How far each element is off: the difference, what is allowed, and which elements are as they should be.

    ``broken`` are those that are not finite where the reference is.
    """

    difference: torch.Tensor
    allowed: torch.Tensor
    alike: torch.Tensor
    broken: torch.Tensor


def distance(got: torch.Tensor, want: torch.Tensor, widen: float) -> Distance:
    """Compare two tensors of one shape, element by element."""
    rate = widen * TOLERANCE.get(want.dtype, 0.0)
    wide = torch.complex128 if want.is_complex() else torch.float64
    a, b = got.to(wide), want.to(wide)
    magnitude = b.abs()
    finite = magnitude.isfinite()
    if whole := bool(finite.all()):
        rms = magnitude.square().mean().sqrt().item()
    else:
        rms = magnitude[finite].square().mean().sqrt().item() if bool(finite.any()) else 0.0
    # A reference of zeros has no scale of its own: rounding of values near 1 is allowed.
    allowed = rate * magnitude + rate * (rms or 0.1)
    difference = (a - b).abs()
    alike = difference <= allowed
    if not whole:
        alike = torch.where(finite, alike, (a == b) | (a.isnan() & b.isnan()))
    return Distance(difference, allowed, alike, ~a.isfinite() & finite)


def has_digits_of_float32(got: torch.Tensor, want: torch.Tensor) -> bool:
    """Whether two tensors of float64, alike in shape, are off by no more than those of float32 may be."""
    widen = TOLERANCE[torch.float32] / TOLERANCE[torch.float64]
    return got.dtype == want.dtype == torch.float64 and bool(distance(got, want, widen).alike.all())


def _compare_values(path: str, got: torch.Tensor, want: torch.Tensor, widen: float) -> Mismatch | None:
    found = distance(got, want, widen)
    difference, allowed, alike, broken = found.difference, found.allowed, found.alike, found.broken
    if bool(alike.all()):
        return None
    excess = torch.where(alike, -math.inf, (difference - allowed).nan_to_num(math.inf))
    flat = int(torch.where(broken, math.inf, excess).argmax())
    index = _index(flat, got.shape)
    what = "finite" if bool(broken.any()) else "values"
    differ = int((~alike).sum())
    coarse = has_digits_of_float32(got, want)
    x, y = (_item(values.flatten()[flat], digits=12 if coarse else 7) for values in (got, want))
    tail = f" ({differ} of {got.numel()} elements differ)" if got.numel() > 1 else ""
    text = _told(path, x, y, index, tail) + (f" {COARSE}" if coarse else "")
    return Mismatch(path, what, text, index=index, actual=x, expected=y,
                    allowed=float(allowed.flatten()[flat]), differ=differ, total=got.numel())  # fmt: skip


def _index(flat: int, shape: Sequence[int]) -> tuple[int, ...]:
    """``torch.unravel_index`` of one number, without its tensors."""
    index: list[int] = []
    for size in reversed(shape):
        flat, place = divmod(flat, size)
        index.insert(0, place)
    return tuple(index)


def compare_kept(seen: Seen, expected: Seen, *, widen: float = 1.0) -> tuple[Mismatch, ...]:
    """Watched arguments: unchanged where the reference left them, changed alike where it changed them."""
    found: list[Mismatch] = []
    for path, reference in expected.after.items():
        if path not in seen.after:
            found.append(Mismatch(path, "missing", f"`{path}` is missing after the call."))
            continue
        got, before = seen.after[path], seen.before.get(path, Marker("absent"))
        if path not in expected.touched:
            left = identical(got, reference if path in expected.drawn else before)
            if not left:
                found.append(_changed(path, got, before))
            continue
        mismatch = compare_leaf(path, got, reference, device=None, widen=widen)
        if mismatch is None:
            continue
        # The case itself may have set the mode before the call, so it is not said to have stayed.
        if identical(got, before) and not path.endswith(".training"):
            where = "" if path.endswith(".grad") else " in place"  # a gradient may be replaced
            text = f"`{path}` was not changed by the call; it must be updated{where}."
            mismatch = Mismatch(path, "unchanged", text, mismatch.index, mismatch.actual, mismatch.expected)
        found.append(mismatch)
    return tuple(found)


def _changed(path: str, got: Leaf, before: Leaf) -> Mismatch:
    name, _, part = path.rpartition(".")
    if part in FLAGS and name:
        text = LOST if part == "requires_grad" and got is False else FLAGS[part]
        return Mismatch(path, "changed", text.format(name), actual=describe(got), expected=describe(before))
    if part == "grad" and name:
        return Mismatch(path, "changed", f"`{name}.grad` was written by the call; it must stay as it was.")
    text = f"`{path}` was changed by the call; it must stay as it was. Work on a copy instead."
    mismatch = compare_leaf(path, got, before, device=None)
    if mismatch is None:
        return Mismatch(path, "changed", text)
    return Mismatch(path, "changed", text, mismatch.index, mismatch.actual, mismatch.expected, None,
                    mismatch.differ, mismatch.total)  # fmt: skip


def describe(leaf: Leaf) -> str:
    """A leaf in words: what a message calls it."""
    if isinstance(leaf, TensorLeaf):
        return f"a tensor of shape {tuple(leaf.data.shape)}"
    if isinstance(leaf, Container):
        return f"a {leaf.type} of {leaf.length}"
    if isinstance(leaf, Marker):
        return leaf.says
    if isinstance(leaf, Bound):
        return f"{leaf.value:g}"
    if leaf is None:
        return "None"
    return f"{leaf:.7g}" if isinstance(leaf, float) else repr(leaf)


def _told(path: str, got: str, want: str, index: tuple[int, ...] = (), tail: str = "") -> str:
    """What came and what was expected; a label of several words ("K is V") is set apart from the sentence."""
    if " " not in path:
        return f"`{path}{list(index) if index else ''}` is {got}; expected {want}{tail}."
    return f"`{path}`: yours is {got}{f' at `{list(index)}`' if index else ''}; expected {want}{tail}."


def _type_mismatch(path: str, got: Leaf, want: Leaf) -> Mismatch:
    if isinstance(got, Marker) and got.says == "no gradient":
        text = f"No {path} arrives: the output is cut off from it in the autograd graph."
    else:
        text = _told(path, describe(got), describe(want))
    return Mismatch(path, "type", text, actual=describe(got), expected=describe(want))


def _item(scalar: torch.Tensor, digits: int) -> str:
    value = scalar.item()
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)
