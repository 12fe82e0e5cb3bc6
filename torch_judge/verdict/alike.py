"""Whether a learner's failure and a known mistake's are the same failure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from torch_judge.bank import Edit
from torch_judge.cases.authoring import Case
from torch_judge.cases.compare import TOLERANCE, compare_kept, compare_leaf, compare_observations
from torch_judge.cases.observations import Bound, Leaf, Seen, TensorLeaf
from torch_judge.errors import ProblemError
from torch_judge.observe import Setting
from torch_judge.report import ExceptionInfo
from torch_judge.verdict.known import Known, KnownMistake
from torch_judge.verdict.one_case import mismatches_of

LOOSER = 10.0
"""Agreement with a mistake is judged at ten times the tolerance: the same mistake, computed in another order."""

_WORDING = re.compile(r"\d+|float (?=division)|view of a (?=leaf)")
"""What may differ between two messages for one misuse: sizes, a number's type, whether a leaf or a view is written."""


@dataclass(frozen=True)
class Evidence:
    """What is known about the learner: per case what was seen, what was expected, and which cases failed."""

    seen: dict[str, Seen]
    expected: dict[str, Seen]
    failed: frozenset[str]


def agreement(
    known: Known, mistake: KnownMistake, evidence: Evidence, setting: Setting, edits: tuple[Edit, ...]
) -> frozenset[str]:
    """The cases that the mistake fails, if the learner fails all of them alike; else nothing.

    Exceptions that differ in their numbers alone are alike, but sizes differ for many reasons: such likeness counts
    only beside a case that agrees in full.
    """
    failed: set[str] = set()
    sure = False
    cases = [case for case in known.cases if case.name in evidence.seen]
    # The learner's failing cases come first, the quick ones before the slow: most mistakes are ruled out by the first.
    for case in sorted(cases, key=lambda c: (c.name not in evidence.failed, evidence.expected[c.name].seconds)):
        if case.name not in evidence.failed and not failed:
            return frozenset()  # it fails none of the learner's: whether it fails others does not matter
        try:
            theirs = known.mistaken(mistake, case, setting.seed, edits)
        except ProblemError:  # the mistake edits what this reading has edited already
            return frozenset()
        if not known.fails(mistake, case, setting.seed, edits):
            continue
        mine = evidence.seen[case.name]
        if case.name not in evidence.failed or not alike(case, mine, theirs, evidence.expected[case.name], setting):
            return frozenset()
        failed.add(case.name)
        sure = sure or theirs.exception is None
    if sure:
        return frozenset(failed)
    if frozenset(failed) != evidence.failed:
        return frozenset()
    errors = (
        (evidence.seen[n].exception, known.mistaken(mistake, known.case(n), setting.seed, edits).exception)
        for n in failed
    )
    some_pass = len(evidence.failed) < len(known.cases)
    return frozenset(failed) if some_pass or all(same_error(*pair) for pair in errors) else frozenset()


def closeness(
    known: Known, mistake: KnownMistake, evidence: Evidence, setting: Setting, edits: tuple[Edit, ...]
) -> tuple[int, float]:
    """How far a mistake that agrees is from the learner: cases that differ at the plain tolerance, then the costs."""
    differing, costs = 0, 0.0
    for name in evidence.failed:
        mine, theirs = evidence.seen[name], known.mistaken(mistake, known.case(name), setting.seed, edits)
        a, b = without_costs(mine.observations), without_costs(theirs.observations)
        differing += bool(compare_observations(a, b, device=setting.device, widen=known.case(name).widen))
        for path, leaf in mine.observations.items():
            other = theirs.observations.get(path)
            if isinstance(leaf, Bound) and isinstance(other, Bound):
                costs += abs(math.log(max(leaf.value, 1e-9) / max(other.value, 1e-9)))
    return differing, costs


