"""Which known mistakes explain the failing cases."""

from __future__ import annotations

import itertools

from torch_judge.bank import Edit
from torch_judge.observe import Setting
from torch_judge.report import Diagnosis
from torch_judge.verdict.alike import Evidence, agreement, closeness
from torch_judge.verdict.known import Known, KnownMistake
from torch_judge.verdict.partly import Part, cover, largest, numberless, part_of, points_of

TOGETHER = 6
"""How many mistakes that partly agree are tried in pairs."""
BESIDE_ANY = 2
"""How many of them are tried together with every other mistake."""


def diagnose(known: Known, evidence: Evidence, setting: Setting, edits: tuple[Edit, ...]) -> tuple[Diagnosis, ...]:
    """The mistakes that explain the failing cases, the surest first.

    A mistake that fails the same cases and agrees with the learner in each of them is the answer. If there is none, the
    learner may have made two: two that do not meet, then two made together, then one whose trace is plain beside
    something that nobody knows.
    """
    work = _Search(known, evidence, setting, edits)
    exact = work.exact(known.mistakes)
    if exact is not None:
        return work.told([(exact, evidence.failed)])
    if not work.complete:  # a look at one case hardly tells mistakes apart
        return ()
    points = points_of(known, evidence, setting)
    if 2 * len(evidence.failed) > len(known.cases) and numberless(points, evidence):
        return ()
    found = (part_of(known, mistake, evidence, points, setting, edits) for mistake in known.mistakes)
    parts = [part for part in found if part is not None]
    if covered := cover(parts, points):
        return work.told([(part.mistake, part.cases) for part in covered])
    if pair := work.pair(parts):
        return work.told([(mistake, evidence.failed) for mistake in pair])
    return work.told([(part.mistake, part.whole) for part in largest(parts, evidence, len(known.cases))])


class _Search:
    """One learner's evidence, and the mistakes that are held against it."""

    def __init__(self, known: Known, evidence: Evidence, setting: Setting, edits: tuple[Edit, ...]) -> None:
        self.known, self.evidence, self.setting, self.edits = known, evidence, setting, edits
        self.complete = all(case.name in evidence.seen for case in known.cases)

    def exact(self, mistakes: tuple[KnownMistake, ...]) -> KnownMistake | None:
        """The mistake that explains everything; of several, the nearest (of one case alone, only a single one)."""
        found: dict[KnownMistake, tuple[int, float]] = {}
        for mistake in mistakes:
            if agreement(self.known, mistake, self.evidence, self.setting, self.edits) != self.evidence.failed:
                continue
            found[mistake] = closeness(self.known, mistake, self.evidence, self.setting, self.edits)
            if self.complete and found[mistake] == (0, 0.0):  # number for number: no other can be nearer
                return mistake
        if not self.complete and len(found) > 1:
            return None
        return min(found, key=lambda m: found[m], default=None)

    def pair(self, parts: list[Part]) -> tuple[KnownMistake, KnownMistake] | None:
        """Two mistakes that explain everything when made together: one that partly agrees, or is common, and any."""
        best = sorted(parts, key=lambda part: -len(part.points))[:TOGETHER]
        pairs = list(itertools.combinations([part.mistake for part in best], 2))
        beside_any = [part.mistake for part in best[:BESIDE_ANY]] + [m for m in self.known.mistakes if m.common]
        pairs += [(one, other) for one in beside_any for other in self.known.mistakes if other is not one]
        for one, other in pairs:
            both = self.known.together(one, other)
            if both is not None and self.exact((both,)) is not None:
                return one, other
        return None

    def told(self, found: list[tuple[KnownMistake, frozenset[str]]]) -> tuple[Diagnosis, ...]:
        """Mistakes and the cases that each explains, as the report has them."""
        names = [case.name for case in self.known.cases]
        return tuple(Diagnosis(m.id, m.message, tuple(n for n in names if n in cases)) for m, cases in found)
