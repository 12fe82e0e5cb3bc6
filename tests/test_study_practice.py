"""Cards and review: what is laid out, what is kept of it, in a notebook's text, as a page, in a shell."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from torch_judge import check, status
from torch_judge.bank import Bank, find_bank
from torch_judge.bank.lessons import Lesson, find_lessons
from torch_judge.cli.main import main
from torch_judge.errors import JudgeError, ProblemError
from torch_judge.learner.due import LessonRow, due
from torch_judge.learner.progress import Store
from torch_judge.report import Report
from torch_judge.study import deck_shown, practice
from torch_judge.study.cards import Card, Deck, cards_of, deck
from torch_judge.study.record import answered, badge, due_dates, rated
from torch_judge.study.review import reviewing

CARDS = """\
```python setup
def twice(x):
    return 2 * x
```

## What is `eps` for?

It keeps the divisor from being 0.

## Two in a row

```python show
print(twice(21))
```
---
Twice twenty-one.

## A draw

```python show
x = torch.rand(1)
print(x.shape)
```
```python raises
x + "a"
```
"""
QUESTIONS = """\
# Quick

## Twice
predict · easy

What does this print?

```python show
print(2 * 21)
```

- `2 * 21` → `2 + 21` : That adds.
- `2 * 21` → `21` : That forgets the 2.
"""
YESTERDAY = datetime.now().astimezone() - timedelta(days=1)


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    """A bank of two problems with the lesson `norms`; progress is kept beside it."""
    root = tmp_path / "problems"
    root.mkdir()
    for id in ("relu", "softmax"):
        (root / id).symlink_to(find_bank().get(id).folder)
    lesson = tmp_path / "lessons" / "norms"
    lesson.mkdir(parents=True)
    (lesson / "lesson.md").write_text("---\ntitle: Norms\nproblems: relu\n---\nWords.\n")
    (lesson / "cards.md").write_text(CARDS)
    (lesson / "questions.md").write_text(QUESTIONS)
    monkeypatch.setenv("TORCH_JUDGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TORCH_JUDGE_PROBLEMS", str(root))
    practice._DECKS.clear()
    return Bank((root,))


@pytest.fixture
def lesson(bank: Bank) -> Lesson:
    return find_lessons(bank).get("norms")


@pytest.fixture
def store(bank: Bank) -> Store:
    return Store()


def lines(*typed: str) -> Callable[[], str]:
    """What is typed, line by line, then the end of the input."""
    rest: Iterator[str] = iter(typed)

    def read() -> str:
        try:
            return next(rest)
        except StopIteration:
            raise EOFError from None

    return read


# Cards


def test_a_card_has_a_front_and_a_back_with_what_was_printed(lesson: Lesson) -> None:
    eps, row, draw = cards_of(lesson)
    assert eps == Card("norms/cards/what-is-eps-for", "What is `eps` for?", "", "It keeps the divisor from being 0.")
    assert row.front == "```python\nprint(twice(21))\n```" and row.back == "```text\n42\n```\n\nTwice twenty-one."
    assert "torch.Size([1])" in draw.back and "TypeError" in draw.back


def test_a_card_that_cannot_be_run_is_named_by_file_and_line(lesson: Lesson) -> None:
    path = lesson.folder / "cards.md"
    path.write_text(CARDS.replace("print(twice(21))", "print(thrice(21))"))
    with pytest.raises(ProblemError, match=rf"{re.escape(str(path))}:13: this block raises"):
        cards_of(lesson)
    path.unlink()
    with pytest.raises(JudgeError, match="has no cards"):
        cards_of(lesson)


def test_what_is_due_comes_before_what_is_new(lesson: Lesson, store: Store) -> None:
    rated("norms/cards/a-draw", 3, store=store)
    rated("norms/cards/two-in-a-row", 1, store=store)
    assert [card.title for card in deck(lesson, store).left] == ["Two in a row", "A draw", "What is `eps` for?"]


def test_a_card_that_is_not_known_comes_again_behind_the_others(lesson: Lesson) -> None:
    kept: list[tuple[str, int, float]] = []
    laid = Deck("Cards", cards_of(lesson), clock=iter(range(99)).__next__, keep=lambda *rating: kept.append(rating))
    seen = []
    for rating in (1, 4, 3, 2):
        assert laid.card is not None
        seen.append(laid.card.title)
        laid.rate(rating)
    assert seen == ["What is `eps` for?", "Two in a row", "A draw", "What is `eps` for?"]
    assert [rating for _, rating, _ in kept] == [1, 4, 3, 2] and kept[0][2] == 1
    assert laid.card is None and laid.place() == "3 of 3 known"
    with pytest.raises(JudgeError, match="no card left"):
        laid.rate(3)


def test_cards_and_rate_say_what_comes_next(bank: Bank, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    practice.rate(3)
    practice.cards("norm")
    practice.rate(7)
    practice.rate(3)
    said = capsys.readouterr().out
    for words in ("No card has been shown", "What is eps for?", "divisor from being 0", "is no rating", "1 of 3 known"):
        assert words in said, words
    assert set(due_dates(["norms/cards/what-is-eps-for"], store))


def test_a_card_s_page_has_its_back_folded(lesson: Lesson) -> None:
    shown = deck_shown.html(Deck("Cards", cards_of(lesson)))
    front, _, back = shown.partition("<details>")
    assert "<code>eps</code>" in front and "divisor" not in front and "divisor" in back
    assert "<form" not in shown and "<input" not in shown and "<script" not in shown


def test_a_shell_shows_cards_until_all_are_known(
    lesson: Lesson, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deck_shown.ask(deck(lesson, store), lines("", "1", "", "x", "3", "", "3", "", "4"))
    said = capsys.readouterr().out
    assert said.count("What is eps for?") == 2 and "is no rating" in said and "3 of 3 known" in said


@pytest.mark.parametrize("typed", [("q",), ("", "q"), ("", "3"), ()])
def test_to_leave_the_cards_keeps_what_was_rated(lesson: Lesson, store: Store, typed: tuple[str, ...]) -> None:
    assert not deck_shown.ask(deck(lesson, store), lines(*typed))
    assert len(store.database.read("SELECT * FROM answers")) == ("3" in typed)


def test_a_card_is_turned_and_rated_by_buttons(lesson: Lesson) -> None:
    pytest.importorskip("ipywidgets")
    board = deck_shown.CardBoard(Deck("Cards", cards_of(lesson)[:1]))
    board.box.children[1].click()
    shown, back, ratings = board.box.children
    assert "eps" in shown.value and "divisor" in back.value
    assert [one.description for one in ratings.children] == ["1 not known", "2 with effort", "3 known", "4 easily"]
    ratings.children[2].click()
    assert "1 of 1 known" in board.box.children[0].value


# Review


def test_nothing_is_due_at_first(bank: Bank, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    practice.review()
    assert "Nothing is due today." in capsys.readouterr().out
    assert reviewing(bank, store, 1).again() == ""


def fill(store: Store, *, solved: int = 9) -> None:
    """A card, a question and a drill that were missed yesterday, and a problem solved some days ago."""
    rated("norms/cards/a-draw", 2, store=store, at=YESTERDAY)
    answered("norms/quick/twice", False, 5.0, store=store, at=YESTERDAY)
    answered("relu/drill/returns_mask.what", False, 5.0, store=store, at=YESTERDAY)
    store.record(Report("softmax", True, 0), at=YESTERDAY - timedelta(days=solved))


def test_review_has_cards_questions_drills_and_a_problem(bank: Bank, store: Store) -> None:
    fill(store)
    found = reviewing(bank, store, 41)
    assert found.sentence == "Due today: 1 card, 2 questions and 1 problem."
    assert [card.title for card in found.cards] == ["A draw"]
    assert {question.key for question in found.questions} == {"norms/quick/twice", "relu/drill/returns_mask.what"}
    assert (
        found.again() == 'Write `softmax` again from a blank page, without looking. Then `check("softmax", seed=42)`.'
    )


def test_what_no_longer_exists_is_forgotten(bank: Bank, store: Store) -> None:
    for key in ("norms/quick/gone", "relu/drill/gone.what"):
        answered(key, False, 5.0, store=store, at=YESTERDAY)
    rated("norms/cards/gone", 2, store=store, at=YESTERDAY)
    found = reviewing(bank, store, 1)
    assert (found.cards, found.questions) == ((), ()) and due(bank, store).total == 0


def test_review_fits_into_ten_minutes(bank: Bank, store: Store, lesson: Lesson) -> None:
    (lesson.folder / "cards.md").write_text("\n".join(f"## Card {n}\n\nWords.\n" for n in range(60)))
    for n in range(60):
        rated(f"norms/cards/card-{n}", 2, store=store, at=YESTERDAY)
    found = reviewing(bank, store, 1)
    assert len(found.cards) == 30 and found.sentence.startswith("Due today: 60 cards")
    fill(store)
    found = reviewing(bank, store, 1)
    assert (len(found.cards), len(found.questions), found.problem) == (15, 2, None)


def test_review_is_typed_in_a_shell(bank: Bank, store: Store) -> None:
    fill(store)
    left = CliRunner().invoke(main, ["review"], input="\nq\n")
    assert left.exit_code == 2 and "Due today: 1 card" in left.output
    typed = "\n3\n" + "A\nB\nC\nD\n" * 2
    done = CliRunner().invoke(main, ["review"], input=typed)
    assert "Review: questions" in done.output and "Write softmax again" in done.output.replace("`", "")
    assert done.exit_code == 0 and "check" in done.output


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["cards", "nrms"], "Did you mean `norms`?"),
        (["drill", "relu"], "Solve the problem first"),
        (["drill", "rel"], ""),
    ],
)
def test_a_shell_says_what_cannot_be(bank: Bank, args: list[str], words: str) -> None:
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 2 and words in result.output


# Where it is told


def test_status_tells_lessons_badges_and_what_is_due(bank: Bank, store: Store) -> None:
    before = CliRunner().invoke(main, ["status"]).output
    assert "Lessons begun" not in before and "Due today" not in before
    fill(store)
    badge("norms", "challenge", store=store)
    shown = " ".join(CliRunner().invoke(main, ["status"]).output.split())
    for words in (
        "Lessons begun: norms (badge).",
        "Due today: 1 card, 2 questions and 1 problem.",
        "torch-judge review",
    ):
        assert words in shown, words
    document = json.loads(CliRunner().invoke(main, ["status", "--format", "json"]).output)
    assert document["due"]["problems"] == ["softmax"]
    row = next(row for row in document["lessons"] if row["topic"] == "norms")
    assert (row["begun"], row["badge"], row["due"]) == (True, True, 2)


def test_status_in_a_notebook_says_how_to_review(bank: Bank, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    fill(store)
    status()
    assert "review() begins." in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("begun", "badged", "state"), [(False, False, "to do"), (True, False, "begun"), (True, True, "badge")]
)
def test_a_lesson_s_state_in_words(begun: bool, badged: bool, state: str) -> None:
    assert LessonRow("norms", "Norms", "lesson_norms", (), begun, badged, 0).state == state


def test_after_an_exercise_is_solved_what_is_due_is_next(
    bank: Bank, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(store)
    names = {"check": check}
    exec(bank.get("softmax").solution, names)
    exec('check("softmax")', names)
    said = " ".join(capsys.readouterr().out.split())
    assert "Next: " in said and "Due today: 1 card and 2 questions. review() begins." in said
