"""What is remembered of studying, in an old progress file too, and what is due when."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from torch_judge.bank import Bank, find_bank
from torch_judge.errors import JudgeError
from torch_judge.learner.due import Due, due
from torch_judge.learner.progress import ADDED, TABLES, VERSION, Store
from torch_judge.report import Report
from torch_judge.study.record import answered, badge, due_dates, forget, last_answered, rated

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
QUESTION, CARD, DRILL = "norms/quick/eps", "norms/cards/eps", "relu/drill/sign"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home")


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    """The bank's `relu` and `softmax`, with a lesson `norms` beside them."""
    root = tmp_path / "bank" / "problems"
    root.mkdir(parents=True)
    for id in ("relu", "softmax"):
        (root / id).symlink_to(find_bank().get(id).folder)
    lesson = root.parent / "lessons" / "norms"
    lesson.mkdir(parents=True)
    (lesson / "lesson.md").write_text("---\ntitle: Norms\nproblems: relu\n---\n")
    return Bank((root,))


def rows(store: Store, table: str) -> list[dict[str, object]]:
    return [dict(row) for row in store.database.read(f"SELECT * FROM {table}")]


def accepted(store: Store, days: float, *, failing: bool = False, problem: str = "relu") -> None:
    store.record(Report(problem, not failing, 0), at=NOW + timedelta(days=days))


# What is kept


def test_answers_and_badges_come_back(store: Store) -> None:
    answered(QUESTION, False, 12.5, store=store, at=NOW)
    answered(QUESTION, True, 3.0, attempt=2, store=store, at=NOW + timedelta(seconds=20))
    badge("norms", "challenge", store=store, at=NOW)
    badge("norms", "challenge", store=store, at=NOW + timedelta(days=1))
    kept = [(row["key"], row["right"], row["seconds"], row["attempt"]) for row in rows(store, "answers")]
    assert kept == [(QUESTION, 0, 12.5, 1), (QUESTION, 1, 3.0, 2)]
    assert [row["key"] for row in rows(store, "badges")] == ["norms/challenge"]
    assert rows(store, "badges")[0]["at"].startswith("2026-03-15")  # type: ignore[attr-defined]
    assert last_answered([QUESTION, CARD], store) == {QUESTION: NOW + timedelta(seconds=20)}


@pytest.mark.parametrize("rating", [0, 5, -1])
def test_a_rating_is_one_of_four(store: Store, rating: int) -> None:
    with pytest.raises(JudgeError, match="is no rating"):
        rated(CARD, rating, store=store)
    assert rows(store, "answers") == []


@pytest.mark.parametrize(
    ("problem", "left"),
    [("relu", {QUESTION, "relux/drill/a"}), (None, set()), ("softmax", {QUESTION, DRILL, "relux/drill/a"})],
)
def test_a_reset_forgets_the_drills_of_a_problem_or_everything(
    store: Store, problem: str | None, left: set[str]
) -> None:
    for key in (QUESTION, DRILL, "relux/drill/a"):
        answered(key, False, 1.0, store=store)
    store.reset(problem)
    assert {row["key"] for row in rows(store, "answers")} == {row["key"] for row in rows(store, "reviews")} == left


# Files of before, and damaged ones


def old_file(store: Store) -> None:
    """A progress file as it was before studying was kept."""
    accepted(store, 0)
    with sqlite3.connect(store.path) as db:
        for table in ADDED:
            db.execute(f"DROP TABLE IF EXISTS {table}")


def test_an_old_file_gets_the_new_tables_and_loses_nothing(store: Store) -> None:
    old_file(store)
    assert last_answered([QUESTION], store) == {}, "reading leaves the file as it is"
    tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
    assert {name for (name,) in sqlite3.connect(store.path).execute(tables)} == set(TABLES)
    answered(QUESTION, True, 1.0, store=store)
    assert store.summary("relu").state == "solved" and last_answered([QUESTION], store)
    assert sqlite3.connect(store.path).execute("PRAGMA user_version").fetchone() == (VERSION,)
    assert store.notices == []


def test_an_old_file_that_is_only_readable_can_be_read(store: Store, bank: Bank) -> None:
    old_file(store)
    answer = store.database.read("SELECT count(*) AS n FROM answers")
    assert answer[0]["n"] == 0 and due(bank, store, NOW + timedelta(days=30)).problems == ("relu",)


def test_a_file_with_other_answers_is_set_aside(store: Store) -> None:
    old_file(store)
    with sqlite3.connect(store.path) as db:
        db.execute("CREATE TABLE answers (somebody TEXT)")
    answered(QUESTION, True, 1.0, store=store)
    assert "lacks a table or a column" in store.notices[0]
    assert last_answered([QUESTION], store) and list(store.path.parent.glob("*.damaged-1.sqlite3"))


