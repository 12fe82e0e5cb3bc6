"""What the welcome notebook says: how this works, the problems by topic, and a study plan made from the bank."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from torch_judge.bank.order import by_topic
from torch_judge.notebooks import colab
from torch_judge.show.words import counted

if TYPE_CHECKING:
    from torch_judge.bank import Bank, Problem

A_DAY = 2  # new problems
NEW_DAYS, DAYS = 5, 6  # five days a week bring something new, the sixth only repeats, the seventh is free
AGAIN_AFTER = (3, 10)  # study days until a problem is written again from a blank page: the gaps grow
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat")

STATUS = """\
from torch_judge import status

status()  # what is solved, attempted and to do, and what is due today"""

REVIEW = """\
from torch_judge import review

review()  # ten minutes of what is due: cards, questions that you missed, a problem to write again"""

INTRODUCTION = """\
# Write PyTorch from scratch

{badge}You will write {count} building blocks of deep learning yourself, from ReLU to speculative decoding, and be told
within a blink whether each is right and, if it is not, *what* is wrong with it.

## How it works

1. Open a problem's notebook, read its statement, and fill in the function or class.
2. Run your cell, then the one with `check("{first}")`. You see one row per hidden case: output values, what happens in
   place to buffers and arguments, train and eval behaviour, gradients, numerical stability, forbidden shortcuts, cost.
3. If something fails, the first line says what the judge thinks your mistake is. Mend it and check again: every attempt
   is kept, and the report says what got better.
4. Stuck? `hint("{first}")` gives a nudge, then the approach, then nearly the answer in words. `solution("{first}")`
   prints the reference; write it again without looking a few days later.

| you type | you get |
| --- | --- |
| `check("{first}")` | the verdict |
| `check("{first}", case=3)` | one case, with everything you printed |
| `replay("{first}", case=3)` | the inputs of a case, to look at yourself |
| `hint("{first}")`, `solution("{first}")` | help, in small and in large doses |
| `status()` | your progress, and what is next |
| `status(topic="attention", state="to do")` | some of the problems; `difficulty="easy"` does, too |
| `lesson("{first}")`, `quiz("{first}")`, `cards("{first}")` | what to know first; `lesson()` lists the topics |
| `drill("{first}")` | its solution with a mistake in it, once you have solved it: find it |
| `review()` | what is due today, before you forget it |

Whatever a statement leaves open, the judge leaves open too: any right answer is accepted. What is banned is printed
under *Rules*. A problem may be named by its number, too: `check("07")`. In the lab (`torch-judge lab`) the toolbar's
buttons do the same, and a panel lists the problems.

## Keeping your progress

Progress lies in one small file on the machine that runs the notebook. `torch-judge start {first} --colab`, or the lab's
Colab button, makes a notebook that runs in Colab as it is; the machine there is lost after some hours.
To keep it, mount your Drive and name a folder there, in a cell before the first `check`, in each notebook:

```python
import os
from google.colab import drive

drive.mount("/content/drive")
os.environ["TORCH_JUDGE_HOME"] = "/content/drive/MyDrive/torch-judge"
```

Anywhere else, `TORCH_JUDGE_HOME` in the environment does the same. The next cell shows where you
stand and what is due today, the one after it goes through that."""


def introduction(bank: Bank, repository: str | None) -> str:
    """What this is and how to use it, as Markdown."""
    problems = bank.problems()
    first = next((p.id for p in problems if p.id == "batchnorm"), problems[0].id if problems else "")
    badge = colab.badge(repository, "templates/00_welcome.ipynb")
    return INTRODUCTION.format(badge=badge, count=len(problems), first=first)


def problems(bank: Bank, repository: str | None) -> str:
    """The problems by topic, with links, as Markdown."""
    topics = by_topic(bank.problems()).items()
    return "\n\n".join(["## The problems", *(_topic(name, group, repository) for name, group in topics)])


def plan(bank: Bank) -> str:
    """A study plan, as Markdown: two problems a day from the easy to the involved, and each of them again."""
    fresh, again = _schedule([problem for _, group in by_topic(bank.problems()).items() for problem in group])
    rows = []
    for day in range(len(fresh)):
        week, weekday = divmod(day, DAYS)
        rows.append(f"| {week + 1} | {WEEKDAYS[weekday]} | {_linked(fresh[day])} | {_linked(again[day])} |")
    head = ["| week | day | new | again, from a blank page |", "| ---: | --- | --- | --- |"]
    return "\n".join([PLAN.format(counted(len(fresh) // DAYS, "week")), *head, *rows])


PLAN = """\
## A plan for {}

Five days a week bring something new. Every problem comes back after three study days and, where the plan allows,
after ten, to be written again without looking: recalling it is what makes it stay. On Saturdays you only repeat, on
Sundays you rest. In a hurry? Take the first topics, and of each the first problems. `torch-judge start ID --to again`
writes a blank copy; in the lab, Reset keeps your old work and does.
"""


def _topic(name: str, group: list[Problem], repository: str | None) -> str:
    rows = [f"| {p.number:02d} | {_link(p)}{_colab(p, repository)} | {p.title} | {p.difficulty} |" for p in group]
    return "\n".join([f"### {name}\n", "| | problem | title | difficulty |", "| ---: | --- | --- | --- |", *rows])


def _schedule(order: list[Problem]) -> tuple[list[list[Problem]], list[list[Problem]]]:
    """For each study day the problems that are new, and those to write again."""
    weeks = max(1, math.ceil(len(order) / (A_DAY * NEW_DAYS)))
    fresh: list[list[Problem]] = [[] for _ in range(weeks * DAYS)]
    again: list[list[Problem]] = [[] for _ in range(weeks * DAYS)]
    for number, day in enumerate(day for day in range(weeks * DAYS) if day % DAYS < NEW_DAYS):
        group = order[number * A_DAY : (number + 1) * A_DAY]
        fresh[day].extend(group)
        for gap in AGAIN_AFTER:
            if day + gap < len(again):
                again[day + gap].extend(group)
    return fresh, again


def _linked(group: list[Problem]) -> str:
    return " · ".join(map(_link, group)) or "–"


def _link(problem: Problem) -> str:
    return f"[`{problem.id}`]({problem.notebook}.ipynb)"


def _colab(problem: Problem, repository: str | None) -> str:
    return f" ([Colab]({colab.link(repository, f'templates/{problem.notebook}.ipynb')}))" if repository else ""
