"""A picture of where a matrix is wrong: inline SVG, without script or picture file."""

from __future__ import annotations

import re
from collections import defaultdict

from torch_judge.report import Mismatch
from torch_judge.show.page import prose, tag

CELL = 14
WIDEST, TALLEST = 260, 170


def picture(mismatch: Mismatch) -> str:
    """The heat map of |yours − expected|, with the sentence that tells how to read it; "" if there is none."""
    rows = mismatch.heat or ()
    if not rows:
        return ""
    width, height = len(rows[0]), len(rows)
    scale = min(CELL, WIDEST / width, TALLEST / height)
    shapes = [tag("rect", width=str(width), height=str(height), class_="tj-ground")]
    shapes += [tag("path", d=path, fill_opacity=f"{0.2 + 0.8 * int(step) / 9:.2f}") for step, path in _paths(rows)]
    size = {"width": f"{scale * width:g}", "height": f"{scale * height:g}"}
    svg = tag("svg", *shapes, viewBox=f"0 0 {width} {height}", class_="tj-heat", role="img",
              aria_label=f"Where {mismatch.observation} is wrong", **size)  # fmt: skip
    outer = f"{list(mismatch.index[:-2])}" if mismatch.index and len(mismatch.index) > 2 else ""
    told = f"Where `{mismatch.observation}{outer}` is wrong: the redder, the larger |yours − expected|."
    return tag("div", svg, tag("p", prose(told), class_="tj-soft"), class_="tj-picture")


def _paths(rows: tuple[str, ...]) -> list[tuple[str, str]]:
    """For each step one path, in which what lies side by side is one rectangle."""
    paths: dict[str, str] = defaultdict(str)
    for y, row in enumerate(rows):
        for run in re.finditer(r"([1-9])\1*", row):
            paths[run[1]] += f"M{run.start()} {y}h{len(run[0])}v1h-{len(run[0])}z"
    return sorted(paths.items())
