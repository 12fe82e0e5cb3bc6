"""Finds lesson folders and reads what a lesson says of itself. Neither torch nor a Markdown parser is imported."""

from __future__ import annotations

import contextlib
import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from torch_judge.bank.problems import LONGEST, Bank
from torch_judge.errors import JudgeError, ProblemError

FILES = ("lesson.md", "cards.md", "questions.md", "trace.py", "explain.md")
KEYS = ("title", "problems")
CLAIM = re.compile(r" ?`claim: ([^`]+)`")
"""Behind a sentence of lesson.md: an expression that must be True; it is not shown."""


@dataclass(frozen=True)
class Lesson:
    """One lesson: a folder whose name is its topic. ``problems``: ids of the exercises that it prepares for."""

    topic: str
    folder: Path = field(repr=False)
    title: str
    problems: tuple[str, ...]

    @property
    def notebook(self) -> str:
        """The stem of its notebook's file name."""
        return f"lesson_{self.topic}"

    def has(self, name: str) -> bool:
        """Whether the lesson has this file."""
        return (self.folder / name).is_file()

    def text(self, name: str) -> str:
        """One of its files; "" if the lesson has none of that name. Raises ProblemError if it cannot be read."""
        if not self.has(name):
            return ""
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ProblemError(f"`{self.folder / name}` cannot be read: {error}.", "Restore the file.") from None


class Lessons:
    """All lessons beside the folders of a bank; a later folder wins over an earlier one."""

    def __init__(self, roots: Iterable[Path]) -> None:
        self.roots = tuple(root for root in roots if root.is_dir())
        self._folders = {
            folder.name: folder
            for root in self.roots
            for folder in sorted(root.iterdir())
            if (folder / "lesson.md").is_file()
        }
        self._loaded: dict[str, Lesson] = {}

    @property
    def topics(self) -> tuple[str, ...]:
        """Every lesson's topic. Loads none."""
        return tuple(self._folders)

    def get(self, name: str) -> Lesson:
        """The lesson of this topic, whose topic alone begins like this, or that prepares for the problem of this id.

        Raises JudgeError, naming the nearest, if there is none.
        """
        asked = str(name)[:LONGEST].lower()
        meant = [asked] if asked in self._folders else [t for t in self._folders if asked and t.startswith(asked)]
        if len(meant) == 1:
            if meant[0] not in self._loaded:
                self._loaded[meant[0]] = load(self._folders[meant[0]])
            return self._loaded[meant[0]]
        if not meant and (found := self.of_problem(asked)):
            return found
        near = meant or difflib.get_close_matches(asked, self._folders, n=3, cutoff=0.5)
        listed = ", ".join(f"`{topic}`" for topic in near or self._folders)
        fact = f"Several lessons begin with `{asked}`." if meant else f"There is no lesson `{asked}`."
        if not self._folders:
            raise JudgeError(fact, "No lesson is installed.")
        raise JudgeError(fact, f"Did you mean {listed}?" if near else f"The lessons are: {listed}.")

    def lessons(self) -> tuple[Lesson, ...]:
        """Every lesson, by topic."""
        return tuple(self.get(topic) for topic in sorted(self._folders))

    def of_problem(self, id: str) -> Lesson | None:
        """The first lesson that prepares for a problem. A lesson at fault is passed over: an exercise works without."""
        for topic in sorted(self._folders):
            with contextlib.suppress(ProblemError):
                if id in self.get(topic).problems:
                    return self.get(topic)
        return None


def find_lessons(bank: Bank) -> Lessons:
    """The lessons that stand beside the bank's folders: ``lessons/`` next to ``problems/``, private banks too."""
    return Lessons(root.parent / "lessons" for root in bank.roots)


def load(folder: Path) -> Lesson:
    """Read what a lesson says of itself; raises ProblemError, naming the file and line, if that is bad."""
    path = folder / "lesson.md"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ProblemError(f"`{path}` cannot be read: {error}.", "Mend the file.") from None
    head, _ = front_matter(lines, str(path))
    for key in KEYS:
        if key not in head:
            raise ProblemError(
                f"{path}:1: `{key}:` is missing.", "The file begins with `---`, `title: …`, `problems: …`."
            )
    problems = tuple(filter(None, (id.strip() for id in head["problems"].split(","))))
    return Lesson(folder.name, folder, head["title"], problems)


def front_matter(lines: list[str], where: str) -> tuple[dict[str, str], int]:
    """The ``key: value`` lines between the two ``---`` that a file begins with, and how many lines they take.

    Raises ProblemError with the line at fault.
    """
    if not lines or lines[0].strip() != "---":
        raise ProblemError(f"{where}:1: a lesson begins with `---`.", "Write `title: …` and `problems: …` after it.")
    head: dict[str, str] = {}
    for number, line in enumerate(lines[1:], start=2):
        if line.strip() == "---":
            return head, number
        key, colon, value = line.partition(":")
        if not colon or key.strip() not in KEYS:
            raise ProblemError(
                f"{where}:{number}: `{line.strip()}` is unknown here.", f"The keys are {', '.join(KEYS)}."
            )
        head[key.strip()] = value.strip()
    raise ProblemError(f"{where}:1: the second `---` is missing.", "Close the head of the file with it.")
