"""The generated notebook of a lesson, and the way from an exercise to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from torch_judge.bank import Bank
from torch_judge.bank.lessons import find_lessons
from torch_judge.notebooks.build import stale, template, write_all
from torch_judge.notebooks.cells import dumped
from torch_judge.notebooks.lessons import lesson
from torch_judge.notebooks.workspace import Workspace

ROOT = Path(__file__).parent.parent
LESSON = """\
---
title: Rectifiers
problems: relu
---
A rectifier keeps what is positive. `claim: F.relu(torch.tensor(2.0)).item() == 2`

```python setup
x = torch.tensor([-1.0, 2.0])
```

## What it prints
```python show
print(F.relu(x))
```

| | ReLU |
| --- | --- |
| below zero | 0 `claim: F.relu(x)[0].item() == 0` |

```python raises
F.relu("x")
```

Code that is no cell:

```text
x -> max(x, 0)
```
"""
QUESTIONS = """\
# Quick

## One
concept · easy

What does `nn.ReLU` do?

- It sets what is negative to zero.
  `F.relu(torch.tensor(-1.0)).item() == 0`
- It changes the sign.
  `F.relu(torch.tensor(-1.0)).item() == 1` That is `abs`.
- It does nothing.
  `F.relu(torch.tensor(-1.0)).item() == -1` That is `nn.Identity`.
"""


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    problems, folder = tmp_path / "problems", tmp_path / "lessons" / "rectifiers"
    problems.mkdir()
    folder.mkdir(parents=True)
    for id in ("relu", "softmax"):
        (problems / id).symlink_to(ROOT / "problems" / id)
    for name, text in {"lesson.md": LESSON, "questions.md": QUESTIONS, "cards.md": "## a\n\nb\n"}.items():
        (folder / name).write_text(text)
    return Bank((problems,))


def roles(bank: Bank) -> list[tuple[str, str]]:
    made = lesson(find_lessons(bank).get("rectifiers"), bank)
    return [(cell.metadata.get("torch_judge", {}).get("role", "prose"), cell.source) for cell in made.cells]


def test_its_cells_in_their_order(bank: Bank) -> None:
    found = roles(bank)
    assert [role for role, _ in found] == [
        "prose", "install", "ready", "prose", "setup", "prose", "show", "prose", "raises", "prose",
        "prose", "cards", "prose", "quick", "prose", "review",
    ]  # fmt: skip
    sources = [source for _, source in found]
    assert "[`relu`](01_relu.ipynb)" in sources[0] and sources[0].startswith("# Lesson · Rectifiers")
    assert "A rectifier keeps what is positive." in sources[3] and "title:" not in sources[3]
    assert "| below zero | 0 |" in sources[7] and "```text" in sources[9]
    assert sources[11] == 'cards("rectifiers")' and sources[13] == 'quiz("rectifiers")'


def test_what_raises_does_not_stop_the_notebook(bank: Bank) -> None:
    made = lesson(find_lessons(bank).get("rectifiers"), bank)
    tags = {cell.source: cell.metadata.get("tags") for cell in made.cells if cell.cell_type == "code"}
    assert tags['F.relu("x")'] == ["raises-exception"] and tags["print(F.relu(x))"] is None


def test_no_key_and_no_claim_is_in_the_file(bank: Bank) -> None:
    text = dumped(lesson(find_lessons(bank).get("rectifiers"), bank))
    for told in ("sets what is negative", "changes the sign", "That is", "claim", "== 0"):
        assert told not in text


def test_no_key_of_ours_is_in_a_notebook_file() -> None:
    from torch_judge.bank import find_bank
    from torch_judge.study.lessons import drafts_of

    ours = find_bank()
    for found in find_lessons(ours).lessons():
        text = json.dumps(lesson(found, ours), ensure_ascii=False)
        for draft in drafts_of(found).drafts:
            assert not any(option.why and option.why in text for option in draft.options)


def test_an_exercise_links_its_lesson(bank: Bank) -> None:
    assert (
        '[Rectifiers](lesson_rectifiers.ipynb), or `lesson("rectifiers")`' in template(bank.get("relu")).cells[0].source
    )
    assert "Lesson" not in template(bank.get("softmax")).cells[0].source
    assert "lesson" not in template(bank.get("relu"), setup="pass").cells[0].source  # travels alone


def test_a_broken_lesson_does_not_stop_an_exercise(bank: Bank, tmp_path: Path) -> None:
    (tmp_path / "lessons" / "rectifiers" / "lesson.md").write_text("no head")
    assert "lesson" not in template(bank.get("relu")).cells[0].source


def test_it_is_written_and_checked_with_the_others(bank: Bank, tmp_path: Path) -> None:
    out = tmp_path / "out"
    written = {path.name for path in write_all(bank, out)}
    assert "lesson_rectifiers.ipynb" in written and stale(bank, out) == []
    source = tmp_path / "lessons" / "rectifiers" / "lesson.md"
    source.write_text(LESSON.replace("A rectifier", "The rectifier"))
    assert [path.name for path in stale(bank, out)] == ["lesson_rectifiers.ipynb"]
    assert [path.name for path in write_all(bank, out)] == ["lesson_rectifiers.ipynb"]


def test_a_workspace_has_it(bank: Bank, tmp_path: Path) -> None:
    work = Workspace(tmp_path / "work", bank)
    assert "lesson_rectifiers.ipynb" in {path.name for path in work.fill()}
    (work.root / "lesson_rectifiers.ipynb").write_text("mine")
    assert work.fill() == [] and (work.root / "lesson_rectifiers.ipynb").read_text() == "mine"
