"""The audit of lessons: a good lesson passes, and each fault is found and named by file and line."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from click.testing import CliRunner

from torch_judge.bank.lessons import Lesson, load
from torch_judge.cli.main import main
from torch_judge.study.claims import mutants, opposite, weakness
from torch_judge.study.drafts import read_drafts
from torch_judge.study.proofs import audit, proven
from torch_judge.study.running import value_of

LESSON = """\
---
title: Demo
problems: relu
---
Prose `claim: F.relu(torch.tensor(2.0)).item() == 2` in parts.

```python setup
def rows(n):
    return torch.randn(n, 3)
```

## In training
```python show
norm = nn.BatchNorm1d(3)
print(norm(rows(8)).shape)
```

```python raises
norm(torch.randn(4, 5))
```

| | Batch |
| --- | --- |
| mode | training `claim: norm.training` |
"""
CARDS = """\
## Parameters?

Two.

```python show
print(len(list(nn.BatchNorm1d(3).parameters())))
```
"""
QUESTION = """\
## {title}
concept · easy

What does `nn.ReLU` do?

- It keeps what is positive, and zero.
  `(nn.ReLU()(torch.tensor([-1.0, 2.0])) == torch.tensor([0.0, 2.0])).all().item()`
- It changes the sign of all that is negative, as `abs` does.
  `nn.ReLU()(torch.tensor(-3.0)).item() == 3.0` That is `abs`.
- It gives numbers between 0 and 1, whatever comes in.
  `nn.ReLU()(torch.tensor(5.0)).item() < 1` That is a sigmoid.
