"""The one exception that the judge lets out: a fact, and what to do next."""

from __future__ import annotations


class JudgeError(Exception):
    """Nothing could be judged, and it is not the learner's code that is wrong.

    ``fact`` says what is the case, ``remedy`` what to do or to type next. Commands exit with status 2.
    """

    def __init__(self, fact: str, remedy: str = "") -> None:
        super().__init__(f"{fact} {remedy}".strip())
        self.fact = fact
        self.remedy = remedy


class ProblemError(JudgeError):
    """A problem folder is at fault: its author must mend it."""


class SubmissionError(JudgeError):
    """The learner's code cannot be judged (syntax error, missing entry). Commands exit with status 1."""
