"""Mistakes that explain a part of what is wrong.

A **point** is one thing that is wrong: a case and an observation in it. Two mistakes that do not meet, in different
outputs or different cases, are found by covering the learner's points.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from torch_judge.bank import CHANCE, Edit
from torch_judge.cases.authoring import Case
from torch_judge.cases.observations import Leaf, Seen, TensorLeaf
from torch_judge.errors import ProblemError
from torch_judge.observe import Setting
from torch_judge.verdict.agree import agree, computed_in_float32
from torch_judge.verdict.alike import Evidence, same_kind_of_error
from torch_judge.verdict.known import Known, KnownMistake
from torch_judge.verdict.one_case import RAISES, wrong_in

AT_MOST = 3
"""How many mistakes are named at once."""
CONSIDERED = 8
"""How many mistakes are combined to do so."""

Point = tuple[str, str]


@dataclass(frozen=True)
class Part:
    """What a mistake shares with the learner: ``points`` where they are wrong alike, ``wrong`` all points of its own.

    ``whole`` are the cases that it explains in full, ``telling`` those of them in which chance cannot make two agree.
    ``says`` is how much the agreement says: 2 where numbers agree, 1 where only NaN and infinity do, as they do by
    chance, 0 where it is zeros or the names of checks that fail.
    """

    mistake: KnownMistake
    points: frozenset[Point]
    wrong: frozenset[Point]
    whole: frozenset[str]
    telling: frozenset[str]
    says: int

    @property
    def cases(self) -> frozenset[str]:
        """The cases in which it explains something."""
        return frozenset(name for name, _ in self.points)


def points_of(known: Known, evidence: Evidence, setting: Setting) -> frozenset[Point]:
    """Everything that is wrong with the learner."""
    return frozenset(
        (name, path)
        for name in evidence.failed
        for path in wrong_in(known.case(name), evidence.seen[name], evidence.expected[name], setting)
    )


def part_of(
    known: Known,
    mistake: KnownMistake,
    evidence: Evidence,
    mine: frozenset[Point],
    setting: Setting,
    edits: tuple[Edit, ...],
) -> Part | None:
    """What the mistake shares with the learner's points; None if nothing, or if it fails what the learner has right.

    None also if it varies by chance: what is random in both is no trace of it, even where the numbers agree.
    """
    if mistake.varies == CHANCE:
        return None
    points: set[Point] = set()
    wrong: set[Point] = set()
    try:
        for case in known.cases:
            theirs = {(case.name, path) for path in known.wrong(mistake, case, setting.seed, edits)}
            if theirs and case.name not in evidence.failed:
                return None
            wrong |= theirs
            seen = known.mistaken(mistake, case, setting.seed, edits)
            told, expected = evidence.seen[case.name], evidence.expected[case.name]
            points |= {p for p in theirs & mine if wrong_alike(case, p[1], told, seen, expected)}
    except ProblemError:  # the mistake edits what this reading has edited already
        return None
    if not points:
        return None
    checked = {case.name for case in known.cases if case.verify is not None}
    valued = [(n, p) for n, p in points if p != RAISES and (n not in checked or p in evidence.seen[n].after)]
    says = max((_says(evidence.seen[name], path) for name, path in valued), default=0)
    mixed = {name for name, _ in (mine | wrong) - points}
    whole = {name for name, _ in points} - mixed
    telling = {name for name, path in points if name in whole and _telling(evidence.seen[name].observations.get(path))}
    return Part(mistake, frozenset(points), frozenset(wrong), frozenset(whole), frozenset(telling), says)


def wrong_alike(case: Case, path: str, mine: Seen, theirs: Seen, expected: Seen) -> bool:
    """Whether the learner and a mistake, both wrong here, are wrong in the same way."""
    if path == RAISES:
        return same_kind_of_error(mine.exception, theirs.exception)
    if case.verify is not None and path not in theirs.after:  # a failed check is what it is called
        return True
    where = "observations" if path in theirs.observations else "after"
    a, b, right = getattr(mine, where), getattr(theirs, where), getattr(expected, where)
    few_digits = computed_in_float32(mine.observations, expected.observations)
    inner = [p for p in {**a, **b} if p == path or p.startswith((f"{path}[", f"{path}."))]
    return all(
        p in a and p in b and agree(p, a[p], b[p], right.get(p), case.widen, few_digits=few_digits) for p in inner
    )


def _says(seen: Seen, path: str) -> int:
    leaf = seen.observations.get(path, seen.after.get(path))
    if not isinstance(leaf, TensorLeaf) or not leaf.data.is_floating_point():
        return 2
    finite = leaf.data.isfinite()
    return 2 if bool((finite & (leaf.data != 0)).any()) else int(not finite.all())


def _telling(leaf: Leaf | None) -> bool:
    """Whether two agree in this by the same computation only: several different finite numbers."""
    if not isinstance(leaf, TensorLeaf) or not leaf.data.is_floating_point() or leaf.data.numel() < 2:
        return False
    data = leaf.data.flatten()
    return bool(torch.isfinite(data).all()) and bool((data != data[0]).any())


def numberless(points: frozenset[Point], evidence: Evidence) -> bool:
    """Whether what is wrong holds no number at all: NaN agrees with NaN, whatever led there."""
    leaves = (evidence.seen[name].observations.get(path) for name, path in points)
    floats = [leaf.data for leaf in leaves if isinstance(leaf, TensorLeaf) and leaf.data.is_floating_point()]
    return bool(floats) and not any(bool(data.isfinite().any()) for data in floats)


def cover(parts: list[Part], points: frozenset[Point]) -> list[Part]:
    """Two or three mistakes that explain all ``points`` between them and do not meet; empty if there are none."""
    useful = sorted((p for p in parts if p.points == p.wrong), key=lambda p: -len(p.points))[:CONSIDERED]
    for n in range(2, AT_MOST + 1):
        for chosen in itertools.combinations(useful, n):
            if _apart(chosen) and frozenset().union(*(p.points for p in chosen)) == points:
                return list(chosen)
    return []


def _apart(chosen: tuple[Part, ...]) -> bool:
    return all(not a.wrong & b.wrong for a, b in itertools.combinations(chosen, 2))


def largest(parts: list[Part], evidence: Evidence, cases: int) -> list[Part]:
    """Mistakes whose trace is plain beside something unknown; empty if that could be chance."""
    found = list(_plain(parts, evidence, cases))
    found.sort(key=lambda p: -len(p.whole))
    chosen: list[Part] = []
    for part in found:
        if len(chosen) < 2 and all(not part.whole & other.whole for other in chosen):
            chosen.append(part)
    return chosen


def _plain(parts: list[Part], evidence: Evidence, cases: int) -> Iterator[Part]:
    for part in parts:
        # Either it agrees wherever it is wrong and something passes, or it explains most of what fails and nothing
        # else explains any of that.
        half = 2 * len(part.whole) >= len(evidence.failed)
        agrees = part.says == 2 or (part.says == 1 and half)
        everywhere = part.points == part.wrong and agrees and bool(part.whole) and len(evidence.failed) < cases
        rivals = [p for p in parts if p is not part and p.telling - part.telling]
        most = len(part.telling) >= 2 and half and not rivals
        if everywhere or most:
            yield part