hint: Try it with -1.
steps:
1. Take a number below zero.
2. Look at what comes out.
check:
```python
assert nn.ReLU()(torch.tensor(-1.0)) == 0
```
"""


def lesson_of(tmp_path: Path, *, lesson: str = LESSON, cards: str = CARDS, questions: str = "") -> Lesson:
    folder = tmp_path / "lessons" / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lesson.md").write_text(lesson)
    (folder / "cards.md").write_text(cards)
    (folder / "questions.md").write_text(questions or f"# Practice\n\n{QUESTION.format(title='One')}")
    return load(folder)


def failures(lesson: Lesson, seeds: int = 3) -> str:
    return "\n".join(proven(lesson, seeds, ["relu"]).failures)


def test_a_good_lesson_passes(tmp_path: Path) -> None:
    out = io.StringIO()
    assert audit([lesson_of(tmp_path)], 50, ["relu"], out), out.getvalue()
    assert "| demo | 1 | 0 | 1 | 0 | 0 | 1 | 0 | 0% | 0 |" in out.getvalue()


FAULTY_QUESTIONS = [
    ("hint: Try it with -1.\n", "", "questions.md:3: `One` needs `hint:`"),
    ("check:\n```python\nassert nn.ReLU()(torch.tensor(-1.0)) == 0\n```\n", "", "needs `check:`"),
    ("2. Look at what comes out.\n", "", "needs at least two worked steps"),
    (" That is `abs`.", "", "says no misconception for the option 'it changes the sign"),
    ("Try it with -1.", "It keeps what is positive, and zero.", "tells its key in the hint"),
    ("What does `nn.ReLU` do?", "It keeps what is positive, and zero. True?", "tells its key in the prompt"),
    (
        "`nn.ReLU()(torch.tensor(-3.0)).item() == 3.0`",
        "`1 == 2`",
        "`1 == 2`, which proves nothing: it speaks of nothing",
    ),
    ("-3.0)).item() == 3.0", "-3.0)).item() * math.nan > 0", "`, which proves nothing: its opposite"),
    ("torch.tensor(-1.0)) == 0\n", "torch.tensor(-1.0)) == 1\n", "has a `check:` that raises AssertionError"),
    ("< 1`", "< min(1, 9 + sum(math.sin(i) for i in range(9_000_000)))`", "additions; 50,000 are the limit"),
    ("torch.tensor(-3.0)).item() == 3.0", "torch.randn(())).item() == 0", "(Seed "),
    ("It keeps what is positive, and zero.", f"It keeps {'what is positive ' * 9}", "longest option in 100%"),
    ("concept · easy", "concept · eazy", "does not say kind and level"),
]


@pytest.mark.parametrize(("old", "new", "fact"), FAULTY_QUESTIONS, ids=[fact[:30] for _, _, fact in FAULTY_QUESTIONS])
def test_a_fault_in_a_question(tmp_path: Path, old: str, new: str, fact: str) -> None:
    assert old in QUESTION
    text = QUESTION.replace(old, new).format(title="One")
    found = failures(lesson_of(tmp_path, questions=f"# Practice\n\n{text}"), seeds=50)
    assert fact in found


FAULTY_SHEETS = [
    ("norm.training`", "not norm.training`", "lesson.md:24: the claim `not norm.training` is False, not True."),
    ("norm.training`", "norm.trianing`", "lesson.md:24: `norm.trianing` raises AttributeError"),
    ("norm.training`", "1 < 2`", "lesson.md:24: `1 < 2` proves nothing"),
    ("print(norm(", "print(nrom(", "lesson.md:15: this block raises NameError"),
    ("torch.randn(4, 5)", "torch.randn(4, 3)", "lesson.md:18: this block raises nothing"),
    ("problems: relu", "problems: relu, rleu", "there is no problem `rleu`"),
    ("2.0)).item", "x)).item", "lesson.md:5: `F.relu(torch.tensor(x)).item() == 2` raises NameError"),
    ("Prose", "[write: prose]", "lesson.md:5: the author still has to write this"),
]


@pytest.mark.parametrize(("old", "new", "fact"), FAULTY_SHEETS)
def test_a_fault_in_the_sheet(tmp_path: Path, old: str, new: str, fact: str) -> None:
    assert fact in failures(lesson_of(tmp_path, lesson=LESSON.replace(old, new)))


@pytest.mark.parametrize(
    ("cards", "fact"),
    [
        (CARDS.replace("(3)", "()"), "cards.md:6: this block raises TypeError"),
        (CARDS + CARDS, "there are two cards `Parameters?`"),
    ],
)
def test_a_fault_in_the_cards(tmp_path: Path, cards: str, fact: str) -> None:
    assert fact in failures(lesson_of(tmp_path, cards=cards))


@pytest.mark.parametrize(
    ("claim", "changed"),
    [
        ("f(2) < g(0.5)", {"g(0.5) < f(2)", "f(3) < g(0.5)", "f(2) < g(1.5)"}),
        ("x.name == 'a'", {"x.name == 'a?'"}),
        ("f(True) == g", {"f(False) == g"}),
        ("f(3)", set()),
        ("x is None", set()),
    ],
)
def test_mutants_of_a_claim(claim: str, changed: set[str]) -> None:
    assert set(mutants(claim)) == changed


@pytest.mark.parametrize(
    ("claim", "other"), [("a < b", "a >= b"), ("a == b", "a != b"), ("a in b", "a not in b"), ("f(a)", "not (f(a))")]
)
def test_the_opposite_of_a_claim(claim: str, other: str) -> None:
    assert opposite(claim) == other


@pytest.mark.parametrize(
    ("claim", "weak"),
    [
        ("math.pi > 3", False),
        ("torch.zeros(2).shape == (2,)", False),
        ("nn.BatchNorm1d(3).training", False),
        ("nn.BatchNorm1d(3).training and math.pi > 3", False),
        ("not nn.BatchNorm1d(3).training", False),
        ("nn.BatchNorm1d(3).training or 4 > 2", True),
        ("2 + 2 == 4", True),
        ("math.nan < 1", True),
    ],
)
def test_a_weak_claim(claim: str, weak: bool) -> None:
    assert bool(weakness(claim, lambda code: value_of(code, ""))) is weak


def test_the_key_of_the_published_question_that_was_wrong() -> None:
    """A page gave 5 and 3 the other way round; the audit does not let that stand."""
    text = (
        "# Challenge\n\n## Channels\nerror · easy · 1:00\n\nWhat?\n\n```python show\n"
        "nn.BatchNorm2d(3)(torch.ones(2, 5, 4, 4))\n```\n\n"
        "- `raises RuntimeError: should contain 3 elements not 5`\n- `raises ValueError` : no\n- `runs` : no\n"
    )
    from torch_judge.study.keys import question

    with pytest.raises(Exception, match="no option is right"):
        question(read_drafts(text, "q.md", "demo").drafts[0])


@pytest.mark.parametrize(("broken", "status"), [(False, 0), (True, 1)])
def test_the_command(tmp_path: Path, broken: bool, status: int) -> None:
    problem = tmp_path / "problems" / "relu"
    problem.parent.mkdir()
    problem.symlink_to(Path(__file__).parent.parent / "problems" / "relu")
    lesson_of(tmp_path, lesson=LESSON.replace("norm.training`", "not norm.training`") if broken else LESSON)
    result = CliRunner().invoke(main, ["audit", "--lessons", "demo", "--problems", str(problem.parent)])
    assert result.exit_code == status, result.output
    assert ("lesson.md:24" in result.output) is broken


def test_a_new_lesson_runs_and_the_audit_says_what_is_left(tmp_path: Path) -> None:
    problems = tmp_path / "problems"
    problems.mkdir()
    (problems / "relu").symlink_to(Path(__file__).parent.parent / "problems" / "relu")
    result = CliRunner().invoke(main, ["new", "--lesson", "my_topic", "--problems", str(problems)])
    assert result.exit_code == 0 and f"audit --lessons my_topic --problems {problems}" in result.output
    folder = tmp_path / "lessons" / "my_topic"
    left = proven(load(folder), 50, ["relu"]).failures
    assert len(left) == 4 and all("the author still has to write this" in failure for failure in left)
    for path in folder.iterdir():
        path.write_text(path.read_text().replace("[write: ", "("))
    assert proven(load(folder), 50, ["relu"]).failures == []


@pytest.mark.parametrize(
    ("topic", "says"), [("My-Topic", "`My-Topic` is no name for a lesson."), ("demo", "exists already; it was left")]
)
def test_a_new_lesson_with_a_bad_name(tmp_path: Path, topic: str, says: str) -> None:
    lesson_of(tmp_path)
    (tmp_path / "problems").mkdir()
    result = CliRunner().invoke(main, ["new", "--lesson", topic, "--problems", str(tmp_path / "problems")])
    assert result.exit_code == 2 and says in result.output
