"""What a learner types to study: ``lesson``, ``quiz`` and ``answer``."""

from __future__ import annotations

from collections.abc import Callable

from torch_judge import show
from torch_judge.bank.lessons import Lesson
from torch_judge.errors import JudgeError
from torch_judge.show.words import counted
from torch_judge.study import page, record, terminal, widgets
from torch_judge.study.lessons import Series, lessons, series, sets_of
from torch_judge.study.quiz import Quiz
from torch_judge.study.sheet import sheet

_ASKING: list[Quiz] = []  # the quiz that `answer` speaks to is the last one


def lesson(topic: str = "") -> None:
    """Show a lesson's cheat sheet, everything in it run; without a topic, which lessons there are."""

    def tell() -> None:
        if not topic:
            show.show_message(*listed())
            return
        found = sheet(lessons().get(topic))
        show.publish(terminal.as_text(lambda console: terminal.sheet(console, found)), lambda: page.sheet(found))
        show.show_message(following(found.lesson))

    told(tell)


def quiz(topic: str, set: str = "quick") -> None:
    """Ask a lesson's questions.

    Parameters
    ----------
    topic: the lesson, or how its topic alone begins: "batchnorm", "batch".
    set: "quick"; "practice", from easy to hard, with worked steps; "challenge", timed, two attempts each, a badge when
        all are right; "trace", about what `trace` shows.

    Answer by a click, or with `answer(1, "C")`.
    """

    def tell() -> None:
        found = series(lessons().get(topic), set)
        for fault in found.faults:
            show.show_message("A question is left out.", str(fault), style="error")
        present(of_series(found))

    told(tell)


def answer(number: int, letter: str) -> None:
    """Answer a question of the quiz that was asked last, for example ``answer(3, "C")``."""

    def tell() -> None:
        if not _ASKING:
            raise JudgeError("No question has been asked.", 'Ask some first: `quiz("batchnorm")`.')
        asking = _ASKING[-1]
        given = asking.answer(number, letter)
        show.publish(
            terminal.as_text(terminal.answered(asking, number, given)), lambda: page.answered(asking, number, given)
        )
        for notice in asking.notices():
            show.show_message(notice)

    told(tell)


def present(asking: Quiz) -> None:
    """Show a quiz where the learner is; `answer` speaks to it from now on. A quiz before it is left."""
    while _ASKING:
        _ASKING.pop().leave()
    _ASKING.append(asking)
    if widgets.available():
        widgets.show(asking)
    else:
        show.publish(terminal.as_text(terminal.quiz(asking)), lambda: page.quiz(asking))


def of_series(found: Series) -> Quiz:
    """The quiz of a lesson's set; when all of it is right, that is kept."""

    def won() -> str:
        record.badge(found.lesson.topic, found.name)
        return f"You have earned the badge of `{found.lesson.topic}`." if found.name == "challenge" else ""

    return Quiz(f"{found.lesson.title}: {found.name}", found.questions, won=won)


def listed() -> tuple[str, str]:
    """Which lessons there are, and what to type."""
    topics = lessons().topics
    if not topics:
        return "No lesson is installed.", ""
    return f"{counted(len(topics), 'lesson')}: {', '.join(f'`{t}`' for t in topics)}.", f'Type `lesson("{topics[0]}")`.'


def following(found: Lesson) -> str:
    """What can be typed after a lesson's cheat sheet."""
    quizzes = [f'`quiz("{found.topic}", "{name}")`' for name in sets_of(found)]
    checks = [f'`check("{id}")`' for id in found.problems]
    return f"Next: {', '.join([*quizzes, *checks])}."


def told(tell: Callable[[], None]) -> None:
    """Do it; what cannot be done is shown as a message."""
    try:
        tell()
    except JudgeError as error:
        show.show_message(error.fact, error.remedy, style="error")
