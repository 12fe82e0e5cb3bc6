"""Golden reports: one folder per kind of submission, the expected report beside it.

Digits depend on the processor, so numbers in values and messages are written as `#`. After a change that is meant:
`TORCH_JUDGE_GOLDEN=write make test-slow`, and read the difference.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from torch_judge.bank import find_bank
from torch_judge.errors import JudgeError, SubmissionError
from torch_judge.isolate import Limits, Worker
from torch_judge.verdict.official import judge_file

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parent / "golden"
KINDS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


@pytest.mark.parametrize("kind", KINDS)
def test_golden(kind: str, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch_judge.verdict.official.LIMITS", Limits(wall_s=15, case_s=1.0))
    (submission,) = (FOLDER / kind).glob("submission*")
    expected = FOLDER / kind / "expected.json"
    report = judged(submission, worker)
    if os.environ.get("TORCH_JUDGE_GOLDEN") == "write":
        expected.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert report == json.loads(expected.read_text(encoding="utf-8"))


def judged(submission: Path, worker: Worker) -> dict[str, Any]:
    """The report on a submission, as far as it is the same on every machine."""
    try:
        report = judge_file(submission, bank=find_bank(), worker=worker)
    except JudgeError as error:
        fault = "learner" if isinstance(error, SubmissionError) else "judge"
        return {"error": str(error).replace(str(submission.parent), "…"), "fault": fault}
    data = json.loads(report.to_json())
    for key in ("duration_s", "versions", "schema", "device", "yours_s", "reference_s"):
        del data[key]
    if data["accepted"]:
        del data["seed"]  # derived from the submission
    for case in data["cases"]:
        del case["seconds"]
        if case["ran"]:
            del case["ran"]
        case["message"] = numberless(case["message"])
        case["mismatches"] = [f"{m['observation']}: {m['what']}" for m in case["mismatches"]]
    data["cases"] = [
        {key: value for key, value in case.items() if value not in ("", [], None)} for case in data["cases"]
    ]
    return {key: value for key, value in data.items() if value not in ([], None)}


def numberless(message: str) -> str:
    """A message without its digits."""
    return re.sub(r"-?\d+(\.\d+)?(e-?\d+)?|-?\b(nan|inf)\b", "#", message)
