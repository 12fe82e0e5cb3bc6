"""What the text renderings share: one plain console, and messages with their code picked out."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from torch_judge.show.words import clean, pieces

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
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
    """Print as it stands: no markup, no emoji codes, no highlighting.

    Without colours it is lines of text, which takes a third of the time that rich's segments and styles take.
    """
    if console.color_system is None and not console.is_terminal:
        console.file.writelines(f"{line}\n" for line in _lines(console, renderable))
    else:
        console.print(renderable, markup=False, emoji=False, highlight=False)


def _lines(console: Console, renderable: Any) -> Iterator[str]:
    from rich.text import Text

    if not isinstance(renderable, Text):
        for part in renderable.__rich_console__(console, console.options):
            yield from _lines(console, part)
    elif renderable.cell_len <= console.width and not {"\n", "\t"}.intersection(renderable.plain):
        yield renderable.plain
    else:
        for line in renderable.wrap(console, console.width, no_wrap=renderable.no_wrap):
            yield line.plain


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


def indented(text: Text, by: int = 2) -> RenderableType:
    """``text``, moved to the right."""
    return Columns([[text]], by)


class Columns:
    """Rows of texts, side by side, moved ``by`` columns to the right, the last one wrapped.

    A third of the time that rich's Table takes, which measures and lays out every cell.
    """

    def __init__(self, rows: list[list[Text]], by: int = 0) -> None:
        self.rows, self.by = rows, by
        self.widths = [max(text.cell_len for text in column) for column in zip(*rows, strict=True)]
        self.width = by + sum(self.widths) + 2 * (len(self.widths) - 1)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        left = self.width - self.widths[-1]
        room = max(options.max_width - left, 1)
        for *cells, last in self.rows:
            line = plain(" " * self.by)
            for text, width in zip(cells, self.widths, strict=False):
                line.append_text(text).append(" " * (width - text.cell_len + 2))
            fits = last.cell_len <= room and "\n" not in last.plain
            for number, part in enumerate([last] if fits else last.wrap(console, room)):
                line = line if number == 0 else plain(" " * left)
                line.no_wrap = True  # it is already
                yield line.append_text(part)
