"""Questions that can be clicked, by mouse and by keyboard, with ipywidgets' own buttons."""

from __future__ import annotations

import functools
import importlib.util
import threading
import time
from typing import Any

from torch_judge.errors import JudgeError
from torch_judge.show import in_notebook
from torch_judge.show.page import prose, tag, wrapped
from torch_judge.study import page, saying
from torch_judge.study.quiz import Quiz

TICK_S = 1.0


def available() -> bool:
    """Whether the code runs in a notebook that has ipywidgets."""
    return in_notebook() and importlib.util.find_spec("ipywidgets") is not None


def show(quiz: Quiz) -> None:
    """Show a quiz, one question at a time; a view that knows no widgets shows the page."""
    still = wrapped(quiz.title, page.invitation(quiz)) if quiz.timed else page.quiz(quiz)
    display(Board(quiz).box, still, quiz.title)


def display(widget: Any, html: str, text: str) -> None:
    """Show a widget, and where a view knows no widgets, the HTML or the text."""
    from IPython.display import display as put

    bundle = dict(widget._repr_mimebundle_())
    put({**bundle, "text/html": html, "text/plain": text}, raw=True)  # type: ignore[no-untyped-call]


def button(word: str, name: str, pressed: Any, **options: Any) -> Any:
    """A button that shows ``word``; ``name`` is its longer name, for a pointer and a screen reader."""
    import ipywidgets

    made = ipywidgets.Button(description=word, tooltip=name, **options)
    made.on_click(lambda _: pressed())
    return made


def html(inside: str, label: str = "") -> Any:
    """HTML in the style of our outputs, its formulas typeset."""
    import ipywidgets

    value = wrapped(label, inside) if inside else ""
    return ipywidgets.HTMLMath(value, layout=ipywidgets.Layout(flex="1 1 auto", min_width="0", width="auto"))


class Board:
    """One question at a time: options with a button each, a hint, the time that is left, and what comes next."""

    def __init__(self, quiz: Quiz) -> None:
        import ipywidgets

        self.quiz = quiz
        self.number = quiz.current or 1
        self.begun = not quiz.timed
        self.left = html("")
        self.box = ipywidgets.VBox(layout=ipywidgets.Layout(width="100%", max_width="62rem"))
        quiz.changed = self.refresh
        self.refresh()

    def begin(self) -> None:
        """Show the first question; its clock begins."""
        self.begun = True
        self.refresh()
        threading.Thread(target=self._tick, daemon=True).start()

    def refresh(self) -> None:
        """Draw what is the case now."""
        if not self.begun and not self.quiz.asked[0].replies:
            begin = button("Begin", "Begin: the clock of the first question starts", self.begin)
            self.box.children = (html(page.invitation(self.quiz), self.quiz.title), begin)
            return
        asked = self.quiz.show(self.number)
        question = page.head(self.quiz, self.number) + page.words(asked.question.prompt)
        parts = [html(question, asked.question.title), self.left, *self._options()]
        if asked.replies:
            parts.append(html(page.reply(asked.replies[-1], asked), "Reply"))
        parts.append(self._below())
        self._show_time()
        self.box.children = tuple(parts)

    def _options(self) -> list[Any]:
        import ipywidgets

        asked, rows = self.quiz.asked[self.number - 1], []
        given = {reply.letter: reply for reply in asked.replies}
        for letter, choice in asked.options.items():
            right = asked.over and letter == asked.key
            mark = "✓ " if right else "✗ " if letter in given else ""
            state = "right" if right else "wrong" if mark else "answer"
            pressed = button(
                f"{mark}{letter}",
                f"{letter}, {state}: {saying.plain(choice.text)}",
                functools.partial(self._answer, letter),
                disabled=asked.over or letter in given,
                layout=ipywidgets.Layout(width="4em", flex="0 0 auto"),
            )
            row = ipywidgets.Layout(align_items="center", width="100%")
            rows.append(ipywidgets.HBox([pressed, html(page.words(choice.text), f"Option {letter}")], layout=row))
        return rows

    def _below(self) -> Any:
        """The hint while there is something to answer, the next question afterwards, and the end."""
        import ipywidgets

        asked = self.quiz.asked[self.number - 1]
        if not asked.over:
            hint = asked.question.hint
            folded = tag("details", tag("summary", "Hint"), tag("div", page.words(hint), class_="tj-inside"))
            return html(folded if hint else "", "Hint")
        if text := saying.summary(self.quiz):
            return html(tag("p", prose(text), class_="tj-next"), "Result")
        following = button("Next question", "Next question", self._next, layout=ipywidgets.Layout(width="auto"))
        threading.Timer(0.1, following.focus).start()  # a keyboard goes on from here: the button pressed is off now
        return following

    def _answer(self, letter: str) -> None:
        try:
            self.quiz.answer(self.number, letter)
            said = self.quiz.notices()
        except JudgeError as error:
            self.box.children, said = (), [str(error)]
        self.box.children += tuple(html(tag("p", prose(text)), "Message") for text in said)

    def _next(self) -> None:
        self.number = self.quiz.current or self.number
        self.refresh()

    def _show_time(self) -> None:
        left, over = self.quiz.left(self.number), self.quiz.asked[self.number - 1].over
        said = "" if left is None or over else f"{saying.clock(left)} left" if left else "The time is over."
        self.left.value = wrapped("Time", tag("p", prose(said), class_="tj-soft")) if said else ""

    def _tick(self) -> None:
        """Draw the time that is left, until the quiz is at its end."""
        while self.quiz.running:
            time.sleep(TICK_S)
            self._show_time()
