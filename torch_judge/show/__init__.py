"""Shows reports, messages and progress: in a notebook as HTML, elsewhere on stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from torch_judge.report import Report
from torch_judge.show.html import page, render_html
from torch_judge.show.page import prose, tag, wrapped
from torch_judge.show.status import StatusRow, render_list_text, render_status_html, render_status_text
from torch_judge.show.terminal import BAD, message, put, rendered
from torch_judge.show.text import print_report, render_text
from torch_judge.show.words import View

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "StatusRow",
    "in_notebook",
    "render_html",
    "render_list_text",
    "render_message_html",
    "render_message_text",
    "render_status_html",
    "render_status_text",
    "render_text",
    "show",
    "show_list",
    "show_message",
    "show_status",
]

MAX_WIDTH = 110
Style = Literal["info", "error"]


def show(
    report: Report,
    *,
    title: str,
    entry: str,
    progress: str = "",
    unfold: bool = False,
    durations: bool = True,
    numbers: Mapping[str, int] | None = None,
    file: str = "",
    following: str = "",
    options: str = "",
) -> None:
    """Show a report where the learner is: a notebook's output, or stdout.

    ``numbers`` gives the cases' numbers in their problem, if the report does not list them all. ``file`` is what was
    judged from a shell: commands are then named, not calls. ``following`` says which problem comes next,
    ``options`` are what those commands need, too.
    """

    view = View(report, title, entry, progress, unfold, durations, numbers, file, following, options)

    def text(width: int | None = None, color: bool = False) -> str:
        return rendered(lambda console: print_report(console, view), width, color)

    publish(text, lambda: page(view))


def show_message(fact: str, remedy: str = "", *, style: Style = "info") -> None:
    """Show a message: the fact, then what to do. Backticks mark code."""

    def text(width: int | None = None, color: bool = False) -> str:
        return render_message_text(fact, remedy, style=style, width=width, color=color)

    publish(text, lambda: render_message_html(fact, remedy, style=style))


def show_status(
    rows: Iterable[StatusRow], *, summary: Mapping[str, int], following: str = "", filtered: bool = False
) -> None:
    """Show the learner's progress; ``summary`` counts what was solved and attempted, ``following`` says what is next.

    ``filtered``: ``rows`` are not all problems.
    """
    rows = list(rows)

    def text(width: int | None = None, color: bool = False) -> str:
        return render_status_text(
            rows, summary=summary, following=following, filtered=filtered, width=width, color=color
        )

    publish(text, lambda: render_status_html(rows, summary=summary, following=following, filtered=filtered))


def show_list(rows: Sequence[StatusRow]) -> None:
    """Show the problems, one line each: as wide as a terminal is, and whole where something else reads them."""
    from rich.console import Console

    console = Console(force_jupyter=False)

    def text(width: int | None = None, color: bool = False) -> str:
        return render_list_text(rows, width=console.width if console.is_terminal else None, color=color)

    _print(console, text)


def render_message_text(
    fact: str, remedy: str = "", *, style: Style = "info", width: int | None = None, color: bool = False
) -> str:
    """A message as text of ``width`` columns (80 unless told)."""
    line = message("✗ " if style == "error" else "", BAD).append_text(message(fact, "default"))
    rest = message(f" {remedy}" if remedy else "")
    return rendered(lambda console: put(console, line.append_text(rest)), width, color)


def render_message_html(fact: str, remedy: str = "", *, style: Style = "info") -> str:
    """A message as one HTML element."""
    symbol = tag("span", "✗ ", class_="tj-bad") if style == "error" else ""
    inside = tag("p", symbol, prose(fact)) + (tag("p", prose(remedy)) if remedy else "")
    box = tag("div", inside, class_="tj-box tj-wrong" if style == "error" else "tj-box tj-hint")
    return wrapped("Error" if style == "error" else "Message", box)


def in_notebook() -> bool:
    """Whether the code runs in a notebook's kernel, which can show HTML."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    classes = type(shell).__mro__
    return any(c.__name__ == "ZMQInteractiveShell" or c.__module__.startswith("google.colab") for c in classes)


def publish(text: Callable[..., str], html: Callable[[], str]) -> None:
    """Show something where the learner is: ``html`` in a notebook, elsewhere ``text`` (its width, then colours)."""
    if in_notebook():
        from IPython.display import display

        display({"text/html": html(), "text/plain": text()}, raw=True)  # type: ignore[no-untyped-call]
        return
    from rich.console import Console

    _print(Console(force_jupyter=False), text)


def _print(console: Console, text: Callable[..., str]) -> None:
    colour = console.is_terminal and not console.no_color and not console.legacy_windows
    out = text(min(console.width, MAX_WIDTH), colour)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    sys.stdout.write(out.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()
