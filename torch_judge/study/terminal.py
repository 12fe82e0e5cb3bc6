"""Questions, replies and cheat sheets as text: what a page says, through rich."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from torch_judge.show.terminal import BAD, CODE, DIM, GOOD, message, plain, put, rendered
from torch_judge.study import saying
from torch_judge.study.asking import Asked, Reply
from torch_judge.study.markdown import block
from torch_judge.study.quiz import Quiz
from torch_judge.study.sheet import Sheet

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.markdown import Markdown

Write = Callable[["Console"], None]


@cache
def _compact() -> type[Markdown]:
    """Rich's Markdown without the empty lines around blocks of code."""
    from rich.markdown import CodeBlock, Markdown
    from rich.syntax import Syntax

    class Fence(CodeBlock):
        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            yield Syntax(str(self.text).rstrip(), self.lexer_name, theme=self.theme, word_wrap=True)

    class Compact(Markdown):
        elements = {**Markdown.elements, "fence": Fence, "code_block": Fence}

    return Compact


def markdown(console: Console, text: str, indent: int = 0) -> None:
    """Write Markdown, its formulas as text, on any background."""
    from rich.padding import Padding
    from rich.theme import Theme

    from torch_judge.show.formulas import readable

    plainly = {"markdown.code": f"bold {CODE}", "markdown.code_block": CODE}
    with console.use_theme(Theme(plainly)):
        console.print(Padding(_compact()(readable(text), code_theme="ansi_light"), (0, 0, 0, indent)))


def question(console: Console, quiz: Quiz, number: int, how: str = "") -> None:
    """Write one question and its options; ``how`` says how to answer."""
    asked = quiz.show(number)
    place = f"{number} of {len(quiz.asked)} · " if len(quiz.asked) > 1 else ""
    put(console, plain(f"\n{place}{asked.question.title}", "bold"))
    put(console, plain(f"{saying.about(asked.question)}\n", DIM))
    markdown(console, asked.question.prompt)
    for letter, choice in asked.options.items():
        put(console, plain(f"\n{letter}", f"bold {CODE}"))
        markdown(console, choice.text, 3)
    if how:
        put(console, message(f"\n{how}", DIM))


def reply(console: Console, given: Reply, asked: Asked) -> None:
    """Write what is said to an answer."""
    put(console, plain(f"\n{saying.verdict(given, asked.question)}\n", f"bold {GOOD if given.counts else BAD}"))
    if text := saying.reply(given, asked):
        markdown(console, text, 2)


def sheet(console: Console, shown: Sheet) -> None:
    """Write a cheat sheet, each block with what it printed."""
    put(console, plain(shown.lesson.title, "bold"))
    for part in shown.parts:
        if part.sort == "prose":
            put(console, plain(""))
            markdown(console, part.text)
        elif part.sort != "setup":
            markdown(console, block(part.text, part.info or "python"), 2)
            markdown(console, block(part.output, "text") if part.output else "", 4)


def as_text(write: Write) -> Callable[..., str]:
    """What ``show.publish`` needs: the text at a width, with or without colours."""

    def text(width: int | None = None, color: bool = False) -> str:
        return rendered(write, width, color)

    return text


def quiz(asking: Quiz) -> Write:
    """Writes a quiz: all its questions, or, if they are timed, the one that comes next."""

    def write(console: Console) -> None:
        put(console, plain(asking.title, "bold"))
        numbers = [asking.current] if asking.timed else range(1, len(asking.asked) + 1)
        for number in filter(None, numbers):
            question(console, asking, number, f'Answer with `answer({number}, "A")`.')

    return write


def answered(asking: Quiz, number: int, given: Reply) -> Write:
    """Writes the reply to an answer and what comes next."""

    def write(console: Console) -> None:
        reply(console, given, asking.asked[number - 1])
        if text := saying.summary(asking):
            put(console, message(f"\n{text}"))
        elif asking.timed and given.over:
            question(console, asking, asking.current, f'Answer with `answer({asking.current}, "A")`.')

    return write
