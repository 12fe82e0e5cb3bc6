"""Lessons with their questions: read once per process, keys computed when a question is first asked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from torch_judge.bank import Bank, find_bank
from torch_judge.bank.lessons import Lesson, Lessons, find_lessons
from torch_judge.errors import JudgeError, ProblemError
from torch_judge.study.asking import SETS, Question
from torch_judge.study.drafts import Draft, Drafts, read_drafts
from torch_judge.study.keys import question

_COMPUTED: dict[tuple[str, int, str], Question] = {}


@dataclass(frozen=True)
class Series:
    """The questions of one set in their order; ``faults``: what is wrong with those that are left out."""

    lesson: Lesson
    name: str
    questions: tuple[Question, ...]
    faults: tuple[ProblemError, ...]


def bank() -> Bank:
    """The problems of `find_bank`."""
    return _bank_at(os.environ.get("TORCH_JUDGE_PROBLEMS"))


def lessons() -> Lessons:
    """The lessons beside them."""
    return _lessons_at(os.environ.get("TORCH_JUDGE_PROBLEMS"))


@lru_cache(maxsize=4)
def _bank_at(_: str | None) -> Bank:
    return find_bank()


@lru_cache(maxsize=4)
def _lessons_at(_: str | None) -> Lessons:
    return find_lessons(bank())


def drafts_of(lesson: Lesson) -> Drafts:
    """The lesson's questions as they are written; read anew if the file has changed."""
    path = lesson.folder / "questions.md"
    return _drafts_at(path, path.stat().st_mtime_ns, lesson) if path.is_file() else Drafts((), ())


@lru_cache(maxsize=64)
def _drafts_at(path: Path, _: int, lesson: Lesson) -> Drafts:
    return read_drafts(lesson.text("questions.md"), str(path), lesson.topic)


def series(lesson: Lesson, name: str) -> Series:
    """The questions of a set (``"quick"``, ``"practice"``, ``"challenge"``, ``"trace"``) with their keys.

    A question at fault is left out and named. Raises JudgeError for an unknown set, and if no question is left.
    """
    wanted = name.strip().lower()
    if wanted not in SETS:
        raise JudgeError(f"There is no set `{name}`.", f"The sets are {', '.join(SETS)}.")
    read = drafts_of(lesson)
    found: list[Question] = []
    faults = list(read.faults)
    for draft in read.drafts:
        if draft.set == wanted:
            try:
                found.append(computed(draft))
            except ProblemError as error:
                faults.append(error)
    if not found:
        have = ", ".join(sets_of(lesson)) or "none"
        fact = f"The lesson `{lesson.topic}` has no `{wanted}` questions."
        raise JudgeError(fact, str(faults[0]) if faults else f"It has: {have}.")
    return Series(lesson, wanted, tuple(found), tuple(faults))


def sets_of(lesson: Lesson) -> tuple[str, ...]:
    """The sets in which a lesson has questions."""
    have = {draft.set for draft in drafts_of(lesson).drafts}
    return tuple(name for name in SETS if name in have)


def computed(draft: Draft) -> Question:
    """A question with its key, computed once per process; raises ProblemError if it has none or several."""
    path = Path(draft.path)
    at = draft.path, path.stat().st_mtime_ns if path.exists() else 0, draft.key
    if at not in _COMPUTED:
        _COMPUTED[at] = question(draft)
    return _COMPUTED[at]


def by_key(key: str) -> Question:
    """The question that answers are stored under; raises JudgeError if no lesson has it (any longer)."""
    lesson = lessons().get(key.partition("/")[0])
    draft = next((draft for draft in drafts_of(lesson).drafts if draft.key == key), None)
    if draft is None:
        raise JudgeError(f"There is no question `{key}`.", f"The lesson `{lesson.topic}` may have changed.")
    return computed(draft)
