"""The reference, the starter, the variants, the mistakes and the readings: each must get the verdict it deserves."""

from __future__ import annotations

import contextlib
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from torch_judge.audit.findings import Exam, Findings, complaint
from torch_judge.bank import HISTORY, Reading
from torch_judge.cases.observations import Container, Leaf, Seen, TensorLeaf, identical, same_seen
from torch_judge.errors import ProblemError
from torch_judge.observe import Setting, clean_state, observe, observe_case
from torch_judge.report import Report
from torch_judge.verdict.alike import alike
from torch_judge.verdict.judging import judge_live
from torch_judge.verdict.known import KnownMistake

MISTAKE_SEEDS = 20
"""A mistake that twenty seeds reject is rejected; right work is tried at every seed that was asked for."""


def check_reference(exam: Exam) -> Findings:
    """The reference is accepted, without a violation and without a reading's note, at every seed."""
    found = Findings()
    solution = exam.entry(exam.problem.solution, "solution")
    for seed in exam.seeds:
        report = judge_live(exam.problem, solution, seed=seed)
        if not report.accepted:
            found.note([f"The reference is not accepted at seed {seed}: {complaint(report)} Mend it or the case."])
        elif report.notes:
            found.note([f"The reference is accepted with a note: {report.notes[0]} Remove what causes it."])
        else:
            found.note([])
    return found


def check_cases(exam: Exam) -> Findings:
    """Names are unique; every case observes something, and the same thing twice."""
    found = Findings()
    names = Counter(case.name for case in exam.known.cases)
    for case in exam.known.cases:
        failures = []
        if names[case.name] > 1:
            failures.append(f"The case name {case.name!r} is used {names[case.name]} times. Rename one.")
        solution, setting = exam.known.reference(), Setting(exam.problem.id)
        with clean_state():
            first, second = (observe_case(case, solution, setting) for _ in range(2))
        if first.exception or first.stopped:
            failures.append(f"Case {case.name!r} does not end on the reference. Mend it.")
        elif all(_empty(leaf) for leaf in (*first.observations.values(), *_changed(first))):
            failures.append(f"Case {case.name!r} observes nothing. Return what it is about, in a dict.")
        elif not same_seen(first, second):
            failures.append(f"Case {case.name!r} observes other values the second time. Draw all randomness.")
        found.note(failures)
    return found


def check_starter(exam: Exam) -> Findings:
    """What the learner starts from is rejected."""
    found = Findings()
    starter = _starter(exam)
    if starter is None:
        found.note([f"starter.py does not define `{exam.problem.entry}`. Give its signature and a body of `pass`."])
    elif judge_live(exam.problem, starter).accepted:
        found.note(["The blank starter is accepted. Add a case that it fails, or empty starter.py."])
    else:
        found.note([])
    return found


def _starter(exam: Exam) -> Any:
    namespace: dict[str, Any] = {}
    for number, cell in enumerate(re.split(r"^# %%.*$", exam.problem.starter, flags=re.M)):
        code = compile(cell, f"<starter cell {number} of {exam.problem.id}>", "exec")
        # A debug cell may well raise on a blank solution.
        with contextlib.redirect_stdout(io.StringIO()), clean_state(), contextlib.suppress(Exception):
            exec(code, namespace)
    return namespace.get(exam.problem.entry)


def check_variants(exam: Exam) -> Findings:
    """Every accepted variant is accepted at every seed, without violation or diagnosis."""
    found = Findings()
    for seed in exam.seeds:  # outermost: what the reference observes is remembered for a few seeds only
        for name, variant in exam.known.accepted().items():
            report = judge_live(exam.problem, variant, seed=seed)
            where = f"The variant `{name}` at seed {seed}"
            if report.violations:
                found.note([f"{where} is accused of {report.violations[0].api}. Mend it, or what is forbidden."])
            elif not report.accepted:
                found.note([f"{where} is not accepted: {complaint(report)} Mend it, or the case."])
            else:
                found.note([])
    return found


