"""What the text renderings share: one plain console, and messages with their code picked out."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from torch_judge.show.words import clean, pieces

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

WIDTH = 80
GOOD, BAD, CODE, DIM = "green", "red", "cyan", "dim"
COLOURS = {"✓": GOOD, "✗": BAD, "–": DIM}


def rendered(write: Callable[[Console], None], width: int | None, color: bool) -> str:
    """What ``write`` prints on a console of ``width`` columns (80 unless told), whatever the environment."""
    from rich.console import Console

    file = io.StringIO()
    console = Console(
        file=file,
        width=width or WIDTH,
        height=100,
        force_terminal=color,
        force_jupyter=False,
        color_system="standard" if color else None,
        legacy_windows=False,
        _environ={},
    )
    write(console)
    lines = file.getvalue().split("\n")
    return "\n".join(lines if color else [line.rstrip() for line in lines])


def put(console: Console, renderable: RenderableType) -> None:
    """Print as it stands: no markup, no emoji codes, no highlighting."""
    console.print(renderable, markup=False, emoji=False, highlight=False)


def plain(text: str, style: str = "") -> Text:
    """``text`` that no markup is read from."""
    from rich.text import Text

    return Text(clean(text), style, overflow="fold")


def message(text: str, style: str = "") -> Text:
    """A message of ours: what stands between backticks is shown as code."""
    from rich.text import Text

    out = Text("", style, overflow="fold")
    for part, is_code in pieces(text):
        out.append(part, f"bold {CODE}" if is_code else None)
    return out


def indented(renderable: RenderableType, by: int = 2) -> RenderableType:
    """``renderable``, moved to the right."""
    from rich.padding import Padding

    return Padding(renderable, (0, 0, 0, by), expand=False)
