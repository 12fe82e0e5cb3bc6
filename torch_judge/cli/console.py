"""What the end of a command becomes: a message, an exit status and, where JSON was asked for, a report."""

from __future__ import annotations

import itertools
import os
import re
import traceback
from collections.abc import Sequence
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


class Commands(click.Group):
    """The commands; what any of them raises becomes a message and an exit status, here and only here."""

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
    """A message beside the output: the fact, then what to do."""
    for line in filter(None, (fact, remedy)):
        click.echo(line, err=True)


def tell(store: Store) -> None:
    """What the progress file has to say of itself."""
    for notice in store.notices:
        say(notice)


def _publish_error(args: Sequence[str], error: str, fault: str) -> None:
    """Where JSON was asked of `check`, an error too is a report."""
    if "check" not in args[:1] or _typed(args, "--format") != "json":
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
