"""Questions put one after the other: the clock, the attempts, what is kept of them, and when all were right."""

from __future__ import annotations

import functools
import secrets
import time
from collections.abc import Callable, Sequence

from torch_judge.errors import JudgeError
from torch_judge.learner.progress import Store
from torch_judge.study import record
from torch_judge.study.asking import Asked, Question, Reply

Keep = Callable[[str, bool, float, int], None]


class Quiz:
    """Questions that are being asked, numbered from 1. The order of the options is drawn anew for each quiz.
    Answers are kept in the progress file, unless ``keep`` says otherwise.

    Timed questions come one by one: the clock of a question begins when it is first shown. ``won`` is called once, when
    the last one was answered and every answer counts.
    """

    def __init__(
        self,
        title: str,
        questions: Sequence[Question],
        *,
        seed: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        keep: Keep | None = None,
        won: Callable[[], str] | None = None,
    ) -> None:
        drawn = secrets.randbits(32) if seed is None else seed
        self.title = title
        self.asked = tuple(Asked(question, drawn) for question in questions)
        self.praise = ""  # what `won` said
        self.changed: Callable[[], None] = lambda: None  # called after each answer
        self._store = Store()
        self._clock, self._won = clock, won
        self._keep = keep or functools.partial(record.answered, store=self._store)
        self._shown: dict[int, float] = {}
        self._left = False

    @property
    def timed(self) -> bool:
        """Whether any question has a time limit."""
        return any(asked.question.seconds is not None for asked in self.asked)

    @property
    def running(self) -> bool:
        """Whether there is a clock and something left to answer."""
        return self.timed and bool(self.current) and not self._left

    @property
    def current(self) -> int:
        """The number of the first question that is not answered to its end, 0 if there is none."""
        return next((number for number, asked in enumerate(self.asked, start=1) if not asked.over), 0)

    @property
    def right(self) -> int:
        """How many questions were answered right and in time."""
        return sum(bool(asked.replies) and asked.replies[-1].counts for asked in self.asked)

    def notices(self) -> list[str]:
        """What went wrong with keeping answers, told once."""
        told, self._store.notices[:] = list(self._store.notices), []
        return told

    def show(self, number: int) -> Asked:
        """The question of this number, its clock begun; raises JudgeError if there is none."""
        if not 1 <= number <= len(self.asked):
            raise JudgeError(f"There is no question {number}.", f"The questions are 1 to {len(self.asked)}.")
        if self.timed and self.current and number > self.current:
            raise JudgeError(f"Question {number} was not asked yet.", f"Answer question {self.current} first.")
        self._shown.setdefault(number, self._clock())
        return self.asked[number - 1]

    def seconds(self, number: int) -> float:
        """How long ago a question was first shown, in seconds; 0 if it was not."""
        return self._clock() - self._shown[number] if number in self._shown else 0.0

    def left(self, number: int) -> float | None:
        """Seconds that remain for a question, None without a limit."""
        return self.asked[number - 1].time_left(self.seconds(number))

    def answer(self, number: int, letter: str) -> Reply:
        """Judge an answer and keep it; raises JudgeError for no question, no option, or one attempt too many."""
        if not isinstance(number, int) or not isinstance(letter, str):
            raise JudgeError("An answer is a number and a letter.", 'Write for example `answer(1, "C")`.')
        if self._left:
            raise JudgeError("You left this quiz while its clock ran.", "Begin it anew.")
        asked = self.show(number)
        seconds = self.seconds(number)
        reply = asked.answer(letter, seconds)
        self._keep(asked.question.key, reply.counts, seconds, len(asked.replies))
        if self._won and not self.current and self.right == len(self.asked):
            self.praise, self._won = self._won(), None
        self.changed()
        return reply

    def leave(self) -> None:
        """Keep a timed question that was shown and not answered to its end as missed: to see it is an attempt."""
        for number in self._shown:
            asked = self.asked[number - 1]
            if asked.question.seconds is not None and not asked.over:
                self._keep(asked.question.key, False, self.seconds(number), len(asked.replies) + 1)
                self._left = True
        self._shown.clear()
