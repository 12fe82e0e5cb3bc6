"""Drills: made of every problem's mistakes, with one right answer each, and evidence that is true."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest

from torch_judge.bank import find_bank
from torch_judge.errors import JudgeError
from torch_judge.learner.progress import Store
from torch_judge.report import Report
from torch_judge.study import drill as drills
from torch_judge.study import flaws, practice, printing
from torch_judge.study.asking import Question
from torch_judge.study.places import Flawed
from torch_judge.study.record import answered
from torch_judge.verdict.judging import judge_live
from torch_judge.verdict.known import Known, KnownMistake, known

BANK = find_bank()
FEW = ("attention", "batchnorm", "relu")
FENCED = re.compile(r"```python\n(.*?)\n```", re.DOTALL)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def of(id: str) -> Known:
    return known(BANK.get(id))


def mistake(id: str, name: str) -> KnownMistake:
    return next(mistake for mistake in flaws.drillable(of(id)) if mistake.id == name)


# Every problem


def failures(id: str, name: str, questions: tuple[Question, ...]) -> list[str]:
    """What is wrong with one drill."""
    found = []
    for question in questions:
        texts = [choice.text for choice in question.choices]
        if sum(choice.right for choice in question.choices) != 1 or len(set(texts)) != len(texts):
            found.append(f"{question.key}: not one right option")
        if not 3 <= len(texts) <= 4 or not all(choice.why for choice in question.choices):
            found.append(f"{question.key}: {len(texts)} options, or one without a reason")
        found += {"line": wrong_line, "concept": wrong_evidence, "predict": lambda *_: []}[question.kind](
            id, name, question
        )
    return found


def wrong_line(id: str, name: str, question: Question) -> list[str]:
    """The line that is asked for is not the solution's, or nothing is missing behind it; the others are."""
    solution = [line.strip() for line in BANK.get(id).solution.splitlines()]
    lines = {choice.text.partition(": ")[2].strip("`"): choice.right for choice in question.choices}
    missing = "Something is missing" in question.prompt
    return [f"{question.key}: {line}" for line, right in lines.items() if (line in solution) != (missing or not right)]


def wrong_evidence(id: str, name: str, question: Question) -> list[str]:
    """The case that is named fails on the code that is shown, judged anew."""
    code = "\n".join(
        re.sub(r"^ *\d+ ?(?: (.*))?$", r"\1", line) for line in FENCED.search(question.prompt)[1].split("\n")
    )  # type: ignore[index]
    evidence = question.right.evidence
    assert evidence is not None
    number = int(re.search(r"case=(\d+)", evidence.code)[1])  # type: ignore[index]
    problem = BANK.get(id)
    case = of(id).case(number).name
    told = question.right.text == mistake(id, name).message
    # Alone, or after the cases before it: a mistake may remember what an earlier call was given.
    reports = (judge_live(problem, entry(code, problem.entry), case=which) for which in (number, None))
    fails = any(case in [result.name for result in report.failed] for report in reports)
    return [] if told and fails else [f"{question.key}: case {number} passes, or another sentence is right"]


def entry(code: str, name: str) -> object:
    names: dict[str, object] = {}
    exec(compile(code, "<drill>", "exec"), names)
    return names[name]


def prove(id: str, seeds: range) -> None:
    made = {(name, seed): drills.drill(of(id), name, seed) for name in drills.names(of(id)) for seed in seeds}
    asked = {name for (name, _), questions in made.items() if questions}
    assert len(asked) >= 3
    assert [line for (name, seed), q in made.items() if seed == 0 for line in failures(id, name, q)] == []
    assert all(sum(c.right for c in q.choices) == 1 for questions in made.values() for q in questions)


@pytest.mark.parametrize("id", FEW)
def test_drills_have_one_right_answer_and_true_evidence(id: str) -> None:
    prove(id, range(1))


@pytest.mark.slow
@pytest.mark.parametrize("id", sorted(set(BANK.ids) - set(FEW)))
def test_drills_of_every_problem_have_one_right_answer_and_true_evidence(id: str) -> None:
    prove(id, range(2))


@pytest.mark.parametrize(
    ("id", "kinds"), [("mha", {"line", "concept", "predict"}), ("debug_batchnorm", {"line", "concept"})]
)
def test_a_problem_is_drilled_in_all_ways(id: str, kinds: set[str]) -> None:
    names = drills.names(of(id))
    assert {q.kind for name in (names[0], names[-1]) for q in drills.drill(of(id), name, 0)} == kinds


def test_a_seed_means_one_drill_and_takes_little_time() -> None:
    first = drills.drill(of("mha"), "no_scaling", 3)
    spent = []
    for _ in range(3):
        started = time.perf_counter()
        assert drills.drill(of("mha"), "no_scaling", 3) == first
        spent.append(time.perf_counter() - started)
    assert min(spent) < 0.1
    assert all(drills.of_key(of("mha"), question.key, 3) == first for question in first)
    assert drills.drill(of("mha"), "no_such_mistake", 3) == drills.drill(of("mha"), "print:99", 3) == ()


