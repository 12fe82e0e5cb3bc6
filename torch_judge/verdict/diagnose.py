"""Which known mistake explains the failing cases."""

from __future__ import annotations

from dataclasses import dataclass

from torch_judge.bank import Edit
from torch_judge.cases.authoring import Case
from torch_judge.cases.compare import compare_kept, compare_observations
from torch_judge.cases.observations import Bound, Leaf, Seen
from torch_judge.errors import ProblemError
from torch_judge.observe import Setting
from torch_judge.report import Diagnosis, ExceptionInfo
from torch_judge.verdict.known import Known, KnownMistake
from torch_judge.verdict.one_case import mismatches_of

LOOSER = 10.0
"""Agreement with a mistake is judged at ten times the tolerance: the same mistake, computed in another order."""


@dataclass(frozen=True)
class Evidence:
    """What is known about the learner: per case what was seen, what was expected, and which cases failed."""

    seen: dict[str, Seen]
    expected: dict[str, Seen]
    failed: frozenset[str]


def diagnose(known: Known, evidence: Evidence, setting: Setting, edits: tuple[Edit, ...]) -> tuple[Diagnosis, ...]:
    """Mistakes that fail the same cases and agree with the learner in each of them.

    If no single mistake does, those that fail fewer cases and agree with the learner in each of theirs: a learner may
    have made two mistakes that do not meet. Where no case passes, that says nothing: a blank body agrees with much.
    """
    complete = all(case.name in evidence.seen for case in known.cases)
    found: list[tuple[KnownMistake, frozenset[str]]] = []
    for mistake in known.mistakes:
        failed = agreeing(known, mistake, evidence, setting, edits)
        found += [(mistake, failed)] if failed else []
        if complete and failed == evidence.failed:
            return (_diagnosis(known, mistake, failed),)
    if not complete:  # a look at one case hardly tells mistakes apart
        found = [(mistake, failed) for mistake, failed in found if failed == evidence.failed]
        return tuple(_diagnosis(known, *one) for one in found) if len(found) == 1 else ()
    if len(evidence.failed) == len(known.cases):
        return ()
    return tuple(_diagnosis(known, mistake, failed) for mistake, failed in _cover(found))


def agreeing(
    known: Known, mistake: KnownMistake, evidence: Evidence, setting: Setting, edits: tuple[Edit, ...]
) -> frozenset[str]:
    """The cases that the mistake fails, if the learner fails them alike; else nothing."""
    failed: set[str] = set()
    weighty = False
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
        if not alike(case, evidence.seen[case.name], theirs, evidence.expected[case.name], setting):
            return frozenset()
        failed.add(case.name)
        weighty = weighty or theirs.exception is None
    return frozenset(failed) if weighty or frozenset(failed) == evidence.failed else frozenset()


def alike(case: Case, mine: Seen, theirs: Seen, expected: Seen, setting: Setting) -> bool:
    """Whether two failures of a case are the same failure."""
    if mine.stopped or theirs.stopped:
        return False
    if mine.exception or theirs.exception:
        return _same_error(mine.exception, theirs.exception)
    if case.verify is not None:
        return _identities(case, mine, expected, setting) == _identities(case, theirs, expected, setting)
    if not _same_costs(mine.observations, theirs.observations, expected.observations):
        return False
    a_values, b_values = _without_costs(mine.observations), _without_costs(theirs.observations)
    widen = LOOSER * case.widen
    return (
        a_values.keys() == b_values.keys()
        and not compare_observations(a_values, b_values, device=setting.device, widen=widen)
        and not compare_kept(mine, theirs, widen=widen)
    )


def _same_error(mine: ExceptionInfo | None, theirs: ExceptionInfo | None) -> bool:
    """Of one type, and alike in what torch says, where `a * b` and `b * a` name the two sizes in another order.

    What a learner raises is said in the learner's own words: there the type is enough.
    """
    if mine is None or theirs is None:
        return False
    own_words = bool(mine.frames) and mine.frames[-1].code.startswith("raise ")
    return mine.type == theirs.type and (own_words or sorted(mine.message.split()) == sorted(theirs.message.split()))


def _identities(case: Case, seen: Seen, expected: Seen, setting: Setting) -> set[tuple[str, str]]:
    return {(m.observation, m.what) for m in mismatches_of(case, seen, expected, setting)}


def _same_costs(mine: dict[str, Leaf], theirs: dict[str, Leaf], expected: dict[str, Leaf]) -> bool:
    """Costs need not be equal: both meet the bound, or both exceed it."""

    def exceeds(leaf: Leaf | None, bound: Bound) -> bool:
        return isinstance(leaf, Bound) and leaf.value > bound.limit

    bounds = {path: leaf for path, leaf in expected.items() if isinstance(leaf, Bound)}
    return all(exceeds(mine.get(path), bound) == exceeds(theirs.get(path), bound) for path, bound in bounds.items())


def _without_costs(leaves: dict[str, Leaf]) -> dict[str, Leaf]:
    return {path: leaf for path, leaf in leaves.items() if not isinstance(leaf, Bound)}


def _cover(partial: list[tuple[KnownMistake, frozenset[str]]]) -> list[tuple[KnownMistake, frozenset[str]]]:
    """At most two partial explanations, the widest first, the second only for what the first leaves open."""
    chosen: list[tuple[KnownMistake, frozenset[str]]] = []
    for mistake, failed in sorted(partial, key=lambda p: -len(p[1])):
        if len(chosen) < 2 and all(not failed & other for _, other in chosen):
            chosen.append((mistake, failed))
    return chosen


def _diagnosis(known: Known, mistake: KnownMistake, failed: frozenset[str]) -> Diagnosis:
    return Diagnosis(mistake.id, mistake.message, tuple(c.name for c in known.cases if c.name in failed))
