"""A question, one learner's attempt at it, and what is said to an answer. Pure: no torch, no clock, no file."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import NamedTuple

from torch_judge.errors import JudgeError

SETS = ("quick", "practice", "challenge", "trace")
ATTEMPTS = {"quick": 1, "practice": 2, "challenge": 2, "trace": 1}
KINDS = {
    "predict": "what the code gives: values, shapes, dtypes",
    "error": "which error is raised, and why",
    "in place": "which buffers or arguments change",
    "mode": "training against evaluation",
    "gradient": "whether there is one, and which",
    "concept": "what a thing is for",
    "hyperparameter": "what a setting does",
    "choice": "which layer or function for this data",
    "line": "which line is wrong",
    "order": "in which order the lines work",
}
LEVELS = ("easy", "intermediate", "advanced")
LETTERS = "ABCDEFGH"


class Evidence(NamedTuple):
    """Code that was run and what came of it: what it printed, its value or its error."""

    code: str
    output: str


@dataclass(frozen=True)
class Choice:
    """One option. ``text`` and ``why`` are Markdown; ``why`` is the misconception, or why the key is right.

    ``evidence``: the code behind the option and its output, None where nothing could be run.
    """

    text: str
    right: bool
    why: str
    evidence: Evidence | None = None


@dataclass(frozen=True)
class Question:
    """One question, its keys computed. ``choices`` stand in the order of the file; exactly one is right.

    ``key``: topic/set/slug, e.g. "batchnorm/challenge/two-rows", the name under which answers are stored.
    ``seconds``: the time allowed, None for no limit. ``check``: code that a learner can run to see for himself.
    ``source``: where the key comes from if no run can decide it. ``path``, ``line``: where the author wrote it.
    """

    key: str
    title: str
    kind: str
    level: str
    prompt: str
    choices: tuple[Choice, ...]
    hint: str = ""
    steps: tuple[str, ...] = ()
    check: str = ""
    mistakes: tuple[str, ...] = ()
    source: str = ""
    seconds: int | None = None
    attempts: int = 1
    path: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)

    @property
    def right(self) -> Choice:
        """The key."""
        return next(choice for choice in self.choices if choice.right)


class Reply(NamedTuple):
    """What an answer is worth, and what to say: ``why`` first, then ``evidence``, then ``key`` and ``steps``.

    ``right``: the key was chosen. ``late``: after the time allowed, so that it does not count. ``left``: attempts
    that remain. ``key``: letter of the right option, "" while there are attempts left.
    """

    letter: str
    right: bool
    late: bool
    left: int
    why: str
    evidence: Evidence | None
    key: str
    steps: tuple[str, ...]

    @property
    def counts(self) -> bool:
        """Right and in time."""
        return self.right and not self.late

    @property
    def over(self) -> bool:
        """Nothing more can be answered."""
        return bool(self.key)


class Asked:
    """A question put to a learner: the order of its options drawn from ``seed``, and the answers so far.

    Times are seconds since the question was shown; whoever shows it holds the clock.
    """

    def __init__(self, question: Question, seed: int) -> None:
        self.question = question
        order = list(question.choices)
        random.Random(f"{question.key}/{seed}").shuffle(order)
        self.options = dict(zip(LETTERS, order, strict=False))
        self.replies: list[Reply] = []

    @property
    def key(self) -> str:
        """The letter of the right option."""
        return next(letter for letter, choice in self.options.items() if choice.right)

    @property
    def over(self) -> bool:
        """Answered right, or no attempt is left."""
        return bool(self.replies) and self.replies[-1].over

    def answer(self, letter: str, seconds: float = 0.0) -> Reply:
        """Judge one answer; raises JudgeError for a letter that is no option, twice the same, or one too many."""
        name = letter.strip().upper()
        if self.over:
            right = self.replies[-1].right
            fact = "You have answered this question right already." if right else self._used_up()
            raise JudgeError(fact, "Ask again with `quiz(…)`: the options will stand in another order.")
        if name not in self.options:
            raise JudgeError(f"`{letter[:20]}` is no option here.", f"Choose one of {', '.join(self.options)}.")
        if any(reply.letter == name for reply in self.replies):
            others = [other for other in self.options if other not in {reply.letter for reply in self.replies}]
            raise JudgeError(f"You have tried {name} already.", f"Choose one of {', '.join(others)}.")
        self.replies.append(self._reply(name, seconds))
        return self.replies[-1]

    def time_left(self, seconds: float) -> float | None:
        """Seconds that remain, not below 0; None if there is no limit."""
        return None if self.question.seconds is None else max(self.question.seconds - seconds, 0.0)

    def _reply(self, letter: str, seconds: float) -> Reply:
        choice = self.options[letter]
        late = self.question.seconds is not None and seconds > self.question.seconds
        left = 0 if choice.right or late else self.question.attempts - len(self.replies) - 1
        over = left == 0
        return Reply(
            letter=letter,
            right=choice.right,
            late=late,
            left=left,
            why=choice.why,
            evidence=choice.evidence,
            key=self.key if over else "",
            steps=self.question.steps if over else (),
        )

    def _used_up(self) -> str:
        if self.replies[-1].late:
            return "The time for this question is over."
        return "You have used your attempt." if self.question.attempts == 1 else "You have used both attempts."
