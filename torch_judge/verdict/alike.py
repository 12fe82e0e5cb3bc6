"""Whether a learner's failure and a known mistake's are the same failure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from torch_judge.bank import Edit
from torch_judge.cases.authoring import Case
from torch_judge.cases.compare import compare_kept, compare_observations
from torch_judge.cases.observations import Bound, Leaf, Seen
from torch_judge.errors import ProblemError
from torch_judge.observe import Setting
from torch_judge.report import ExceptionInfo
from torch_judge.verdict.agree import LOOSER, agree, alike_but_for_values, computed_in_float32
from torch_judge.verdict.known import Known, KnownMistake
from torch_judge.verdict.one_case import mismatches_of

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
        if case.name not in evidence.failed:
            return frozenset()
        chance = known.by_chance(mistake, case, setting.seed, edits)
        mine, expected = evidence.seen[case.name], evidence.expected[case.name]
        whole = alike(case, mine, theirs, expected, setting)
        if not whole and not (chance and alike(case, mine, theirs, expected, setting, chance)):
            return frozenset()
        failed.add(case.name)
        # Chance alone is no evidence; that it fell alike is.
        told = whole or known.wrong(mistake, case, setting.seed, edits) - chance
        sure = sure or (theirs.exception is None and bool(told))
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


def alike(
    case: Case, mine: Seen, theirs: Seen, expected: Seen, setting: Setting, chance: frozenset[str] = frozenset()
) -> bool:
    """Whether two failures of a case are the same failure. The numbers of what is up to ``chance`` need not agree."""
    if mine.stopped or theirs.stopped:
        return False
    if mine.exception or theirs.exception:
        return same_kind_of_error(mine.exception, theirs.exception)
    if case.verify is not None:
        return _identities(case, mine, expected, setting) == _identities(case, theirs, expected, setting)
    if not _same_costs(mine.observations, theirs.observations, expected.observations):
        return False
    a, b, right = without_costs(mine.observations), without_costs(theirs.observations), expected.observations
    few_digits = computed_in_float32(a, right)
    return (
        a.keys() == b.keys()
        and all(
            agree(path, a[path], b[path], right.get(path), case.widen, device=setting.device, few_digits=few_digits)
            or (path in chance and alike_but_for_values(path, a[path], b[path], device=setting.device))
            for path in b
        )
        and not compare_kept(mine, theirs, widen=LOOSER * case.widen)
    )


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