def alike(case: Case, mine: Seen, theirs: Seen, expected: Seen, setting: Setting) -> bool:
    """Whether two failures of a case are the same failure."""
    if mine.stopped or theirs.stopped:
        return False
    if mine.exception or theirs.exception:
        return same_kind_of_error(mine.exception, theirs.exception)
    if case.verify is not None:
        return _identities(case, mine, expected, setting) == _identities(case, theirs, expected, setting)
    if not _same_costs(mine.observations, theirs.observations, expected.observations):
        return False
    a_values, b_values = without_costs(mine.observations), without_costs(theirs.observations)
    for path in a_values.keys() & b_values.keys():
        a_values[path], b_values[path] = _no_finer(a_values[path], b_values[path], expected.observations.get(path))
    widen = LOOSER * case.widen
    return (
        a_values.keys() == b_values.keys()
        and not compare_observations(a_values, b_values, device=setting.device, widen=widen)
        and not compare_kept(mine, theirs, widen=widen)
    )


def agree(path: str, mine: Leaf, theirs: Leaf, expected: Leaf, widen: float = 1.0) -> bool:
    """Whether two wrong observations are the same wrong, at ten times the tolerance."""
    if isinstance(mine, Bound) and isinstance(theirs, Bound):
        return True
    widen *= LOOSER
    mine, theirs = _no_finer(mine, theirs, expected)
    if isinstance(mine, TensorLeaf) and isinstance(theirs, TensorLeaf) and mine.data.shape == theirs.data.shape:
        a, b = mine.data, theirs.data
        rate = 2 * widen * TOLERANCE.get(b.dtype, 0.0)
        # No element may be off by more than this: most are told apart by it, a hundred times faster.
        if a.numel() and a.is_floating_point() and b.dtype == a.dtype and (a - b).abs().max() > rate * b.abs().max():
            return False
    return compare_leaf(path, mine, theirs, device=None, widen=widen) is None


def _no_finer(mine: Leaf, theirs: Leaf, expected: Leaf) -> tuple[Leaf, Leaf]:
    """Two tensors of one dtype, in the expected dtype if theirs is finer.

    Either may have computed in the coarser one and cast the result: then only so many digits mean anything.
    """
    if not (isinstance(mine, TensorLeaf) and isinstance(theirs, TensorLeaf) and isinstance(expected, TensorLeaf)):
        return mine, theirs
    dtype, coarse = theirs.data.dtype, expected.data.dtype
    finer = TOLERANCE.get(dtype, math.inf) < TOLERANCE.get(coarse, 0.0)
    if mine.data.dtype != dtype or dtype.is_complex != coarse.is_complex or not finer:
        return mine, theirs
    return replace(mine, data=mine.data.to(coarse)), replace(theirs, data=theirs.data.to(coarse))


def same_error(mine: ExceptionInfo | None, theirs: ExceptionInfo | None) -> bool:
    """Of one type, and alike in what torch says, where `a * b` and `b * a` name the two sizes in another order.

    What a learner raises is said in the learner's own words: there the type is enough.
    """
    if mine is None or theirs is None:
        return False
    own_words = bool(mine.frames) and mine.frames[-1].code.startswith("raise ")
    return mine.type == theirs.type and (own_words or sorted(mine.message.split()) == sorted(theirs.message.split()))


def same_kind_of_error(mine: ExceptionInfo | None, theirs: ExceptionInfo | None) -> bool:
    """The same, whatever sizes the two speak of, and however Python or torch words it."""
    if mine is None or theirs is None or mine.type != theirs.type:
        return False
    return same_error(mine, theirs) or _WORDING.sub("", mine.message) == _WORDING.sub("", theirs.message)


def _identities(case: Case, seen: Seen, expected: Seen, setting: Setting) -> set[tuple[str, str]]:
    return {(m.observation, m.what) for m in mismatches_of(case, seen, expected, setting)}


def _same_costs(mine: dict[str, Leaf], theirs: dict[str, Leaf], expected: dict[str, Leaf]) -> bool:
    """Costs need not be equal: both meet the bound, or both exceed it."""

    def exceeds(leaf: Leaf | None, bound: Bound) -> bool:
        return isinstance(leaf, Bound) and leaf.value > bound.limit

    bounds = {path: leaf for path, leaf in expected.items() if isinstance(leaf, Bound)}
    return all(exceeds(mine.get(path), bound) == exceeds(theirs.get(path), bound) for path, bound in bounds.items())


def without_costs(leaves: dict[str, Leaf]) -> dict[str, Leaf]:
    """The observations that must agree in value."""
    return {path: leaf for path, leaf in leaves.items() if not isinstance(leaf, Bound)}
