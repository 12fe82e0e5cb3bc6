"""The report as JSON: everything comes back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torch_judge.report import (
    KINDS,
    CaseResult,
    Diagnosis,
    ExceptionInfo,
    Frame,
    Mismatch,
    Report,
    ShownReport,
    Violation,
)

text = st.text(max_size=20)
frames = st.lists(st.builds(Frame, text, text, text), max_size=2).map(tuple)
exceptions = st.none() | st.builds(ExceptionInfo, text, text, frames)
mismatches = st.builds(
    Mismatch,
    text,
    text,
    text,
    index=st.none() | st.tuples(st.integers(0, 9), st.integers(0, 9)),
    actual=st.none() | text,
    heat=st.none() | st.lists(text, max_size=2).map(tuple),
)
cases = st.builds(
    CaseResult, text, st.sampled_from(KINDS), st.booleans(), message=text, exception=exceptions,
    mismatches=st.lists(mismatches, max_size=2).map(tuple),
)  # fmt: skip
reports = st.builds(
    Report, text, st.booleans(), st.integers(), cases=st.lists(cases, max_size=3).map(tuple),
    violations=st.lists(st.builds(Violation, text, text, text), max_size=2).map(tuple),
    diagnosis=st.lists(st.builds(Diagnosis, text, text, st.lists(text).map(tuple)), max_size=2).map(tuple),
    notes=st.lists(text, max_size=2).map(tuple), error=st.none() | text, exception=exceptions,
)  # fmt: skip


@given(reports)
def test_round_trip(report: Report) -> None:
    assert Report.from_json(report.to_json()) == report


@pytest.mark.parametrize("bad", ["[]", '{"schema": 99}', "{}"])
def test_what_is_no_report_is_refused(bad: str) -> None:
    with pytest.raises(ValueError):
        Report.from_json(bad)


def test_the_json_has_the_documented_keys() -> None:
    keys = {
        "schema", "problem", "accepted", "seed", "device", "isolated", "duration_s", "cases", "violations", "diagnosis",
        "notes", "versions", "error", "fault", "exception",
        "mended", "yours_s", "reference_s",
    }  # fmt: skip
    assert set(json.loads(Report("relu", True, 0).to_json())) == keys


def test_the_repr_is_one_line() -> None:
    results = (CaseResult("a", "values", True), CaseResult("b", "mode", False))
    assert repr(Report("relu", False, 0, cases=results)) == "<Report relu: not accepted, 1 of 2 cases pass>"
    guard = CaseResult("no forbidden API", "forbidden", True)
    waiting = CaseResult("c", "mode", False, ran=False)
    counted = Report("relu", False, 0, cases=(*results, waiting, guard))
    assert (counted.passed, len(counted.counted), [c.name for c in counted.failed]) == (1, 3, ["b"])
    assert (
        repr(Report("relu", False, 0, error="There is no problem."))
        == "<Report relu: not accepted, There is no problem.>"
    )
    assert hasattr(ShownReport, "_ipython_display_") and not hasattr(Report, "_ipython_display_")
