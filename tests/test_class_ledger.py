"""A report stays in its ledger until somebody asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from torch_judge.classroom.ledger import Judgement, Ruling, opened, read_ledger
from torch_judge.errors import JudgeError

ADA, BOB = (
    Judgement(n, "softmax", "key", f"{n}.py", "accepted", {"problem": "softmax", "of": n}) for n in ("Ä\n", "b")
)


def written(folder: Path, *records: Judgement | Ruling) -> Path:
    with opened(folder) as pen:
        for record in records:
            pen.write(record)
    return folder / "ledger.jsonl"


def test_a_report_is_read_from_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, ADA)
    path.write_bytes(b"\n  \n" + path.read_bytes())
    written(tmp_path, BOB)
    with path.open("ab") as file:
        file.write(b'{"version": 1, "what": "judgement"')  # a half line
    ledger = read_ledger(tmp_path)
    assert [one.report["of"] for one in ledger.judgements.values()] == [ADA.student, BOB.student]
    assert ledger.notes == ["ledger.jsonl, line 5: no whole record; it was left out."]


def test_the_newest_of_two_reports_counts(tmp_path: Path) -> None:
    written(tmp_path, BOB, Judgement("b", "softmax", "key", "b.py", "rejected", {"of": "later"}))
    (judgement,) = read_ledger(tmp_path).judgements.values()
    assert (judgement.status, judgement.report) == ("rejected", {"of": "later"})


CHANGED = {
    "emptied": (),
    "another's report in its place": (ADA,),
    "a ruling in its place": (Ruling("b", "softmax", 1.0, "why"),),
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_ledger_that_is_changed_meanwhile_gives_nobody_the_report_of_another(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, BOB)
    (judgement,) = read_ledger(tmp_path).judgements.values()
    path.unlink()
    written(tmp_path, *CHANGED[name])
    with pytest.raises(JudgeError, match="was changed while it was read"):
        _ = judgement.report
