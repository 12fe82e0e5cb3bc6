"""What the marks of a class say about each problem: difficulty, discrimination, mistakes, kinds, seconds."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from torch_judge.classroom.marks import Mark
from torch_judge.classroom.words import ACCEPTED, CRASHED, MISSING, OVER_LIMIT, REJECTED

ENOUGH = 20
"""Under so many students a correlation says nothing."""
NONE_KNOWN = "none that we know"
FORBIDDEN = "a forbidden API was used"


@dataclass
class Item:
    """One problem in numbers.

    ``difficulty`` is the mean share of the points (1: everybody has all of them). ``discrimination`` is the corrected
    item-total correlation: of the share with the mean share on the other problems. None where nothing can be said.
    ``mistakes`` counts students by the sentence of the mistake, ``kinds`` by the kind of case that failed.
    """

    problem: str
    handed_in: int = 0
    accepted: int = 0
    difficulty: float | None = None
    discrimination: float | None = None
    seconds: float | None = None
    statuses: Counter[str] = field(default_factory=Counter)
    mistakes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)


def items(problems: Sequence[str], marks: Iterable[Mark]) -> list[Item]:
    """Every problem in numbers, in the given order."""
    by: dict[str, list[Mark]] = defaultdict(list)
    shares: dict[str, dict[str, float]] = defaultdict(dict)
    for mark in marks:
        by[mark.problem].append(mark)
        if mark.share is not None:
            shares[mark.student][mark.problem] = mark.share
    return [_item(problem, by[problem], shares) for problem in problems]


def _item(problem: str, marks: Sequence[Mark], shares: Mapping[str, Mapping[str, float]]) -> Item:
    item = Item(problem)
    item.statuses = Counter(mark.status for mark in marks)
    item.handed_in = sum(count for status, count in item.statuses.items() if status != MISSING)
    item.accepted = item.statuses[ACCEPTED]
    own = [share[problem] for share in shares.values() if problem in share]
    item.difficulty = statistics.fmean(own) if own else None
    item.discrimination = _discrimination(problem, shares)
    seconds = [mark.judgement.seconds for mark in marks if mark.judgement and mark.judgement.seconds]
    item.seconds = statistics.median(seconds) if seconds else None
    for mark in marks:
        if mark.status in (REJECTED, CRASHED, OVER_LIMIT) and (report := mark.report) is not None:
            told = list(dict.fromkeys(d.message for d in report.diagnosis))
            item.mistakes.update(told or ([FORBIDDEN] if report.violations else [NONE_KNOWN]))
            item.kinds.update({case.kind for case in report.failed})
    return item


def _discrimination(problem: str, shares: Mapping[str, Mapping[str, float]]) -> float | None:
    pairs = [
        (share[problem], statistics.fmean(rest))
        for share in shares.values()
        if problem in share and (rest := [s for other, s in share.items() if other != problem])
    ]
    return correlation(pairs) if len(pairs) >= ENOUGH else None


def correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Pearson's correlation; None where one side does not vary."""
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    mx, my = statistics.fmean(xs), statistics.fmean(ys)
    over = math.fsum((x - mx) * (y - my) for x, y in pairs)
    under = math.sqrt(math.fsum((x - mx) ** 2 for x in xs) * math.fsum((y - my) ** 2 for y in ys))
    return over / under if under > 1e-12 else None


def counted(marks: Iterable[Mark]) -> Counter[str]:
    """How many hand-ins have each status; `missing` ones are none."""
    return Counter(mark.status for mark in marks if mark.status != MISSING)
