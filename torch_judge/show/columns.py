"""Columns for a terminal: what does not fit is cut or left out, and a row stays one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

GAP = 2


@dataclass(frozen=True)
class Column:
    """A heading and how a column makes room: the lowest ``rank`` goes first, ``least`` is what it may be cut to."""

    head: str
    rank: int
    least: int = 0
    right: bool = False


def fitted(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int | None, *, heads: bool = False
) -> dict[int, int]:
    """The columns (by index) that fit into ``width`` characters, each with its own width; all of them without one.

    A column in which nothing stands is left out. ``heads``: the headings are shown, too.
    """
    from rich.cells import cell_len

    natural = {i: max((cell_len(row[i]) for row in rows), default=0) for i in range(len(columns))}
    kept = [i for i, size in natural.items() if size]
    natural = {i: max(natural[i], len(columns[i].head) if heads else 0) for i in kept}
    if width is None:
        return {i: natural[i] for i in kept}
    least = {i: min(natural[i], columns[i].least or natural[i]) for i in kept}
    while len(kept) > 1 and _total(least[i] for i in kept) > width:
        kept.remove(min(kept, key=lambda i: columns[i].rank))
    room = width - _total(least[i] for i in kept)
    widths = {}
    for i in kept:
        widths[i] = min(natural[i], least[i] + max(room, 0))
        room -= widths[i] - least[i]
    return widths


def cell(text: str, width: int, right: bool = False) -> str:
    """``text`` in exactly ``width`` characters."""
    from rich.cells import cell_len, set_cell_size

    size = cell_len(text)
    if size > width:
        return set_cell_size(text, max(width - 1, 0)) + "…"
    return " " * (width - size) + text if right else text + " " * (width - size)


def _total(widths: Iterable[int]) -> int:
    sizes = list(widths)
    return sum(sizes) + GAP * (len(sizes) - 1)
