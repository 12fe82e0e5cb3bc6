"""Within a verify: whether counts and numbers that should be random may well be so."""

from __future__ import annotations

import math
from typing import NamedTuple

from torch import Tensor

RARE = 1e-9
"""No test here disbelieves independent numbers more often than this."""


def plausible(count: int, trials: int, p: float) -> bool:
    """Whether ``count`` of ``trials`` independent events of probability ``p`` is believable.

    A right solution is disbelieved less than once in a million: a frequency f as far off, on either side, has a chance
    of at most 2·exp(-trials·KL(f ‖ p)) (Chernoff).
    """
    f = count / trials
    divergence = sum(a * math.log(a / b) for a, b in ((f, p), (1 - f, 1 - p)) if a > 0)
    return 2 * math.exp(-trials * divergence) > 1e-6


class Tie(NamedTuple):
    """How numbers depend on each other: ``what`` names the test, ``text`` is the fact for the learner."""

    what: str
    text: str


def tie_between(table: Tensor, rows: str = "rows", columns: str = "columns", normal: bool = True) -> Tie | None:
    """What ties the numbers of ``table`` (R, C) to each other; None if they may well be independent.

    Expected are independent numbers of mean 0 and one spread, ``normal`` ones or only -1 and 1. Looked at, along rows
    and columns: two that are alike or opposite, all of them at right angles, sums that are all zero, and for normal
    numbers lengths that are all the same. ``rows`` and ``columns`` are what the messages call them.
    """
    for name, values in ((rows, table.double()), (columns, table.double().T)):
        tie = _angles(name, values, normal) or _balanced(name, values, normal)
        if tie is None and normal:
            tie = _one_length(name, values)
        if tie is not None:
            return tie
    return None


def _angles(name: str, values: Tensor, normal: bool) -> Tie | None:
    """A cosine beyond c has a chance of at most sin^(n-1) for n normal numbers (a cap of the sphere, both of them), and
    of 2·exp(-n·c²/2) for n signs (Hoeffding). Of p pairs, n·cos² is 1 on average, with the variance of χ² / p.
    """
    count, n = values.shape
    pairs = count * (count - 1) // 2
    if not pairs:
        return None
    unit = values / values.norm(dim=1, keepdim=True).clamp(min=1e-30)
    cosines = (unit @ unit.T).fill_diagonal_(0)
    low, high = (float(extreme) for extreme in cosines.aminmax())
    extreme = high if high >= -low else low
    worst = max(-1.0, min(1.0, extreme))
    chance = (1 - worst**2) ** ((n - 1) / 2) if normal else 2 * math.exp(-n * worst**2 / 2)
    if pairs * chance < RARE:
        i, j = (cosines == extreme).nonzero()[0].tolist()
        sign = "the same" if worst > 0 else "opposite"
        alike = f"{sign} numbers" if abs(worst) > 0.999 else "numbers that go together"
        return Tie(f"{name}: {alike}", f"two {name} ({i} and {j}) hold {alike} (cosine {worst:.2f})")
    if _too_small(_squares(unit, cosines) / (2 * pairs) * n, pairs, 0 if normal else n):
        return Tie(f"{name}: right angles", f"the {name} are all at right angles, as independent ones never are")
    return None


def _squares(unit: Tensor, cosines: Tensor) -> float:
    """The sum of the squared cosines: of many short rows by their columns, as both have one Frobenius norm."""
    count, n = unit.shape
    if n >= count:
        return float(cosines.square().sum())
    return float((unit.T @ unit).square().sum() - unit.square().sum(1).square().sum())


def _balanced(name: str, values: Tensor, normal: bool) -> Tie | None:
    """The sum of a row, over the root of its sum of squares, has variance 1."""
    sums = values.sum(1) / values.norm(dim=1).clamp(min=1e-30)
    if not _too_small(float(sums.square().mean()), len(sums), 0 if normal else values.shape[1]):
        return None
    return Tie(f"{name}: sums", f"each of the {name} has the very same sum")


def _one_length(name: str, values: Tensor) -> Tie | None:
    """The mean square of n normal numbers has variance 2 / n."""
    squares, n = values.square().mean(1), values.shape[1]
    ratio = float(squares.var()) / float(squares.mean()) ** 2 * n / 2 if len(squares) > 1 else 1.0
    if not _too_small(ratio, len(squares) - 1):
        return None
    return Tie(f"{name}: one length", f"each of the {name} has the very same mean square")


def _too_small(ratio: float, freedom: int, signs: int = 0) -> bool:
    """Whether a χ² over its degrees of freedom is as small as it hardly ever is (Chernoff).

    A sum of ``signs`` signs is exactly 0 with a chance of about √(2 / (π·signs)): few of them may all be.
    """
    if ratio >= 1 or (signs and freedom * math.log(math.sqrt(2 / (math.pi * signs))) > math.log(RARE)):
        return False
    return freedom / 2 * (ratio - 1 - math.log(max(ratio, 1e-300))) > -math.log(RARE)
