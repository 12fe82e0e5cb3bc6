"""What the end of a command becomes: a message, an exit status and, where JSON was asked for, a report."""

from __future__ import annotations

import itertools
import json
import os
import re
import shlex
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from torch_judge.errors import JudgeError, SubmissionError

if TYPE_CHECKING:
    from torch_judge.learner.progress import Store

FAILED, NOT_JUDGED, INTERRUPTED = 1, 2, 130

problems_option = click.option(
    "--problems", metavar="DIR", type=click.Path(path_type=Path), help="A folder of further problem folders."
)
format_option = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)


def filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that choose problems by their topic, difficulty and state."""
    for option in (
        click.option("--state", metavar="STATE", help='Only "solved", "attempted" or "to do".'),
        click.option("--difficulty", metavar="LEVEL", help="Only easy, medium or hard."),
        click.option("--topic", metavar="TEXT", help="Only topics with this text in their names."),
    ):
        command = option(command)
    return command


class Commands(click.Group):
    """The commands; what any of them raises becomes a message and an exit status, here and only here."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sections: dict[str, list[str]] = {}  # the names of the commands under each heading of the help

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands under their headings, in the order of their use."""
        for heading, names in self.sections.items():
            with formatter.section(heading):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(limit=200)) for name in names])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Remember what was typed: a usage error may come before the format is known."""
        ctx.obj = tuple(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, BrokenPipeError):
            raise
        except click.ClickException as error:
            _publish_error(ctx.obj, error.format_message(), "judge")
            raise
        except JudgeError as error:
            learners = isinstance(error, SubmissionError)
            _publish_error(ctx.obj, str(error), "learner" if learners else "judge")
            say(error.fact, error.remedy)
            ctx.exit(FAILED if learners else NOT_JUDGED)
        except (KeyboardInterrupt, click.Abort):
            _publish_error(ctx.obj, "Interrupted.", "judge")
            say("Interrupted.")
            ctx.exit(INTERRUPTED)
        except Exception as error:
            if os.environ.get("TORCH_JUDGE_DEBUG") == "1":
                traceback.print_exc()
            fact = f"torch-judge itself failed: {type(error).__name__}: {error}; please report it."
            _publish_error(ctx.obj, fact, "judge")
            say(fact)
            ctx.exit(NOT_JUDGED)


def say(fact: str, remedy: str = "") -> None:
    """A message beside the output: the fact, then what to do. What others wrote cannot steer the terminal."""
    from torch_judge.show.words import clean

    for line in filter(None, (fact, remedy)):
        click.echo(clean(line), err=True)


def publish_json(document: object) -> None:
    """What a command answers where JSON was asked for."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def options_of(problems: Path | None) -> str:
    """The options that the next command needs, too, with a space in front."""
    return f" --problems {shlex.quote(str(problems))}" if problems else ""


def numbered(case: str) -> int | str:
    """A case as it was typed: its number, else its name."""
    return int(case) if case.isdecimal() and len(case) < 10 else case


def tell(store: Store) -> None:
    """What the progress file has to say of itself."""
    for notice in store.notices:
        say(notice)


def _publish_error(args: Sequence[str], error: str, fault: str) -> None:
    """Where JSON was asked for, an error too is a document: of `check` a report, else the sentence and the fault."""
    if not args or _typed(args, "--format") != "json":
        return
    if args[0] != "check":
        publish_json({"error": error, "fault": fault})
        return
    from torch_judge.report import Report

    seed = _typed(args, "--seed")
    number = int(seed) if re.fullmatch(r"-?[0-9]{1,20}", seed) else 0
    device = _typed(args, "--device") or "cpu"
    report = Report(_typed(args, "--problem"), False, number, device, error=error, fault=fault)
    click.echo(report.to_json(indent=2))


def _typed(args: Sequence[str], option: str) -> str:
    """The value of an option as it was typed, "" if it was not: known even where click refused the rest."""
    value = ""
    for word, following in itertools.pairwise((*args, "")):
        if word == option:
            value = following
        elif word.startswith(f"{option}="):
            value = word.partition("=")[2]
    return value
