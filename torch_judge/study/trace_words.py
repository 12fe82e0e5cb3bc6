"""What the page and the terminal say alike of a trace: numbers, shapes, headings."""

from __future__ import annotations

from collections.abc import Sequence

from torch_judge.study.trace import Stage

HEADS = {
    "stages": "Through the model",
    "training": "The training, side by side",
    "notices": "What to notice",
    "prediction": "One prediction, layer by layer",
    "insight": "The key insight",
}


def number(value: float) -> str:
    """A value with three digits that count, and no minus in front of nothing."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    places = 1 if abs(value) >= 100 else 2 if abs(value) >= 10 else 3
    return f"{round(value, places) + 0.0:.{places}f}"


def short(value: float) -> str:
    """A value of an axis."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def percent(share: float) -> str:
    """A share in percent."""
    return f"{share:.0%}"


def shape(sizes: Sequence[int]) -> str:
    """A shape as torch writes it."""
    return str(tuple(sizes))


def table(stage: Stage) -> dict[str, tuple[float, ...]]:
    """The lines of a stage's table by their names: its first rows, then mean and deviation."""
    rows = {f"row {n}": values for n, values in enumerate(stage.rows, start=1)}
    if stage.by_row:
        return {**rows, "row means": stage.mean, "row devs": stage.deviation}
    return {**rows, "mean": stage.mean, "deviation": stage.deviation} if len(rows) > 1 else rows
