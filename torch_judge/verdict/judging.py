"""A problem and a submission in, a report out. Shows nothing and stores nothing."""

from __future__ import annotations

import contextlib
import platform
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from typing import Any

import torch

from torch_judge import surroundings
from torch_judge.bank import Edit, Problem
from torch_judge.cases.authoring import Case
from torch_judge.cases.observations import Seen
from torch_judge.errors import JudgeError
from torch_judge.guard import patches
from torch_judge.guard.concepts import matcher
from torch_judge.guard.names import Defined, globals_of
from torch_judge.guard.source import Findings, scan_live
from torch_judge.observe import NOT_RUN, Setting, clean_state, observe, observe_case
from torch_judge.report import CaseResult, Diagnosis, Report, Violation
from torch_judge.verdict.alike import Evidence
from torch_judge.verdict.alone import rebuilt, told_alone
from torch_judge.verdict.bugs import mended, remaining
from torch_judge.verdict.diagnose import diagnose
from torch_judge.verdict.facts import returned_nothing, seen_facts, unwritten
from torch_judge.verdict.known import Known, known
from torch_judge.verdict.one_case import drawn, plain_result

CASE_LIMIT_S = 5.0
"""A case takes milliseconds; a learner's that takes longer than this in a kernel does not end."""

BUDGET_S = 15.0
"""What a practice check may take in all once a case has failed."""
TIMED_S, TIMES = 0.02, 2
"""The reference is timed, so often, if the first case took no longer than this: nobody must wait for a mere figure."""

GUARD_CASE = "no forbidden API"
DEVICES = ("cpu", "cuda", "mps")


@dataclass(frozen=True)
class Outcome:
    """The verdict over all cases under one reading."""

    results: tuple[CaseResult, ...]
    diagnosis: tuple[Diagnosis, ...] = ()
    notes: tuple[str, ...] = ()
    mended: tuple[int, int] | None = None


def judge_live(
    problem: Problem, candidate: Any, *, seed: int = 0, device: str = "cpu", case: int | str | None = None
) -> Report:
    """Judge a live object in this process: a practice verdict.

    It does not depend on what the notebook left on: torch has its usual settings and its own functions meanwhile.
    Raises JudgeError if nothing can be judged: an absent device, an unknown case, a problem at fault.
    """
    left_on = surroundings.unusual()
    with patches.torchs_own() as replaced, clean_state():
        report = _judged_live(problem, candidate, seed, device, case)
    return replace(report, notes=(*report.notes, *surroundings.note_of(left_on), *patches.note_of(replaced)))


def _judged_live(problem: Problem, candidate: Any, seed: int, device: str, case: int | str | None) -> Report:
    started = time.perf_counter()
    bank_known = known(problem)
    setting = Setting(problem.id, seed, checked_device(device), problem.forbidden, CASE_LIMIT_S)
    cases = judged(bank_known.cases if case is None else (bank_known.case(case),), device)
    report = Report(problem.id, False, seed, device, versions=versions())
    if replaced := sorted(patches.patched()):
        violations = tuple(Violation(name, "patched") for name in replaced)
        note = "Put back what your code replaced, or restart the kernel; then check again."
        return replace(report, violations=violations, notes=(note,), cases=(guard_case(violations),))
    for one in cases:  # before the candidate runs: it cannot disturb what is expected
        bank_known.expected(one, seed)
    findings = scan_live(candidate, matcher(problem.forbidden))
    seen = _within_budget(bank_known, cases, candidate, setting)
    seen += [Seen("", evidence=tuple(Violation(name, "patched") for name in sorted(patches.patched())))]
    report = concluded(report, bank_known, cases, seen, setting, findings, started)
    if report.accepted:
        return _with_cost(report, bank_known) if case is None else report
    if findings.entry is None:
        return report
    anew = cache(partial(rebuilt, findings.entry, problem.entry, globals_of(candidate)))  # it is seldom asked for
    return told_alone(report, bank_known, setting, findings.entry, lambda case: anew()(case, setting))


def _within_budget(bank_known: Known, cases: Sequence[Case], candidate: Any, setting: Setting) -> list[Seen]:
    """What the cases saw. Once a case has failed, however the statement is read, slow work gets BUDGET_S in all."""
    began = time.perf_counter()
    seen: list[Seen] = []
    readings = ((), *(reading.edits for reading in bank_known.problem.readings))
    with contextlib.closing(observe(cases, candidate, setting)) as running:
        for one in running:
            seen.append(one)
            if time.perf_counter() - began < BUDGET_S or len(seen) == len(cases):
                continue
            by_name, done = {s.case: s for s in seen}, cases[: len(seen)]
            if all(_failures(_results(bank_known, done, by_name, setting, edits)) for edits in readings):
                break
    why = f"{NOT_RUN}a case had failed and the check had taken {BUDGET_S:g} s"
    return seen + [Seen(case.name, stopped=why) for case in cases[len(seen) :]]


def _with_cost(report: Report, bank_known: Known) -> Report:
    """With what the first case took, and takes with the reference; beside slow work the reference is not timed."""
    yours = report.cases[0].seconds
    if report.device != "cpu" or yours > TIMED_S:
        return report
    return replace(report, yours_s=yours, reference_s=_reference_s(bank_known.problem, report.seed))


@lru_cache(maxsize=64)
def _reference_s(problem: Problem, seed: int) -> float:
    """What the first case takes with the reference, watched as a candidate is, measured once."""
    setting, case = Setting(problem.id, seed, forbidden=problem.forbidden), known(problem).cases[0]
    return min(observe_case(case, known(problem).reference(), setting).seconds for _ in range(TIMES))


