"""The command line. Exit status 0: accepted; 1: the learner's code is at fault; 2: nothing could be judged.

A command imports what it needs when it is called: `torch-judge --help` imports neither torch nor a problem.
"""

from __future__ import annotations

import click

from torch_judge import __version__
from torch_judge.cli.audit import audit
from torch_judge.cli.cards import cards
from torch_judge.cli.check import check
from torch_judge.cli.console import Commands
from torch_judge.cli.drill import drill
from torch_judge.cli.explain import explain
from torch_judge.cli.export import export
from torch_judge.cli.grade import grade
from torch_judge.cli.hint import hint
from torch_judge.cli.lab import lab
from torch_judge.cli.lesson import lesson
from torch_judge.cli.list import list_
from torch_judge.cli.new import new
from torch_judge.cli.notebooks import notebooks
from torch_judge.cli.quiz import quiz
from torch_judge.cli.replay import replay
from torch_judge.cli.report import report
from torch_judge.cli.reset import reset
from torch_judge.cli.review import review
from torch_judge.cli.show import show
from torch_judge.cli.solution import solution
from torch_judge.cli.start import start
from torch_judge.cli.status import status
from torch_judge.cli.trace import trace


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="torch-judge")
def main() -> None:
    """Exercises for PyTorch: write a building block, and be told what is wrong with it."""


SECTIONS = {
    "Commands": (check, list_, show, start, lab, hint, replay, solution, status, reset),
    "Before and after an exercise": (lesson, trace, quiz, explain, cards, drill, review),
    "For instructors": (grade, report, export),
    "For authors of problems": (new, audit, notebooks),
}
for section, commands in SECTIONS.items():
    for command in commands:
        main.add_command(command)
        main.sections.setdefault(section, []).append(command.name or "")
