"""What is right is right in the official verdict too: no solution, variant or case needs what is taken away there."""

from __future__ import annotations

import atexit
import re
from collections.abc import Iterator
from functools import lru_cache

from torch_judge.audit.findings import Exam, Findings, complaint
from torch_judge.isolate import Worker
from torch_judge.submission import Cell, Program
from torch_judge.verdict.judging import judge_live
from torch_judge.verdict.official import judge_program

MARKS = 'accepted = lambda solution: solution\nmistake = lambda message, varies="": accepted\n'
_MARKED = re.compile(r"^from torch_judge\.authoring import .*$", re.M)


def check_official(exam: Exam) -> Findings:
    """The reference and every variant get the official verdict that they get in a kernel: accepted, the same notes."""
    found = Findings()
    if not exam.problem.forbidden or Worker.available():
        return found
    for name, program, candidate in _right(exam):
        report = judge_program(exam.problem, program, worker=_worker())
        notes = judge_live(exam.problem, candidate).notes
        where = f"`{name}` officially"
        if report.violations:
            found.note([f"{where} is accused of {report.violations[0].api}. Its case or it needs what is taken away."])
        elif not report.accepted:
            found.note([f"{where} is not accepted: {report.error or complaint(report)} Mend what is taken away."])
        else:
            found.note(f"{where} has the note: {note}" for note in report.notes if note not in notes)
    return found


def _right(exam: Exam) -> Iterator[tuple[str, Program, object]]:
    problem = exam.problem
    yield "solution.py", Program("solution.py", (Cell("solution.py", problem.solution),)), exam.known.reference()
    for name, variant in exam.known.accepted().items():
        source = _MARKED.sub(MARKS.replace("\n", "; ").rstrip("; "), problem.text("variants.py"))
        entry = f"{problem.entry} = {name}"
        yield name, Program("variants.py", (Cell("variants.py", source), Cell("entry", entry))), variant


@lru_cache(maxsize=1)
def _worker() -> Worker:
    worker = Worker()
    atexit.register(worker.close)
    return worker
