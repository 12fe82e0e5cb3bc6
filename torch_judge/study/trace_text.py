"""A trace as text, for terminals and as a notebook's plain channel."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torch_judge.show.terminal import BAD, DIM, GOOD, Columns, indented, message, plain, put
from torch_judge.study.trace import Run, Stage, Trace
from torch_judge.study.trace_words import HEADS, number, percent, shape, short, table

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

BAR = 20
COLOURS = (GOOD, BAD)


def trace_text(found: Trace) -> Callable[[Console], None]:
    """Writes the trace on a console of any width."""

    def write(console: Console) -> None:
        for renderable in _parts(found, console.width):
            put(console, renderable)

    return write


def _parts(found: Trace, width: int) -> Iterator[RenderableType]:
    yield plain(found.title, "bold")
    yield message(found.intro)
    yield from _heading(HEADS["stages"])
    for stage in found.stages:
        yield from _stage(stage, width)
    yield from _heading(HEADS["training"])
    yield from _training(found.runs)
    yield from _heading(HEADS["notices"])
    for sentence in found.notices:
        yield Columns([[plain("•"), message(sentence)]], 2)
    yield from _heading(HEADS["prediction"])
    for stage in found.prediction:
        yield from _stage(stage, width)
    yield from _heading(HEADS["insight"])
    yield indented(message(found.insight))


def _heading(text: str) -> Iterator[RenderableType]:
    yield plain("")
    yield plain(text, "bold")


def _stage(stage: Stage, width: int) -> Iterator[RenderableType]:
    yield indented(plain(stage.name, "bold").append(f"  {shape(stage.shape)}", f"not bold {DIM}"))
    yield indented(message(stage.said), 4)
    cells = {name: [number(value) for value in values] for name, values in table(stage).items()}
    size = max(len(cell) for row in cells.values() for cell in row) + 2
    room = max((width - 14) // size, 1)
    for name, row in cells.items():
        line = plain(f"{name:<10}", DIM if name[-1].isdigit() else "")
        line.append(
            "".join(f"{cell:>{size}}" for cell in row[: room - 1 if len(row) > room else room]), "default not dim"
        )
        line.append(f"{'…':>{size}}" if len(row) > room else "")
        line.no_wrap = True
        yield indented(line, 4)


def _training(runs: tuple[Run, ...]) -> Iterator[RenderableType]:
    highest = max(epoch.loss for run in runs for epoch in run.epochs)
    for title in ("loss", "accuracy"):
        head = [plain(title, "bold"), *(plain(run.name, DIM) for run in runs)]
        rows = [head]
        for n in range(len(runs[0].epochs)):
            cells = [plain(f"epoch {n}")]
            for at, run in enumerate(runs):
                value = getattr(run.epochs[n], title)
                told = short(round(value, 3)) if title == "loss" else percent(value)
                share = _share(value, highest) if title == "loss" else value
                cells.append(_bar(share, told, COLOURS[at % len(COLOURS)]))
            rows.append(cells)
        yield Columns(rows, 2)
        yield plain("")
    yield indented(plain("Epoch 0: before training. A bar of the loss grows by equal factors, not equal amounts.", DIM))


def _share(loss: float, highest: float) -> float:
    """The length of a loss's bar: by its logarithm, so that 0.2 can be seen beside 2,000."""
    return min(max(math.log1p(loss) / math.log1p(highest), 0.0), 1.0) if math.isfinite(loss) and highest > 0 else 1.0


def _bar(share: float, told: str, colour: str) -> Text:
    full = round(BAR * share)
    return plain("█" * full, colour).append("░" * (BAR - full), DIM).append(f" {told:>6}", "default not dim")
