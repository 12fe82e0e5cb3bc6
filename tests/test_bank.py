"""Problem folders: found where they are, refused with the remedy where they are bad."""

from __future__ import annotations

from pathlib import Path

import pytest

from torch_judge.bank import Bank, find_bank, load
from torch_judge.errors import JudgeError, ProblemError

GOOD = {
    "number": "41",
    "title": '"Doubling"',
    "difficulty": '"Easy"',
    "topic": '"Basics"',
    "entry": '"double"',
    "hints": '["a", "b", "c"]',
}
SOLUTION = "def double(x):\n    return 2 * x\n"


def folder(root: Path, id: str = "double", extra: str = "", **changes: str | None) -> Path:
    """A problem folder with a record that is good but for ``changes``."""
    path = root / id
    path.mkdir(parents=True)
    record = {key: value for key, value in (GOOD | changes).items() if value is not None}
    path.joinpath("problem.toml").write_text("\n".join(f"{k} = {v}" for k, v in record.items()) + "\n" + extra)
    path.joinpath("solution.py").write_text(SOLUTION)
    return path


def test_a_good_record(tmp_path: Path) -> None:
    problem = load(folder(tmp_path))
    assert (problem.id, problem.number, problem.notebook, problem.entry) == ("double", 41, "41_double", "double")


MISTAKE = '[[mistakes]]\nid = "m"\nmessage = "You …"\nedits = [["{}", "3"]]\n'
BAD = {
    "an unknown difficulty": ({"difficulty": '"Hardest"'}, "", "difficulty 'Hardest' is unknown"),
    "a missing title": ({"title": None}, "", "`title` is missing"),
    "a number that is text": ({"number": '"41"'}, "", "`number` is missing or no int"),
    "two hints": ({"hints": '["a", "b"]'}, "", "2 hints"),
    "an unknown key": ({"colour": '"red"'}, "", "unknown key `colour`"),
    "an entry that is no name": ({"entry": '"my func"'}, "", "is no Python name"),
    "a mistake without a message": ({}, '[[mistakes]]\nid = "m"\nedits = []\n', "a record of `mistakes`"),
    "an edit that matches nothing": ({}, MISTAKE.format("4 * x"), "matches 0 places"),
    "an edit that matches twice": ({}, MISTAKE.format("x"), "matches 2 places"),
    "no TOML at all": ({}, "[[", "cannot be read"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_record_is_refused(name: str, tmp_path: Path) -> None:
    changes, extra, sentence = BAD[name]
    with pytest.raises(ProblemError, match="problem.toml of `double`") as caught:
        load(folder(tmp_path, extra=extra, **changes))
    assert sentence in caught.value.fact and caught.value.remedy


def test_an_unknown_problem_names_the_nearest() -> None:
    with pytest.raises(JudgeError, match="Did you mean `batchnorm`") as caught:
        find_bank().get("batch_norm")
    assert caught.value.fact == "There is no problem `batch_norm`."
    with pytest.raises(JudgeError, match="The problems are: "):
        find_bank().get("zzz")


def test_a_private_bank_is_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path, "doubling")
    assert "doubling" in find_bank(tmp_path) and "batchnorm" in find_bank(tmp_path)
    monkeypatch.setenv("TORCH_JUDGE_PROBLEMS", str(tmp_path))
    assert "doubling" in find_bank()
    assert find_bank().problems()[-1].id == "doubling"


def test_a_private_folder_without_problems_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match="holds no problem folders"):
        find_bank(tmp_path)


def test_a_later_folder_wins(tmp_path: Path) -> None:
    folder(tmp_path / "a")
    folder(tmp_path / "b", title='"Mine"')
    assert Bank((tmp_path / "a", tmp_path / "b")).get("double").title == "Mine"
