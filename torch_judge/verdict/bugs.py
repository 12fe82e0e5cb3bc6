"""A debug problem: which of the starter's bugs are still there, read off their probes."""

from __future__ import annotations

from torch_judge.bank import Edit
from torch_judge.errors import ProblemError
from torch_judge.observe import Setting
from torch_judge.report import Diagnosis
from torch_judge.verdict.alike import Evidence, agreement, alike
from torch_judge.verdict.diagnose import diagnose
from torch_judge.verdict.known import Known, KnownMistake


def remaining(known: Known, evidence: Evidence, setting: Setting, edits: tuple[Edit, ...]) -> tuple[Diagnosis, ...]:
    """What is still wrong: for each probe that fails, its bug or the wrong mend that it shows; else nothing.

    One wrong mend that explains every failing case is the answer; without a failing probe, mistakes are looked for as
    in any problem. A probe that fails in a way that nobody knows gets no name.
    """
    failing = [bug for bug in known.bugs if bug.probe in evidence.failed]
    if not failing:
        return diagnose(known, evidence, setting, edits)
    for mend in known.mistakes:
        if agreement(known, mend, evidence, setting, edits) == evidence.failed:
            return (Diagnosis(mend.id, mend.message, _in_order(known, evidence.failed)),)
    found = {bug.probe: _shown_by(known, bug, evidence, setting, edits) for bug in failing}
    return tuple(Diagnosis(what.id, what.message, (probe,)) for probe, what in found.items() if what is not None)


def mended(known: Known, evidence: Evidence) -> tuple[int, int] | None:
    """How many of the bugs are gone, and how many there were; None where a probe did not run to its end."""
    seen = [evidence.seen.get(bug.probe) for bug in known.bugs]
    if not seen or any(one is None or one.exception or one.stopped for one in seen):
        return None
    return sum(bug.probe not in evidence.failed for bug in known.bugs), len(seen)


def _shown_by(
    known: Known, bug: KnownMistake, evidence: Evidence, setting: Setting, edits: tuple[Edit, ...]
) -> KnownMistake | None:
    """The bug of a failing probe, or the first wrong mend that fails it alike and breaks no probe that passes."""
    probe = known.case(bug.probe)
    passing = [known.case(other.probe) for other in known.bugs if other.probe not in evidence.failed]
    for what in (bug, *known.mistakes):
        try:
            theirs = known.mistaken(what, probe, setting.seed, edits)
            if not known.fails(what, probe, setting.seed, edits):
                continue
            if not alike(probe, evidence.seen[probe.name], theirs, evidence.expected[probe.name], setting):
                continue
            if not any(known.fails(what, case, setting.seed, edits) for case in passing):
                return what
        except ProblemError:  # it edits what this reading has edited already
            continue
    return None


def _in_order(known: Known, names: frozenset[str]) -> tuple[str, ...]:
    return tuple(case.name for case in known.cases if case.name in names)
