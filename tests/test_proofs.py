"""What is proven already is skipped, and nothing else is."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from torch_judge.audit import PROVEN, audit
from torch_judge.audit import proofs as recording
from torch_judge.audit.proofs import FEW_SEEDS, HANDFUL, Proofs
from torch_judge.bank import Problem, load
from torch_judge.errors import JudgeError

RELU = Path(__file__).resolve().parent.parent / "problems" / "relu"
ROW = {"cases": 7}
SEEDS = 20


@pytest.fixture
def problems(tmp_path: Path) -> list[Problem]:
    """Ten problem folders."""
    return [load(Path(shutil.copytree(RELU, tmp_path / "bank" / f"relu{k}"))) for k in range(10)]


@pytest.fixture
def record(tmp_path: Path, problems: list[Problem]) -> Path:
    """A record in which all ten are proven."""
    proofs = Proofs(tmp_path / "audit.json", problems)
    for problem in problems:
        proofs.keep(problem, SEEDS, dict(ROW), holds=True)
    return tmp_path / "audit.json"


def needed(record: Path, problems: list[Problem], turn: int = 0) -> list[int]:
    return list(Proofs(record, problems).needed(problems, SEEDS, turn).values())


def test_what_is_unchanged_is_proven_but_for_a_handful_in_turn(record: Path, problems: list[Problem]) -> None:
    asked = set()
    for turn in range(5):
        counts = needed(record, problems, turn)
        assert sorted(counts) == [0] * (10 - HANDFUL) + [FEW_SEEDS] * HANDFUL
        asked |= {k for k, count in enumerate(counts) if count}
    assert asked == set(range(10)), "in five turns each had its turn"


def test_a_changed_folder_is_proven_in_full(record: Path, problems: list[Problem]) -> None:
    (problems[9].folder / "cases.py").open("a").write("\n# another line\n")
    assert needed(record, problems)[9] == SEEDS
    (problems[8].folder / "notes.txt").write_text("another file")
    assert needed(record, problems)[8] == SEEDS


def test_a_changed_engine_is_proven_with_fewer_seeds(
    record: Path, problems: list[Problem], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "engine_hash", lambda: "another")
    assert needed(record, problems) == [FEW_SEEDS] * 10
    proofs = Proofs(record, problems)
    proofs.keep(problems[9], FEW_SEEDS, dict(ROW), holds=True)
    assert needed(record, problems)[9] == 0
    assert json.loads(record.read_text())["relu9"]["seeds"] == SEEDS, "the folder was proven with as many once"


EDITS = [("seeds", 200), ("row", {"cases": 8}), ("engine", "0" * 16), ("folder", "0" * 16), ("digest", "0" * 16)]


@pytest.mark.parametrize(("field", "value"), EDITS, ids=[field for field, _ in EDITS])
def test_a_record_that_was_edited_proves_nothing(record: Path, problems: list[Problem], field: str, value: Any) -> None:
    data = json.loads(record.read_text())
    data["relu9"][field] = value
    record.write_text(json.dumps(data))
    assert needed(record, problems)[9] == SEEDS


@pytest.mark.parametrize("text", ["", "[]", "{", '{"relu1": 3}', '{"relu1": {"folder": ""}}'])
def test_a_file_that_is_no_record_is_refused(record: Path, problems: list[Problem], text: str) -> None:
    record.write_text(text)
    with pytest.raises(JudgeError, match="is no record of the audit. Delete it"):
        Proofs(record, problems)


def test_the_audit_keeps_what_holds_and_drops_what_does_not(tmp_path: Path, problems: list[Problem]) -> None:
    path, chosen = tmp_path / "audit.json", problems[8:]

    def audited() -> tuple[bool, str]:
        out = io.StringIO()
        held = audit(chosen, seeds=1, out=out, proofs=Proofs(path, problems), page=tmp_path / "page.md")
        return held, out.getvalue()

    assert audited()[0] and json.loads(path.read_text()).keys() == {"", "relu8", "relu9"}
    page = (tmp_path / "page.md").read_text()

    (chosen[0].folder / "starter.py").write_text((chosen[0].folder / "solution.py").read_text())
    chosen[0] = load(chosen[0].folder)
    held, printed = audited()
    assert not held and "The blank starter is accepted" in printed
    assert json.loads(path.read_text()).keys() == {"", "relu9"}
    assert (tmp_path / "page.md").read_text() == page

    out = io.StringIO()
    assert audit(problems[9:], seeds=1, out=out, proofs=Proofs(path, problems))
    assert PROVEN in out.getvalue()
