"""Curves by epoch as inline SVG: no script, no file, readable on light and on dark pages and without colours."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from torch_judge.show.page import esc, tag

WIDTH, HEIGHT = 330, 210
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 30, 34
STYLES = (("var(--tj-good)", ""), ("var(--tj-bad)", "6 4"), ("var(--tj-note)", "2 3"))
MARK = 3.5
WIDE = 50  # from this ratio on, equal distances are equal factors


class Curve(NamedTuple):
    """A name and one value for each epoch, the first before training."""

    name: str
    values: Sequence[float]


def chart(title: str, curves: Sequence[Curve], told: Callable[[float], str], top: float | None = None) -> str:
    """One panel. ``told`` says a value of the axis in words; ``top`` fixes the axis from 0 to there."""
    values = [value for curve in curves for value in curve.values if math.isfinite(value)]
    log = top is None and min(values) > 0 and max(values) > WIDE * min(values)
    ticks = _factors(values) if log else _steps(0.0, top or max(values))
    height, width = HEIGHT - TOP - BOTTOM, WIDTH - LEFT - RIGHT
    last = max(len(curve.values) for curve in curves) - 1

    def x(epoch: int) -> float:
        return LEFT + width * epoch / last

    def y(value: float) -> float:
        scale = math.log10 if log else float
        low, high = scale(ticks[0]), scale(ticks[-1])
        share = (scale(value) - low) / (high - low) if math.isfinite(value) else 1.0
        return TOP + height * (1 - min(max(share, 0.0), 1.0))

    parts = [tag("text", esc(title), x="0", y="14", font_weight="600")]
    parts += [_rule(y(tick), told(tick)) for tick in ticks]
    parts += [_text(x(epoch), HEIGHT - BOTTOM + 16, str(epoch), "middle") for epoch in range(last + 1)]
    parts.append(_text(LEFT + width / 2, HEIGHT - 3, "epoch (0: before training)", "middle"))
    for number, curve in enumerate(curves):
        places = [(x(epoch), y(value)) for epoch, value in enumerate(curve.values)]
        parts.append(_line(places, number))
        lost = next((at for at, value in zip(places, curve.values, strict=True) if not math.isfinite(value)), None)
        if lost:  # drawn at the top, where no value is
            parts.append(_text(lost[0], lost[1] - 7, "not a number", "start"))
    said = "; ".join(f"{c.name}: {', '.join(map(told, c.values))}" for c in curves)
    size = {"width": str(WIDTH), "height": str(HEIGHT), "viewBox": f"0 0 {WIDTH} {HEIGHT}", "style": "max-width:100%"}
    named = {"role": "img", "aria_label": f"{title} by epoch. {said}"}
    return tag("svg", *parts, fill="currentColor", font_size="12", **size, **named)


def legend(names: Sequence[str]) -> str:
    """Which line is which."""
    keys = []
    for number, name in enumerate(names):
        line = _line([(2, 6), (32, 6)], number)
        keys.append(tag("svg", line, width="34", height="12", aria_hidden="true", style="vertical-align:middle"))
        keys.append(f" {esc(name)} &emsp; ")
    return tag("p", *keys)


def _line(places: Sequence[tuple[float, float]], number: int) -> str:
    colour, dash = STYLES[number % len(STYLES)]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dashed = {"stroke_dasharray": dash} if dash else {}
    line = tag("polyline", points=points, fill="none", stroke=colour, stroke_width="2", **dashed)
    return line + "".join(_mark(x, y, colour, number) for x, y in places)


def _mark(x: float, y: float, colour: str, number: int) -> str:
    if number % 2:
        size = str(2 * MARK)
        return tag("rect", x=f"{x - MARK:.1f}", y=f"{y - MARK:.1f}", width=size, height=size, fill=colour)
    return tag("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=str(MARK), fill=colour)


def _rule(y: float, told: str) -> str:
    line = tag("path", d=f"M{LEFT} {y:.1f}H{WIDTH - RIGHT}", stroke="var(--tj-line)")
    return line + _text(LEFT - 6, y + 4, told, "end")


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return tag("text", esc(text), x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, opacity=".8")


def _factors(values: Sequence[float]) -> list[float]:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return [10.0**power for power in range(low, max(high, low + 1) + 1)]


def _steps(low: float, high: float) -> list[float]:
    """Four or five even steps of 1, 2 or 5 times a power of ten."""
    raw = (high - low) / 4 or 1.0
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(unit * n for n in (1, 2, 2.5, 5, 10) if unit * n >= raw * 0.999)
    return [low + step * n for n in range(math.ceil((high - low) / step - 1e-9) + 1)]
