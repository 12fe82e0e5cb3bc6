"""What the server extension answers: plain functions of the workspace, the bank and the progress store."""

from __future__ import annotations

import os
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from torch_judge.bank import HINTS, Bank, Problem, find_bank
from torch_judge.bank.lessons import Lessons, find_lessons
from torch_judge.bank.order import by_topic
from torch_judge.errors import JudgeError
from torch_judge.learner.due import due, lesson_rows
from torch_judge.learner.progress import Store, Summary
from torch_judge.learner.shared import next_hint, next_row, status_rows
from torch_judge.notebooks.carried import setup
from torch_judge.notebooks.settings import repository
from torch_judge.notebooks.workspace import Workspace, problem_of


class Answers:
    """One request's answers, for the workspace at ``root``. Every method raises JudgeError if it cannot answer."""

    def __init__(self, root: Path) -> None:
        self.bank = _bank(os.environ.get("TORCH_JUDGE_PROBLEMS"))
        self.lessons: Lessons = find_lessons(self.bank)
        self.store = Store()
        self.workspace = Workspace(root, self.bank)

    def problems(self) -> dict[str, Any]:
        """Every problem with what the learner did on it, their ``order`` of study, and which is ``next``.

        Every lesson, too, and in ``due`` what there is to review today, "" if nothing.
        What went wrong with the progress is in ``notices``.
        """
        done = self.store.summaries()
        problems = self.bank.problems()
        rows = [self._row(problem, done.get(problem.id, Summary(problem.id))) for problem in problems]
        order = [problem.id for group in by_topic(problems).values() for problem in group]
        next_ = next_row(status_rows(self.bank, self.store)[0], self.store)
        today = due(self.bank, self.store)
        lessons = lesson_rows(self.bank, self.store, today)
        return {
            "lessons": [{**asdict(row), "state": row.state} for row in lessons],
            "due": today.sentence(),
            "problems": rows,
            "order": order,
            "next": next_ and next_.id,
            "repository": repository(),
            "notices": self.store.notices,
        }

    def open(self, problem: str) -> dict[str, Any]:
        """Where the problem's notebook lies, written if it is missing."""
        return {"path": self._relative(self.workspace.notebook(self.bank.get(problem)))}

    def lesson(self, topic: str) -> dict[str, Any]:
        """Where the lesson's notebook lies, written if it is missing."""
        return {"path": self._relative(self.workspace.lesson(self.lessons.get(topic)))}

    def review(self) -> dict[str, Any]:
        """Where the notebook lies in which one reviews, written if it is missing: the welcome notebook."""
        return {"path": self._relative(self.workspace.welcome())}

    def hint(self, problem: str) -> dict[str, Any]:
        """The next hint, and all that are shown by now."""
        found = self.bank.get(problem)
        level, text = next_hint(found, self.store)
        return {"level": level, "of": HINTS, "text": text, "hints": list(found.hints[:level])}

    def solution(self, problem: str) -> dict[str, Any]:
        """Where the solution notebook lies. Looking before the problem is solved is remembered."""
        found = self.bank.get(problem)
        path = self._relative(self.workspace.solution(found))
        if self.store.summary(found.id).state != "solved":
            self.store.record_peek(found.id)
        return {"path": path, "peeked": self.store.summary(found.id).peeked}

    def colab(self, problem: str) -> dict[str, Any]:
        """The source of a set-up cell that carries the judge and the problem."""
        return {"source": setup(self.bank.get(problem))}

    def reset(self, problem: str, path: str) -> dict[str, Any]:
        """Put the blank notebook at ``path``; ``kept`` is where the old work lies."""
        found = self.bank.get(problem)
        target = self.workspace.find(path)
        if target.suffix != ".ipynb" or problem_of(target) != found.id:
            raise JudgeError(f"`{path}` is no notebook of `{found.id}`.", "Open that problem's notebook and reset it.")
        return {"kept": self._relative(self.workspace.reset(target, found))}

    def _row(self, problem: Problem, done: Summary) -> dict[str, Any]:
        there = self.workspace.existing(problem)
        return {
            "id": problem.id,
            "number": problem.number,
            "title": problem.title,
            "difficulty": problem.difficulty,
            "topic": problem.topic,
            "notebook": problem.notebook,
            "state": done.state,
            "attempts": done.attempts,
            "best_s": done.best_s,
            "peeked": done.peeked,
            "hints": list(problem.hints[: self.store.hint_level(problem.id)]),
            "path": self._relative(there) if there else None,
        }

    def _relative(self, path: Path) -> str:
        for root in (self.workspace.root, self.workspace.root.resolve()):
            if path.is_relative_to(root):
                return path.relative_to(root).as_posix()
        raise JudgeError(f"`{path}` lies outside of the workspace.", "Name a notebook in it.")


@lru_cache(maxsize=1)
def _bank(_: str | None) -> Bank:
    """Reading every record takes longer than all else; new problems come with a new server."""
    return find_bank()