def concluded(
    report: Report,
    bank_known: Known,
    cases: Sequence[Case],
    seen: Sequence[Seen],
    setting: Setting,
    findings: Findings,
    started: float,
) -> Report:
    """The report on what was seen: verdicts, violations, diagnosis."""
    outcome = weighed(bank_known, cases, {s.case: s for s in seen}, setting, findings.entry)
    violations = merged([*findings.violations, *(v for s in seen for v in s.evidence)])
    rows = (*outcome.results, *skipped_rows(bank_known.cases, setting.device))
    if bank_known.problem.forbidden or violations:
        rows = (*rows, guard_case(violations, ran=any(s.observations for s in seen)))
    return replace(
        report,
        accepted=all(row.passed or row.skipped for row in rows) and any(row.passed for row in rows),
        cases=rows,
        violations=violations,
        diagnosis=outcome.diagnosis,
        mended=outcome.mended,
        notes=(*report.notes, *outcome.notes, *findings.notes),
        duration_s=time.perf_counter() - started,
    )


def weighed(
    bank_known: Known, cases: Sequence[Case], seen: dict[str, Seen], setting: Setting, written: Defined | None = None
) -> Outcome:
    """Try the reference, then each reading over all cases; of several that fail, keep the one nearest to passing."""
    problem = bank_known.problem
    base = _results(bank_known, cases, seen, setting, ())
    best: tuple[tuple[CaseResult, ...], tuple[Edit, ...]] = (base, ())
    if not all(r.passed for r in base):
        for reading in problem.readings:
            results = _results(bank_known, cases, seen, setting, reading.edits, base)
            if all(r.passed for r in results):
                return Outcome(results, notes=(reading.note,))
            if _failures(results) < _failures(best[0]):
                best = results, reading.edits
    results, edits = best
    failed = frozenset(r.name for r in results if not r.passed)
    if not failed:
        return Outcome(results)
    expected = {case.name: bank_known.expected(case, setting.seed, edits) for case in cases}
    rows = zip(results, cases, strict=True)
    results = tuple(drawn(row, case, seen[case.name], expected[case.name]) for row, case in rows)
    evidence = Evidence(seen, expected, failed)
    if bank_known.bugs:
        found = remaining(bank_known, evidence, setting, edits)
        return Outcome(results, found, mended=mended(bank_known, evidence))
    if written and (nothing := unwritten(problem, written, results)):
        return Outcome(results, (nothing,))
    found = diagnose(bank_known, evidence, setting, edits)
    told = {name for diagnosis in found for name in diagnosis.cases}
    facts = tuple(fact for fact in seen_facts(results) if not told & set(fact.cases))
    return Outcome(results, (*facts, *found) or returned_nothing(results))


def _results(
    bank_known: Known,
    cases: Sequence[Case],
    seen: dict[str, Seen],
    setting: Setting,
    edits: tuple[Edit, ...],
    base: Sequence[CaseResult] = (),
) -> tuple[CaseResult, ...]:
    """The results under a reading's edits; ``base`` are those without, which hold where the edits change nothing."""

    def result(place: int, case: Case) -> CaseResult:
        if base and bank_known.unmoved(case, setting.seed, edits):
            return base[place]
        expected = bank_known.expected(case, setting.seed, edits)
        return plain_result(case, seen[case.name], expected, setting, bank_known.problem)

    return tuple(result(place, case) for place, case in enumerate(cases))


def _failures(results: Iterable[CaseResult]) -> int:
    return sum(not r.passed for r in results)


def judged(cases: Iterable[Case], device: str) -> tuple[Case, ...]:
    """The cases that can be judged on a device: MPS has no float64."""
    return tuple(c for c in cases if not (c.float64 and device == "mps"))


def skipped_rows(cases: Iterable[Case], device: str) -> tuple[CaseResult, ...]:
    """The cases that cannot be judged on a device, as rows that say why."""
    why = "float64 does not exist on MPS"
    return tuple(CaseResult(c.name, c.kind, False, skipped=why) for c in cases if c.float64 and device == "mps")


def guard_case(violations: Sequence[Violation], ran: bool = True) -> CaseResult:
    """The guard's own row. Where no case ran to its end there was nothing to see, which is no pass."""
    if not violations and not ran:
        return CaseResult(GUARD_CASE, "forbidden", False, skipped="no case ran to its end")
    message = ""
    if violations:
        first = violations[0]
        message = f"`{first.api}` is not allowed here" + (f": {first.line}" if first.line else "") + "."
    return CaseResult(GUARD_CASE, "forbidden", not violations, message=message)


def merged(violations: Iterable[Violation]) -> tuple[Violation, ...]:
    """Each API once per witness, the ones with a line of the learner's first."""
    unique = {(v.api, v.witness): v for v in sorted(violations, key=lambda v: bool(v.line))}
    return tuple(sorted(unique.values(), key=lambda v: not v.line))


def checked_device(device: str) -> str:
    """``device`` if it is there; raises JudgeError otherwise."""
    if device not in DEVICES:
        raise JudgeError(f"The device `{device}` is unknown.", f"Use one of {', '.join(DEVICES)}.")
    if device == "cuda" and not torch.cuda.is_available():
        raise JudgeError("There is no CUDA device here.", 'Use `device="cpu"`, or switch the runtime to a GPU.')
    if device == "mps" and not torch.backends.mps.is_available():
        raise JudgeError("There is no MPS device here.", 'Use `device="cpu"`.')
    return device


@lru_cache(maxsize=1)
def _versions() -> tuple[tuple[str, str], ...]:
    from torch_judge import __version__

    return (("torch_judge", __version__), ("torch", torch.__version__), ("python", platform.python_version()))


def versions() -> dict[str, str]:
    """What judged."""
    return dict(_versions())
