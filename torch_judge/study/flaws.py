"""Which mistakes can be shown, and which may stand beside one as answers to "what is wrong with this code?"."""

from __future__ import annotations

import random

from torch_judge.cases.authoring import Case
from torch_judge.report import CaseResult
from torch_judge.study.places import Flawed
from torch_judge.verdict.judging import judge_live
from torch_judge.verdict.known import Known, KnownMistake, execute
from torch_judge.verdict.one_case import RAISES
from torch_judge.verdict.partly import Point, wrong_alike

SEED = 0
BESIDE = 3
"""How many wrong sentences stand beside the right one."""


def drillable(known: Known) -> tuple[KnownMistake, ...]:
    """The mistakes that can be shown as edits of the reference, a debug problem's bugs among them."""
    return tuple(mistake for mistake in (*known.bugs, *known.mistakes) if mistake.edits)


def flawed(known: Known, mistake: KnownMistake) -> Flawed:
    """The reference with a mistake in it."""
    return Flawed(known.problem.solution, known.problem.edited(*mistake.edits))


def points(known: Known, mistake: KnownMistake) -> frozenset[Point]:
    """Everything that a mistake has wrong: a case, and an observation in it."""
    return frozenset((case.name, path) for case in known.cases for path in known.wrong(mistake, case, SEED))


def distractors(known: Known, mistake: KnownMistake, dice: random.Random) -> tuple[KnownMistake, ...]:
    """Mistakes whose sentences are not true of this one's code, those made in other places first.

    They are looked for in an order drawn by ``dice``; BESIDE of them, or fewer if there are not as many.
    """
    others = [other for other in drillable(known) if other is not mistake]
    dice.shuffle(others)
    places = flawed(known, mistake).places
    found: list[KnownMistake] = []
    for other in sorted(others, key=lambda other: bool(places & flawed(known, other).places)):
        if len(found) == BESIDE:
            break
        if all(other.message != one.message for one in (mistake, *found)) and not confusable(known, mistake, other):
            found.append(other)
    return tuple(found)


def confusable(known: Known, mistake: KnownMistake, other: KnownMistake) -> bool:
    """Whether what is said of ``other`` could be said of ``mistake``'s code, too.

    It could where they share an edit, where they are wrong alike anywhere, or where the code is wrong wherever that one
    is: code with that in it would fail what finds that.
    """
    if set(mistake.edits) & set(other.edits) or flawed(known, mistake).new & flawed(known, other).new:
        return True
    if apart(known, mistake, other) is None:
        return True
    return any(_alike(known, mistake, other, point) for point in points(known, mistake) & points(known, other))


def apart(known: Known, mistake: KnownMistake, other: KnownMistake) -> Point | None:
    """What code with ``other`` in it has wrong and ``mistake``'s code has right, a whole case if possible."""
    mine = points(known, mistake)
    raising = {name for name, path in mine if path == RAISES}  # there, nothing else could be seen
    found = [p for p in sorted(points(known, other)) if p not in mine and p[0] not in raising]
    failing = {name for name, _ in mine}
    return min(found, key=lambda point: point[0] in failing, default=None)


def evidence(known: Known, mistake: KnownMistake) -> CaseResult:
    """What a case that the mistake fails says of it: a bug's probe, else one with values rather than an error.

    It is judged as a learner's own code would be: a reading may forgive it one case, and it may remember earlier ones.
    """
    problem = known.problem
    entry = execute(problem.edited(*mistake.edits), "<drill>", problem.id)[problem.entry]
    return min(judge_live(problem, entry, seed=SEED).failed, key=lambda result: _rank(mistake, result))


def _rank(mistake: KnownMistake, result: CaseResult) -> tuple[bool, bool, bool]:
    pictured = any(mismatch.heat or mismatch.actual for mismatch in result.mismatches)
    return result.name != mistake.probe, not result.mismatches, not pictured


def _alike(known: Known, mistake: KnownMistake, other: KnownMistake, point: Point) -> bool:
    case: Case = known.case(point[0])
    one, two = known.mistaken(mistake, case, SEED), known.mistaken(other, case, SEED)
    return wrong_alike(case, point[1], one, two, known.expected(case, SEED))