def test_keeping_cannot_fail(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file")
    answered(QUESTION, False, 1.0, store=store)
    rated(CARD, 3, store=store)
    badge("norms", "quick", store=store)
    assert store.notices and "Progress is not being kept" in store.notices[0]


# What is due


@pytest.mark.parametrize(
    ("answers", "days"),
    [
        ([True], None),  # never missed: it need not come again
        ([False], 1),
        ([False, True], 3),
        ([False, True, True], 9),
        ([False, True, False], 4),
    ],
    ids=str,
)
def test_a_missed_question_comes_again_until_it_is_known(store: Store, answers: list[bool], days: int | None) -> None:
    at = NOW
    for right in answers:
        answered(QUESTION, right, 1.0, store=store, at=at)
        at = due_dates([QUESTION], store).get(QUESTION, at)
    found = due_dates([QUESTION], store).get(QUESTION)
    assert (found and (found - NOW).days) == days


def test_a_second_attempt_does_not_make_up_for_the_first(store: Store) -> None:
    answered(QUESTION, False, 1.0, store=store, at=NOW)
    before = due_dates([QUESTION], store)
    answered(QUESTION, True, 1.0, attempt=2, store=store, at=NOW)
    assert due_dates([QUESTION], store) == before != {}


@pytest.mark.parametrize(
    ("rating", "wait"),
    [(1, timedelta(minutes=1)), (2, timedelta(days=1)), (3, timedelta(days=2)), (4, timedelta(days=8))],
)
def test_a_card_waits_the_longer_the_better_it_is_known(store: Store, rating: int, wait: timedelta) -> None:
    rated(CARD, rating, store=store, at=NOW)
    assert due_dates([CARD], store) == {CARD: NOW + wait}


def test_the_same_ratings_give_the_same_dates(tmp_path: Path) -> None:
    def dates(home: Path) -> list[datetime]:
        found, at = [], NOW
        for rating in (3, 3, 2, 1, 3, 4, 3, 3):
            rated(CARD, rating, store=Store(home), at=at)
            found.append(at := due_dates([CARD], Store(home))[CARD])
        return found

    assert dates(tmp_path / "a") == dates(tmp_path / "b")


def test_a_solved_problem_comes_again_after_gaps_that_grow(store: Store, bank: Bank) -> None:
    gaps, day = [], 0
    for _ in range(3):
        accepted(store, day)
        accepted(store, day, failing=True)  # nothing after the first success of a day counts
        gap = next(n for n in range(1, 400) if due(bank, store, NOW + timedelta(days=day + n)).problems)
        gaps.append(gap)
        day += gap
    assert gaps[0] == 2 and gaps == sorted(gaps) and gaps[2] > 20


def test_a_problem_that_took_several_attempts_comes_sooner(store: Store, bank: Bank) -> None:
    accepted(store, 0, problem="softmax", failing=True)
    accepted(store, 0, problem="softmax")
    accepted(store, 0)
    assert due(bank, store, NOW + timedelta(days=1)).problems == ("softmax",)


def test_what_is_due_is_sorted_by_what_it_is(store: Store, bank: Bank) -> None:
    for key in (QUESTION, DRILL, "gone/quick/a", "tanh/drill/a"):
        answered(key, False, 1.0, store=store, at=NOW)
    for key in (CARD, "gone/cards/b"):
        rated(key, 2, store=store, at=NOW)
    accepted(store, -9)
    found = due(bank, store, NOW + timedelta(days=1))
    assert found == Due((CARD,), (QUESTION, DRILL), ("relu",))
    assert found.of("norms") == 2 and found.of("relu") == 0
    assert found.sentence("`review()`") == "Due today: 1 card, 2 questions and 1 problem. `review()` begins."
    forget(CARD, store)
    assert due(bank, store, NOW + timedelta(days=1)).cards == ()


@pytest.mark.parametrize(
    ("found", "sentence"),
    [(Due(), ""), (Due(cards=("a/cards/b",) * 3), "Due today: 3 cards. `torch-judge review` begins.")],
)
def test_the_sentence_says_what_is_due(found: Due, sentence: str) -> None:
    assert found.sentence("`torch-judge review`") == sentence


def test_without_fsrs_answers_are_kept_and_nothing_is_due(
    store: Store, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch_judge.learner.spacing.find_spec", lambda name: None)
    answered(QUESTION, False, 1.0, store=store, at=NOW)
    rated(CARD, 1, store=store, at=NOW)
    accepted(store, -9)
    assert due(bank, store, NOW + timedelta(days=9)) == Due() and len(rows(store, "answers")) == 2
