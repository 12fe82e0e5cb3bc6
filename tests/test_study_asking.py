"""A question, an attempt at it, and what is said to an answer."""

from __future__ import annotations

from collections import Counter

import pytest

from torch_judge.errors import JudgeError
from torch_judge.study.asking import Asked, Choice, Evidence, Question

CHOICES = (
    Choice("the batch", True, "The statistics are those of the batch."),
    Choice("the row", False, "That is LayerNorm.", Evidence("print(1)", "1")),
    Choice("the channel", False, "That is InstanceNorm."),
)


def question(seconds: int | None = None, attempts: int = 2) -> Question:
    return Question(
        "demo/quick/one", "One", "concept", "easy", "Over what?", CHOICES, steps=("Look.",), seconds=seconds,
        attempts=attempts,
    )  # fmt: skip


def wrong(asked: Asked) -> list[str]:
    return [letter for letter, choice in asked.options.items() if not choice.right]


def test_every_place_of_the_key_is_as_likely() -> None:
    places = Counter(Asked(question(), seed).key for seed in range(600))
    assert set(places) == {"A", "B", "C"} and min(places.values()) > 150


def test_the_same_seed_gives_the_same_order() -> None:
    assert Asked(question(), 3).options == Asked(question(), 3).options


def test_a_wrong_answer_says_why_and_keeps_the_key_until_the_last_attempt() -> None:
    asked = Asked(question(), 0)
    first, second = (asked.answer(letter) for letter in wrong(asked))
    assert (first.right, first.left, first.key, first.steps) == (False, 1, "", ())
    assert (second.left, second.key, second.steps, second.over) == (0, asked.key, ("Look.",), True)
    assert {first.why, second.why} == {"That is LayerNorm.", "That is InstanceNorm."}
    assert Evidence("print(1)", "1") in {first.evidence, second.evidence}


def test_a_small_letter_is_the_same_letter() -> None:
    asked = Asked(question(), 0)
    assert asked.answer(f" {asked.key.lower()} ").counts


@pytest.mark.parametrize(("seconds", "counts"), [(0.0, True), (60.0, True), (60.5, False)])
def test_a_late_answer_does_not_count(seconds: float, counts: bool) -> None:
    asked = Asked(question(seconds=60), 0)
    reply = asked.answer(asked.key, seconds)
    assert reply.right and reply.counts is counts and reply.late is not counts


def test_a_late_wrong_answer_ends_the_question() -> None:
    asked = Asked(question(seconds=60), 0)
    assert asked.answer(wrong(asked)[0], 61).over
    with pytest.raises(JudgeError, match="The time for this question is over"):
        asked.answer(asked.key, 62)


@pytest.mark.parametrize(("seconds", "left"), [(0, 60), (45.5, 14.5), (90, 0)])
def test_time_left(seconds: float, left: float) -> None:
    assert Asked(question(seconds=60), 0).time_left(seconds) == left
    assert Asked(question(), 0).time_left(seconds) is None


@pytest.mark.parametrize(("letter", "fact"), [("D", "`D` is no option here"), ("", "`` is no option"), ("AB", "`AB`")])
def test_a_letter_that_is_no_option(letter: str, fact: str) -> None:
    with pytest.raises(JudgeError, match=fact) as raised:
        Asked(question(), 0).answer(letter)
    assert raised.value.remedy == "Choose one of A, B, C."


def test_a_third_attempt_and_a_repeated_letter() -> None:
    asked = Asked(question(), 0)
    one, two = wrong(asked)
    asked.answer(one)
    with pytest.raises(JudgeError, match=f"You have tried {one} already. Choose one of"):
        asked.answer(one)
    asked.answer(two)
    with pytest.raises(JudgeError, match="You have used both attempts"):
        asked.answer(asked.key)


def test_nothing_more_after_the_right_answer() -> None:
    asked = Asked(question(attempts=1), 0)
    asked.answer(asked.key)
    with pytest.raises(JudgeError, match="right already"):
        asked.answer(wrong(asked)[0])