def check_mistakes(exam: Exam) -> tuple[Findings, Findings]:
    """Every mistake is rejected at every seed (first result) and, at the first, named by the diagnosis (second)."""
    rejected, named = Findings(), Findings()
    failing: dict[str, frozenset[str]] = {}
    for mistake in exam.known.mistakes:
        wrong = exam.known.anew(mistake)
        report = judge_live(exam.problem, wrong)
        if accepted := [seed for seed in exam.seeds[:MISTAKE_SEEDS] if _accepts(exam, wrong, report, seed)]:
            rejected.note([f"The mistake `{mistake.id}` is accepted at seed {accepted[0]}. Add a case that it fails."])
            named.note([f"The mistake `{mistake.id}` is not diagnosed: it is accepted."])
            continue
        rejected.note([])
        failing[mistake.id] = frozenset(r.name for r in report.cases if not r.passed)
        diagnosed = report.diagnosis[0].mistake if report.diagnosis else ""
        named.note([*_misnamed(mistake.id, diagnosed, failing), *_remembering(exam, mistake)])
    return rejected, named


def _accepts(exam: Exam, wrong: Any, first: Report, seed: int) -> bool:
    """Whether a mistake is accepted at a seed; the cases that it failed at the first seed are tried first."""
    failed = {case.name for case in first.failed}
    cases = sorted(exam.known.cases, key=lambda case: case.name not in failed)
    with clean_state():
        return exam.rejecting(wrong, cases, seed) is None


def _misnamed(id: str, diagnosed: str, failing: dict[str, frozenset[str]]) -> Iterator[str]:
    if not diagnosed:
        yield f"The mistake `{id}` is rejected but not diagnosed. Does its exception or cost vary from run to run?"
    elif diagnosed != id and failing.get(diagnosed) == failing[id]:
        yield f"The mistakes `{diagnosed}` and `{id}` cannot be told apart. Merge them, or add a case."
    elif diagnosed != id:
        yield f"The mistake `{id}` is diagnosed as `{diagnosed}`. Add a case that tells them apart."


def _remembering(exam: Exam, mistake: KnownMistake) -> Iterator[str]:
    """What depends on earlier calls agrees with a learner's work only in the order of the cases: it must say so."""
    if mistake.varies == HISTORY:
        return
    cases, setting = exam.known.cases, Setting(exam.problem.id)
    usual = observe(cases, exam.known.anew(mistake), setting)
    backwards = observe(cases[::-1], exam.known.anew(mistake), setting)
    for case, first, second in zip(cases, list(usual), reversed(list(backwards)), strict=True):
        if not alike(case, first, second, exam.known.expected(case, setting.seed), setting):
            yield (
                f"The mistake `{mistake.id}` gives other results in {case.name!r} after other calls. "
                f'Let it give the same, or say `varies = "{HISTORY}"`.'
            )
            return


def check_readings(exam: Exam) -> Findings:
    """Every reading is accepted with its note; no mistake on top of it is accepted."""
    found = Findings()
    for reading in exam.problem.readings:
        source = exam.problem.edited(*reading.edits)
        for seed in exam.seeds:
            report = judge_live(exam.problem, exam.entry(source, f"reading {reading.id}"), seed=seed)
            if not report.accepted:
                found.note([f"The reading `{reading.id}` is not accepted at seed {seed}: {complaint(report)}"])
            elif reading.note not in report.notes:
                found.note(
                    [f"The reading `{reading.id}` is accepted without its note. No case tells it from the reference; "
                     "remove it, or add a case."]
                )  # fmt: skip
            else:
                found.note([])
        found.failures += _mistakes_on_top(exam, reading)
    return found


def _mistakes_on_top(exam: Exam, reading: Reading) -> Iterator[str]:
    for mistake in exam.problem.mistakes:
        try:
            source = exam.problem.edited(*reading.edits, *mistake.edits)
        except ProblemError:  # the mistake edits what the reading has edited
            continue
        wrong = exam.entry(source, f"mistake {mistake.id} on {reading.id}")
        if judge_live(exam.problem, wrong).accepted:
            yield f"The mistake `{mistake.id}` on top of the reading `{reading.id}` is accepted. Add a case."


def _changed(seen: Seen) -> list[Leaf]:
    return [leaf for path, leaf in seen.after.items() if not identical(leaf, seen.before.get(path))]


def _empty(leaf: Leaf) -> bool:
    return (
        leaf is None
        or (isinstance(leaf, TensorLeaf) and not leaf.data.numel())
        or (isinstance(leaf, Container) and not leaf.length)
    )
