"""A trace as HTML: tables of values, curves side by side, and the code to look at."""

from __future__ import annotations

from torch_judge.show.page import esc, grid, heading, prose, soft, tag, wrapped
from torch_judge.study.chart import Curve, chart, legend
from torch_judge.study.trace import Run, Stage, Trace
from torch_judge.study.trace_words import HEADS, number, percent, shape, short, table


def trace_html(found: Trace) -> str:
    """The trace as one HTML element that loads nothing and runs no script."""
    return wrapped(
        found.title,
        tag("p", esc(found.title), class_="tj-verdict"),
        tag("p", prose(found.intro)),
        heading(HEADS["stages"]),
        *map(_stage, found.stages),
        heading(HEADS["training"]),
        _training(found.runs),
        heading(HEADS["notices"]),
        tag("ul", *(tag("li", prose(sentence)) for sentence in found.notices)),
        heading(HEADS["prediction"]),
        *map(_stage, found.prediction),
        tag("div", heading(HEADS["insight"]), tag("p", prose(found.insight)), class_="tj-box"),
        _folded("The code of this trace", tag("pre", tag("code", esc(found.source)))),
    )


def _stage(stage: Stage) -> str:
    title = tag("p", tag("strong", esc(stage.name)), " ", soft(shape(stage.shape)), " ", prose(stage.said))
    rows = [_row(name, values) for name, values in table(stage).items()]
    columns = ["", *map(str, range(len(stage.rows[0])))]
    return title + grid(columns, rows, f"{stage.name}: values by column", "tj-plain")


def _row(name: str, values: tuple[float, ...]) -> str:
    return tag("tr", tag("th", esc(name), scope="row"), *(tag("td", esc(number(value))) for value in values))


def _training(runs: tuple[Run, ...]) -> str:
    loss = [Curve(run.name, [epoch.loss for epoch in run.epochs]) for run in runs]
    right = [Curve(run.name, [epoch.accuracy for epoch in run.epochs]) for run in runs]
    panels = chart("Loss", loss, short), chart("Accuracy", right, percent, top=1.0)
    rows = [_row_of_epoch(n, runs) for n in range(len(runs[0].epochs))]
    columns = ["epoch", *(f"{what} {run.name}" for what in ("loss", "accuracy") for run in runs)]
    table = grid(columns, rows, "Loss and accuracy by epoch")
    return legend([run.name for run in runs]) + tag("div", *panels) + _folded("The numbers", table)


def _row_of_epoch(n: int, runs: tuple[Run, ...]) -> str:
    losses = [tag("td", esc(number(run.epochs[n].loss))) for run in runs]
    shares = [tag("td", esc(percent(run.epochs[n].accuracy))) for run in runs]
    return tag("tr", tag("th", str(n), scope="row"), *losses, *shares)


def _folded(summary: str, inside: str) -> str:
    return tag("details", tag("summary", esc(summary)), tag("div", inside, class_="tj-inside"))
