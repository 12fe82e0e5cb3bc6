"""Progress of many judgements: a bar with rate and time left in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from torch_judge.classroom.ledger import Judgement

EVERY_S = 10.0


@contextmanager
def telling(total: int) -> Iterator[Callable[[Judgement], None]]:
    """What to call with each judgement of ``total``."""
    with (_bar if sys.stderr.isatty() else _lines)(total) as told:
        yield told


@contextmanager
def _bar(total: int) -> Iterator[Callable[[Judgement], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("Judging"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.1f}/s"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[slowest]}"),
    )
    slow = _Slowest()
    started = time.monotonic()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=total, rate=0.0, slowest="")

        def told(judgement: Judgement) -> None:
            done = progress.tasks[0].completed + 1
            rate = done / max(time.monotonic() - started, 1e-9)
            progress.update(task, advance=1, rate=rate, slowest=slow.hear(judgement))

        yield told


@contextmanager
def _lines(total: int) -> Iterator[Callable[[Judgement], None]]:
    started = said = time.monotonic()
    done, slow = 0, _Slowest()

    def line() -> None:
        spent = time.monotonic() - started
        click.echo(f"{done} of {total} judged, {done / max(spent, 1e-9):.1f} a second. {slow.text}".rstrip(), err=True)

    def told(judgement: Judgement) -> None:
        nonlocal done, said
        done += 1
        slow.hear(judgement)
        if time.monotonic() - said >= EVERY_S:
            said = time.monotonic()
            line()

    yield told
    line()


class _Slowest:
    """Remembers the hand-in that took longest."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self.text = ""

    def hear(self, judgement: Judgement) -> str:
        if judgement.seconds > self._seconds:
            self._seconds = judgement.seconds
            self.text = f"slowest: {judgement.student}, {judgement.problem}, {judgement.seconds:.1f} s"
        return self.text
