"""Problem folders: found where they are, refused with the remedy where they are bad."""

from __future__ import annotations

from pathlib import Path

import pytest

from torch_judge.bank import Bank, Problem, find_bank, load
from torch_judge.bank.order import by_topic, following
from torch_judge.errors import JudgeError, ProblemError

GOOD = {
    "number": "941",
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
    assert (problem.id, problem.number, problem.notebook, problem.entry) == ("double", 941, "941_double", "double")


MISTAKE = '[[mistakes]]\nid = "m"\nmessage = "You …"\nedits = [["{}", "3"]]\n'
BAD = {
    "an unknown difficulty": ({"difficulty": '"Hardest"'}, "", "difficulty 'Hardest' is unknown"),
    "a missing title": ({"title": None}, "", "`title` is missing"),
    "a number that is text": ({"number": '"941"'}, "", "`number` is missing or no int"),
    "two hints": ({"hints": '["a", "b"]'}, "", "2 hints"),
    "an unknown key": ({"colour": '"red"'}, "", "unknown key `colour`"),
    "an entry that is no name": ({"entry": '"my func"'}, "", "is no Python name"),
    "a mistake without a message": ({}, '[[mistakes]]\nid = "m"\nedits = []\n', "a record of `mistakes`"),
    "an edit that matches nothing": ({}, MISTAKE.format("4 * x"), "matches 0 places"),
    "an edit that matches twice": ({}, MISTAKE.format("x"), "matches 2 places"),
    "two mistakes of one id": ({}, 2 * MISTAKE.format("2"), "two mistakes have the id 'm'"),
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


NAMES = {
    "an id": ("batchnorm", "batchnorm"),
    "a number": ("7", "batchnorm"),
    "a number as in the notebook's name": ("07", "batchnorm"),
    "a prefix": ("rel", "relu"),
    "a prefix in capitals": ("Rel", "relu"),
    "an id that others begin with": ("attention", "attention"),
    "a longer number": ("007", "batchnorm"),
}


@pytest.mark.parametrize(("name", "id"), NAMES.values(), ids=NAMES)
def test_a_problem_is_named_by_id_number_or_prefix(name: str, id: str) -> None:
    bank = find_bank()
    assert name in bank and bank.get(name).id == id


@pytest.mark.parametrize(
    ("name", "fact", "remedy"),
    [
        ("b", "Several problems begin with `b`.", "`batchnorm`"),
        ("999", "There is no problem `999`.", "The problems are: "),
        ("", "There is no problem ``.", "The problems are: "),
        ("9" * 5000, "There is no problem `999", "The problems are: "),
        ("²", "There is no problem `²`.", "The problems are: "),
        ("norm", "There is no problem `norm`.", "Did you mean"),
    ],
    ids=["ambiguous", "no such number", "nothing", "a huge number", "no decimal", "not the beginning"],
)
def test_what_names_no_problem_is_told(name: str, fact: str, remedy: str) -> None:
    assert name not in find_bank()
    with pytest.raises(JudgeError) as caught:
        find_bank().get(name)
    assert caught.value.fact.startswith(fact) and remedy in caught.value.remedy


def test_two_problems_with_one_number_are_refused(tmp_path: Path) -> None:
    folder(tmp_path, "one"), folder(tmp_path, "other"), folder(tmp_path, "third", number="950")
    bank = Bank((tmp_path,))
    assert bank.get("third").number == 950, "a problem that is named by its id is judged all the same"
    for ask in (bank.problems, lambda: bank.get("941")):
        with pytest.raises(ProblemError, match="both have the number 941") as caught:
            ask()
        assert "951 is free" in caught.value.remedy


def order(*problems: tuple[int, str, str]) -> list[Problem]:
    fixed = dict.fromkeys(("forbidden", "hints", "mistakes", "readings", "equivalent"), ())
    return [
        Problem(
            id=f"p{number}",
            folder=Path(),
            number=number,
            title="",
            difficulty=level,
            topic=topic,
            entry="",
            notebook="",
            **fixed,
        )
        for number, level, topic in problems
    ]


ORDER = order((4, "Easy", "B"), (1, "Hard", "A"), (2, "Medium", "B"), (3, "Easy", "A"), (5, "Medium", "A"))


def test_topics_come_by_their_lowest_number_and_easy_problems_first() -> None:
    groups = {topic: [p.number for p in group] for topic, group in by_topic(ORDER).items()}
    assert groups == {"A": [3, 1, 5], "B": [4, 2]}
    assert list(groups) == ["A", "B"]


@pytest.mark.parametrize(
    ("after", "solved", "number"),
    [
        (None, "", 3),
        ("p3", "", 1),
        ("p3", "p1", 5),
        ("p5", "", 4),
        ("p2", "p3", 1),
        ("p2", "p1 p3 p5 p4", None),
        ("p2", "p1 p2 p3 p4 p5", None),
        ("gone", "p3", 1),
    ],
    ids=["first", "same topic", "not a solved one", "next topic", "around", "only itself", "all done", "unknown"],
)
def test_the_next_problem(after: str | None, solved: str, number: int | None) -> None:
    found = following(ORDER, after, solved.split())
    assert (found and found.number) == number


def test_headings_are_those_of_the_problems() -> None:
    bank = find_bank()
    expected = [(p.id, p.number, p.title, p.topic, p.difficulty) for p in bank.problems()]
    assert [(h.id, h.number, h.title, h.topic, h.difficulty) for h in find_bank().headings()] == expected


def test_what_has_no_heading_is_passed_over(tmp_path: Path) -> None:
    folder(tmp_path, "good", extra="[[mistakes]]\nnot = to be read")
    folder(tmp_path, "bad", number='"one"')
    folder(tmp_path, "empty", title=None)
    assert [heading.id for heading in Bank((tmp_path,)).headings()] == ["good"]


def test_a_private_bank_is_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path, "doubling")
    assert "doubling" in find_bank(tmp_path) and "batchnorm" in find_bank(tmp_path)
    monkeypatch.setenv("TORCH_JUDGE_PROBLEMS", str(tmp_path))
    assert "doubling" in find_bank()
    assert "doubling" in [problem.id for problem in find_bank().problems()]


def test_a_private_folder_without_problems_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match="holds no problem folders"):
        find_bank(tmp_path)


def test_a_later_folder_wins(tmp_path: Path) -> None:
    folder(tmp_path / "a")
    folder(tmp_path / "b", title='"Mine"')
    assert Bank((tmp_path / "a", tmp_path / "b")).get("double").title == "Mine"
