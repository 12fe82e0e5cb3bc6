"""JUnit XML: a suite for each problem, a test case for each student.

A rejected hand-in is a failure with the mistake as its type; what a learner's crash or limit ended is an error; where
the judge itself failed, the suite has a test case of its own with an error.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from torch_judge.classroom.feedback import SAID
from torch_judge.classroom.grading import Class
from torch_judge.classroom.marks import Mark
from torch_judge.classroom.words import CRASHED, MISSING, MISSING_ENTRY, NOT_JUDGED, OVER_LIMIT, REJECTED, UNREADABLE

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(found: Class) -> str:
    """The class as JUnit XML 1.0."""
    root = ET.Element("testsuites", name=xml(found.assignment.title))
    for problem in found.problems:
        _suite(root, problem, [mark for mark in found.marks if mark.problem == problem])
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, problem: str, marks: Sequence[Mark]) -> None:
    suite = ET.SubElement(root, "testsuite", name=xml(problem))
    for mark in marks:
        if mark.status == NOT_JUDGED:
            continue
        seconds = mark.judgement.seconds if mark.judgement else 0.0
        case = ET.SubElement(suite, "testcase", name=xml(mark.student), classname=xml(problem), time=f"{seconds:.3f}")
        _outcome(case, mark)
    if waiting := [mark.student for mark in marks if mark.status == NOT_JUDGED]:
        case = ET.SubElement(suite, "testcase", name="the judge itself", classname=xml(problem), time="0")
        error = ET.SubElement(case, "error", type="judge", message="Some hand-ins could not be judged.")
        error.text = xml("\n".join(waiting))
    for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f".//{tag}"))))


def _outcome(case: ET.Element, mark: Mark) -> None:
    report = mark.report
    if mark.status == MISSING:
        ET.SubElement(case, "skipped", message="nothing was handed in")
    elif mark.status == REJECTED and report is not None:
        kind = report.diagnosis[0].mistake if report.diagnosis else "forbidden" if report.violations else "unknown"
        told = [d.message for d in report.diagnosis] + [f"Forbidden: {v.api}" for v in report.violations]
        failure = ET.SubElement(case, "failure", type=xml(kind), message=xml(told[0] if told else SAID[REJECTED]))
        failure.text = xml("\n".join([*told, *(f"- {c.name}: {c.message}" for c in report.failed)]))
    elif mark.status in (CRASHED, OVER_LIMIT, MISSING_ENTRY, UNREADABLE):
        error = ET.SubElement(case, "error", type=xml(mark.status), message=xml(SAID[mark.status]))
        if report is not None:
            error.text = xml(report.error or "\n".join(f"- {c.name}: {c.message}" for c in report.failed))


def xml(text: str) -> str:
    """A text that XML 1.0 can hold: what it cannot is written as an escape that people see."""
    return NOT_XML.sub(
        lambda match: f"\\x{ord(match[0]):02x}" if ord(match[0]) < 256 else f"\\u{ord(match[0]):04x}", text
    )
