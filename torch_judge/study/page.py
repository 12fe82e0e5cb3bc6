"""Questions, replies and cheat sheets as HTML: no form, no script; what can be folded is a ``<details>``."""

from __future__ import annotations

from torch_judge.show.page import esc, heading, prose, soft, tag, wrapped
from torch_judge.study import saying
from torch_judge.study.asking import Asked, Reply
from torch_judge.study.markdown import block, to_html
from torch_judge.study.quiz import Quiz
from torch_judge.study.sheet import Sheet


def words(markdown: str) -> str:
    """Markdown as an element of the page."""
    return tag("div", to_html(markdown), class_="tj-prose")


def question(quiz: Quiz, number: int) -> str:
    """One question with its options and, folded, its hint; how to answer stands below it."""
    asked = quiz.show(number)
    out = head(quiz, number) + words(asked.question.prompt)
    out += tag("ul", *(option(letter, choice.text) for letter, choice in asked.options.items()), class_="tj-options")
    if asked.question.hint:
        out += tag("details", tag("summary", "Hint") + tag("div", words(asked.question.hint), class_="tj-inside"))
    return out + tag("p", prose(f'Answer with `answer({number}, "{next(iter(asked.options))}")`.'), class_="tj-soft")


def head(quiz: Quiz, number: int) -> str:
    """The title of a question and what sort it is."""
    asked = quiz.asked[number - 1]
    place = f"{number} of {len(quiz.asked)} · " if len(quiz.asked) > 1 else ""
    return heading(f"{place}{asked.question.title}") + tag("p", soft(saying.about(asked.question)))


def option(letter: str, text: str) -> str:
    """One option: its letter and its text."""
    return tag("li", tag("strong", esc(letter), class_="tj-letter"), words(text))


def reply(given: Reply, asked: Asked) -> str:
    """What is said to an answer."""
    line = saying.verdict(given, asked.question)
    first = tag("p", tag("strong", esc(line), class_="tj-good" if given.counts else "tj-bad"))
    box = "tj-box tj-hint" if given.counts else "tj-box tj-wrong"
    return tag("div", first, words(saying.reply(given, asked)), class_=box, role="status")


def quiz(asking: Quiz) -> str:
    """A quiz as one element: all its questions, or, if they are timed, the one that comes next."""
    numbers = [asking.current] if asking.timed else range(1, len(asking.asked) + 1)
    return wrapped(asking.title, title(asking.title), *(question(asking, number) for number in numbers if number))


def invitation(asking: Quiz) -> str:
    """What stands before the first of several timed questions, whose clock does not run as yet."""
    total = len(asking.asked)
    text = f"{total} timed questions, one after the other. The clock of each begins when you see it."
    return title(asking.title) + tag("p", esc(text))


def answered(asking: Quiz, number: int, given: Reply) -> str:
    """The reply to an answer as one element, with what comes next."""
    inside = reply(given, asking.asked[number - 1])
    if text := saying.summary(asking):
        inside += tag("p", prose(text), class_="tj-next")
    elif asking.timed and given.over:
        inside += question(asking, asking.current)
    return wrapped(f"Reply to question {number}", inside)


def title(text: str) -> str:
    """The title of a quiz or a lesson."""
    return tag("p", esc(text), class_="tj-verdict")


def sheet(shown: Sheet) -> str:
    """A cheat sheet as one element, each block with what it printed."""
    out = title(shown.lesson.title)
    for part in shown.parts:
        if part.sort == "prose":
            out += words(part.text)
        elif part.sort != "setup":
            out += words(block(part.text, part.info or "python"))
            out += words(block(part.output, "text")) if part.output else ""
    return wrapped(shown.lesson.title, out)
