"""The mutants of the reference, judged as a learner's solution would be, and those that survive."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from torch_judge.audit.findings import Exam
from torch_judge.audit.mutants import Mutant, mutants
from torch_judge.bank import Equivalent
from torch_judge.cases.authoring import Case
from torch_judge.errors import ProblemError
from torch_judge.guard.concepts import matcher
from torch_judge.guard.source import scan_live
from torch_judge.observe import clean_state

SEEDS = (0, 1, 2)
"""A mutant survives if all of these seeds let it pass."""


@dataclass
class Tally:
    """What became of the mutants, and what an author has to do about it."""

    made: int = 0
    killed: int = 0
    equivalent: list[Mutant] = field(default_factory=list)
    surviving: list[Mutant] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def judge_mutants(exam: Exam) -> Tally:
    """Judge every mutant; the survivors must be those that problem.toml lists as equivalent, and no others."""
    tally = Tally()
    cases = list(exam.known.cases)
    used: set[Equivalent] = set()
    for mutant in mutants(exam.problem.solution, exam.problem.entry):
        tally.made += 1
        if not survives(exam, mutant, cases):
            tally.killed += 1
            continue
        listed = [e for e in exam.problem.equivalent if like(e, mutant.was, mutant.now)]
        used.update(listed)
        (tally.equivalent if listed else tally.surviving).append(mutant)
    tally.failures += [_paste(mutant) for mutant in tally.surviving]
    tally.failures += _bad_records(exam, used)
    return tally


def survives(exam: Exam, mutant: Mutant, cases: list[Case]) -> bool:
    """Whether the judge accepts a mutant. A case that rejects it moves to the front of ``cases``: it tends to again."""
    try:
        with clean_state():
            candidate = exam.entry(mutant.source, "mutant")
            rejecting = None
            for seed in SEEDS:
                rejecting = rejecting or exam.rejecting(candidate, cases, seed)
    except (ProblemError, SystemExit):
        return False
    if rejecting is not None:
        cases.remove(rejecting)
        cases.insert(0, rejecting)
        return False
    return not scan_live(candidate, matcher(exam.problem.forbidden)).violations


def like(listed: Equivalent, was: str, now: str) -> bool:
    """Whether a record of `[[equivalent]]` speaks of this change; `…` in it stands for any text."""
    return all(
        re.fullmatch(".*".join(map(re.escape, pattern.split("…"))), text)
        for pattern, text in ((listed.was.strip(), was), (listed.now.strip(), now))
    )


def _paste(mutant: Mutant) -> str:
    return (
        f"A mutant survives (line {mutant.line}, {mutant.operator}). Add a case that it fails, or, if it is no "
        f"mistake, list it in problem.toml:\n{_record(mutant.was, mutant.now)}"
    )


def _record(was: str, now: str) -> str:
    return f'[[equivalent]]\nwas = {_quoted(was)}\nnow = {_quoted(now)}\nwhy = "…"'


def _quoted(text: str) -> str:
    """A TOML string."""
    if "'" not in text:
        return f"'{text}'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _bad_records(exam: Exam, used: set[Equivalent]) -> Iterator[str]:
    for listed in exam.problem.equivalent:
        record = f"problem.toml lists {_quoted(listed.was)} to {_quoted(listed.now)} as equivalent"
        if not listed.why.strip(" …."):
            yield f"{record} without a reason. Say why no learner can tell."
        if not (listed.was + listed.now).strip(" …"):
            yield f"{record}, which is every mutant. Name the line."
        if listed not in used and listed.was not in ("exploit", "argument"):
            yield f"{record}, but no surviving mutant is. Remove the record."
