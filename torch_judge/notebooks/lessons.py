"""Builds a lesson's notebook: its cheat sheet as prose and cells, then what can be clicked. It holds no key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torch_judge.bank.lessons import CLAIM, Lesson, Lessons, front_matter
from torch_judge.notebooks import cells, colab

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from torch_judge.bank import Bank, Problem

_RUN = re.compile(r"^```python (setup|show|raises)[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_SET = re.compile(r"^# (\w+)[ \t]*$", re.MULTILINE)
READY = """\
import math

import torch
import torch.nn.functional as F
from torch import nn

from torch_judge import answer, cards, drill, explain, quiz, review, trace

_ = torch.manual_seed(0)"""
QUIZZES = {
    "quick": ("Quick questions", 'One attempt each. Click an option, or answer with `answer(1, "C")`.'),
    "practice": ("Practice", "From easy to hard, two attempts each, with a hint and the worked steps."),
    "challenge": ("Challenge", "Timed, two attempts each. All right earns the badge."),
}


def lesson(found: Lesson, bank: Bank, repository: str | None = None) -> NotebookNode:
    """The notebook of a lesson; ``bank`` has the exercises that it links."""
    about = {"lesson": found.topic, "generated": f"torch-judge notebooks; edit lessons/{found.topic}/ instead"}
    badge = colab.badge(repository, f"templates/{found.notebook}.ipynb")
    title = f"# Lesson · {found.title}\n\n{badge}{_exercises(found, bank)}"
    made = [cells.markdown("title", title), cells.install(repository), cells.code("ready", READY, "ready")]
    return cells.notebook(about, [*made, *_sheet(found), *_clickable(found), *_end(found, bank)])


def link(problem: Problem) -> str:
    """The line of a problem's notebook that leads to its lesson; "" if no lesson prepares for it."""
    found = Lessons([problem.folder.parent.parent / "lessons"]).of_problem(problem.id)
    if found is None:
        return ""
    return f'Lesson: [{found.title}]({found.notebook}.ipynb), or `lesson("{found.topic}")`.\n\n'


def _exercises(found: Lesson, bank: Bank) -> str:
    problems = [bank.get(id) for id in found.problems if id in bank.ids]
    links = ", ".join(f"[`{problem.id}`]({problem.notebook}.ipynb)" for problem in problems)
    return f"Prepares for {links}." if links else ""


def _sheet(found: Lesson) -> Iterator[NotebookNode]:
    text = found.text("lesson.md")
    _, head = front_matter(text.splitlines(), str(found.folder / "lesson.md"))
    parts = _RUN.split("".join(text.splitlines(keepends=True)[head:]))
    for number in range(0, len(parts), 3):
        if prose := CLAIM.sub("", parts[number]).strip():
            yield cells.markdown(f"prose-{number // 3}", prose)
        if number + 1 < len(parts):
            sort, source = parts[number + 1 : number + 3]
            extra: dict[str, object] = {"tags": ["raises-exception"]} if sort == "raises" else {}
            if sort == "setup":
                extra = {"jupyter": {"source_hidden": True}, "cellView": "form"}
            yield cells.code(f"code-{number // 3}", source, sort, **extra)


def _clickable(found: Lesson) -> Iterator[NotebookNode]:
    def part(name: str, heading: str, text: str, call: str) -> Iterator[NotebookNode]:
        yield cells.markdown(f"about-{name}", f"## {heading}\n\n{text}")
        yield cells.code(name, call, name)

    topic, sets = found.topic, {name.lower() for name in _SET.findall(found.text("questions.md"))}
    if found.has("cards.md"):
        text = "Say the back before you turn the card, then rate how well you knew it."
        yield from part("cards", "Flash cards", text, f'cards("{topic}")')
    if "quick" in sets:
        yield from part("quick", *QUIZZES["quick"], f'quiz("{topic}")')
    if found.has("trace.py"):
        yield from part(
            "trace", "Trace", "A real model: its stages, its training, one prediction.", f'trace("{topic}")'
        )
    if "trace" in sets:
        yield cells.code("trace-questions", f'quiz("{topic}", "trace")', "trace")
    if found.has("explain.md"):
        text = 'Read what is asked, then write your explanation: `explain("TOPIC", "your text")`.'.replace(
            "TOPIC", topic
        )
        yield from part("explain", "Explain it in simple terms", text, f'explain("{topic}")')
    for name in ("practice", "challenge"):
        if name in sets:
            yield from part(name, *QUIZZES[name], f'quiz("{topic}", "{name}")')


def _end(found: Lesson, bank: Bank) -> Iterator[NotebookNode]:
    """The exercise, and what to do after it."""
    ids = [id for id in found.problems if id in bank.ids]
    text = f"## The exercise\n\n{_exercises(found, bank).replace('Prepares for', 'Now write it yourself:')}"
    if ids:
        text += f'\n\nAfterwards `drill("{ids[0]}")` shows the reference with one mistake in it: find the line.'
    yield cells.markdown("exercise", text)
    yield cells.code("review", "review()  # what is due today", "review")
