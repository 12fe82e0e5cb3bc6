"""Gradescope: `results.json` of an autograder, and a ready autograder folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from torch_judge.bank import Bank
from torch_judge.classroom.feedback import SAID, SEEN, without_numbers
from torch_judge.classroom.grading import Class
from torch_judge.classroom.marks import Mark
from torch_judge.classroom.page import title
from torch_judge.errors import JudgeError

SETUP = """#!/usr/bin/env bash
# Once, when Gradescope builds the autograder.
set -e
apt-get update && apt-get install -y python3 python3-pip python3-venv
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install torch --index-url "${TORCH_INDEX:-https://download.pytorch.org/whl/cpu}"
/autograder/venv/bin/pip install /autograder/source/*.whl pyyaml
"""
RUN = """#!/usr/bin/env bash
# For each submission. results.json is always written, also when the judge fails.
root=${AUTOGRADER:-/autograder}
judge=$root/venv/bin/torch-judge
results=$root/results/results.json
cd "$(mktemp -d)"
mkdir -p handin/student "$root/results"
cp -r "$root/submission/." handin/student/
"$judge" grade handin --out grades --assignment "$root/source/assignment.toml" > log 2>&1 || cat log
if ! "$judge" export grades --gradescope "$results" --student student >> log 2>&1; then
    cat log
    failed="The judge failed: no fault of yours. Tell your instructor."
    printf '{"score": 0, "output": "%s", "tests": []}' "$failed" > "$results"
fi
"""


def results(found: Class, student: str, bank: Bank) -> str:
    """The `results.json` of one student; raises JudgeError if there is no such student."""
    if student not in found.recognition.students and len(found.recognition.students) == 1:
        (student,) = found.recognition.students
    marks = [mark for mark in found.marks if mark.student == student]
    if not marks:
        raise JudgeError(f"There is no student `{student}`.", "Use an id of marks.csv.")
    data = {
        "score": round(sum(mark.points or 0.0 for mark in marks), 2),
        "output": _output(marks),
        "output_format": "text",
        "visibility": "visible",
        "tests": [_test(mark, bank) for mark in marks],
        "extra_data": {"statuses": {mark.problem: mark.status for mark in marks}},
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _output(marks: list[Mark]) -> str:
    blank = [mark.problem for mark in marks if mark.points is None]
    return f"Without a mark yet, counted as 0 here: {', '.join(blank)}." if blank else ""


def _test(mark: Mark, bank: Bank) -> dict[str, object]:
    report = mark.report
    lines = [SAID[mark.status]]
    if report is not None:
        lines += [d.message for d in report.diagnosis]
        lines += [f"Forbidden here: {v.api}. {v.line}" for v in report.violations]
        lines += [f"- {case.name}: {_seen(case.mismatches, case.message)}" for case in report.failed]
        if report.error and report.fault == "learner":
            lines.append(report.error)
    return {
        "name": title(mark.problem, bank),
        "score": round(mark.points or 0.0, 2),
        "max_score": mark.of,
        "status": "passed" if mark.status == "accepted" else "failed",
        "output": "\n".join(lines),
        "output_format": "text",
        "visibility": "visible",
        "extra_data": {"status": mark.status, "problem": mark.problem},
    }


def _seen(mismatches: tuple[object, ...], message: str) -> str:
    seen = dict.fromkeys(SEEN.get(getattr(mismatch, "what", ""), "it differs") for mismatch in mismatches)
    return "; ".join(seen) or without_numbers(message)


def autograder(folder: Path, assignment_file: Path, wheel: Path) -> None:
    """Write a folder to zip and upload as an autograder; raises JudgeError if it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (("setup.sh", SETUP), ("run_autograder", RUN)):
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
            (folder / name).chmod(0o755)
        shutil.copy(assignment_file, folder / "assignment.toml")
        shutil.copy(wheel, folder / wheel.name)
    except OSError as error:
        raise JudgeError(f"`{folder}` cannot be written: {error.strerror}.", "Name another folder.") from None