# Which sentences may stand side by side


@pytest.mark.parametrize(
    ("id", "one", "other", "confused"),
    [
        ("mha", "heads_never_swapped", "heads_not_split_properly", True),  # an edit in common
        ("mha", "scaled_after_softmax", "no_scaling", True),
        ("batchnorm", "unbiased_output", "unbiased_everywhere", True),  # the same wrong output
        ("batchnorm", "detached_statistics", "detached_variance", True),
        ("mha", "no_scaling", "keys_values_tied", False),
        ("batchnorm", "eps_outside", "stores_std", False),
    ],
)
def test_a_sentence_that_may_be_true_as_well_is_no_distractor(id: str, one: str, other: str, confused: bool) -> None:
    pair = mistake(id, one), mistake(id, other)
    assert flaws.confusable(of(id), *pair) == confused
    assert not confused or flaws.confusable(of(id), *reversed(pair))


def test_distractors_are_made_elsewhere_if_there_are_enough() -> None:
    batchnorm, over = of("batchnorm"), mistake("batchnorm", "over_the_features")
    for seed in range(20):
        ids = {other.id for other in flaws.distractors(batchnorm, over, random.Random(seed))}
        assert len(ids) == 3 and "wrong_axis" not in ids  # it says the same of the same line


# Which line


@pytest.mark.parametrize(
    ("wrong", "line", "missing"),
    [
        ("a = 1\nb = 2\nc = 4\nd = 4\ne = 5", "c = 4", False),
        ("a = 1\nb = 2\nb = b + 1\nc = 3\nd = 4\ne = 5", "b = b + 1", False),
        ("a = 1\nb = 2\nd = 4\ne = 5", "b = 2", True),
        ("a = 1\nc = 3\nb = 2\nd = 4\ne = 5", None, False),  # which of the two was moved?
        ("a = 1\nb = 2\nd = 4", None, False),  # too little is left
        ("import math\na = 1\nb = 2\nc = 3\nd = 4\ne = 5", None, False),
    ],
)
def test_the_line_that_is_asked_for(wrong: str, line: str | None, missing: bool) -> None:
    asked = Flawed("a = 1\nb = 2\nc = 3\nd = 4\ne = 5", wrong).asked(frozenset(), random.Random(0))
    found = asked and (wrong.splitlines()[asked.lines[0] - 1], asked.missing)
    assert found == (line and (line, missing))


# What does it show


def test_the_programs_of_an_example_tell_no_answer() -> None:
    programs = printing.programs(of("batchnorm"))
    assert len(programs) == 3 and programs[-1].endswith("running_mean, running_var)\nrunning_var")
    assert not any("#" in program for program in programs)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("tensor([1.00, 2.00])", "tensor([1.01, 2.00])", True),
        ("tensor([1.00, 2.00])", "tensor([1.10, 2.00])", False),
        ("tensor([1.00])", "tensor(1.00)", False),
        ("(2, 3)", "(2,  3)", True),
        ("nan", "inf", False),
    ],
)
def test_outputs_that_look_alike_are_not_both_shown(one: str, other: str, same: bool) -> None:
    assert printing.alike(one, other) == same


# Typed


def test_a_drill_opens_when_the_solution_is_known(store: Store) -> None:
    with pytest.raises(JudgeError, match="Solve the problem first, or look at its solution"):
        practice.drill_of("relu", BANK, store)
    assert not store.summary("relu").peeked
    store.record(Report("relu", True, 0))
    store.record_peek("softmax")
    for id in ("relu", "softmax"):
        assert practice.drill_of(id, BANK, store, seed=0).asked


def test_to_unlock_a_drill_is_a_look_at_the_solution(store: Store) -> None:
    assert practice.drill_of("relu", BANK, store, unlock=True).asked
    assert store.summary("relu").peeked


def test_each_time_another_mistake_comes_and_the_oldest_first(store: Store) -> None:
    problem, seen = of("attention"), []
    for seed in range(20):
        key = drills.next_drill(problem, store, seed)[-1].key
        answered(key, True, 1.0, store=store)
        seen.append(key)
    rounds = len(set(seen))
    assert 5 < rounds < 20 and seen[rounds:] == seen[: 20 - rounds]


def test_a_missed_drill_is_kept_as_missed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_JUDGE_HOME", str(store.path.parent))
    quiz = practice.drill_of("attention", BANK, store, unlock=True, seed=0)
    wrong = next(letter for letter, choice in quiz.asked[0].options.items() if not choice.right)
    assert not quiz.answer(1, wrong).right
    assert [row["key"] for row in store.database.read("SELECT key FROM reviews")] == [quiz.asked[0].question.key]
