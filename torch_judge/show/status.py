"""What a learner has done, as a table grouped by topic, and as a list of one line each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from torch_judge.bank.order import by_topic
from torch_judge.show.columns import GAP, Column, cell, fitted
from torch_judge.show.page import esc, grid, heading, prose, soft, tag, wrapped
from torch_judge.show.terminal import COLOURS, DIM, GOOD, message, plain, put, rendered
from torch_judge.show.words import clean, counted, seconds

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

State = Literal["solved", "attempted", "to do"]
STATES: tuple[State, ...] = ("solved", "attempted", "to do")
SYMBOLS = {"solved": "✓", "attempted": "✗", "to do": "–"}
COLUMNS = (
    Column("#", 9, right=True),
    Column("problem", 8),
    Column("title", 3, least=16),
    Column("difficulty", 5),
    Column("state", 7),
    Column("attempts", 4, right=True),
    Column("best", 2, right=True),
)
LISTED = (*COLUMNS[:5], Column("topic", 1, least=12))
STATE = 4  # the column that is coloured
BAR = 30


@dataclass(frozen=True)
class StatusRow:
    """One problem's line. ``peeked``: its solution was shown before it was solved."""

    number: int
    id: str
    title: str
    topic: str
    difficulty: str
    state: State
    attempts: int
    best_s: float | None
    peeked: bool = False


def render_status_text(
    rows: Iterable[StatusRow],
    *,
    summary: Mapping[str, int],
    following: str = "",
    filtered: bool = False,
    width: int | None = None,
    color: bool = False,
) -> str:
    """The learner's progress as text of ``width`` columns (80 unless told); ``following`` says what comes next.

    ``filtered``: not all problems are among ``rows``, so that those of a topic are counted, not the solved ones.
    """
    groups = by_topic(rows)
    return rendered(lambda console: _print(console, groups, summary, following, filtered), width, color)


def render_list_text(rows: Sequence[StatusRow], *, width: int | None = None, color: bool = False) -> str:
    """The problems, one line each, in ``width`` columns; without a width nothing is cut."""
    from rich.text import Text

    cells = [[*_cells(row)[:5], clean(row.topic)] for row in rows]
    texts = _lines(LISTED, cells, [row.state for row in rows], width, head=False)
    widest = max((text.cell_len for text in texts), default=1)
    return rendered(lambda console: put(console, Text("\n").join(texts)), max(widest, width or 0), color)


def render_status_html(
    rows: Iterable[StatusRow], *, summary: Mapping[str, int], following: str = "", filtered: bool = False
) -> str:
    """The learner's progress as one HTML element; each topic can be unfolded, those that were worked on are."""
    sentence = _sentence(summary)
    share = _share(summary)
    bar = tag(
        "div",
        tag("div", style=f"width:{share:.0%}"),
        class_="tj-bar",
        role="progressbar",
        aria_label=sentence,
        aria_valuemin="0",
        aria_valuemax="100",
        aria_valuenow=f"{share * 100:.0f}",
    )
    out = tag("p", esc(sentence), class_="tj-verdict") + bar + tag("p", esc(_rest(summary)), class_="tj-soft")
    out += tag("p", prose(following)) if following else ""
    groups = by_topic(rows)
    begun = any(row.state == "attempted" for group in groups.values() for row in group)
    for number, (topic, group) in enumerate(groups.items()):
        opened = filtered or any(row.state == "attempted" for row in group) or (not begun and number == 0)
        out += _folded(topic, group, filtered, opened)
    return wrapped("Your progress", heading("Your progress"), out)


def _folded(topic: str, group: list[StatusRow], filtered: bool, opened: bool) -> str:
    summary = tag("summary", tag("strong", esc(topic)), " ", soft(_of(group, filtered)))
    table = grid([c.head for c in COLUMNS], [tag("tbody", *map(_row, group))], topic, "tj-status")
    return tag("details", summary, table, open="") if opened else tag("details", summary, table)


def _row(row: StatusRow) -> str:
    number, id, *rest = _cells(row)
    title, difficulty, state, attempts, best = map(esc, rest)
    colour = {"solved": "tj-good", "attempted": "tj-bad", "to do": "tj-soft"}[row.state]
    return tag(
        "tr",
        tag("td", esc(number)),
        tag("th", tag("code", esc(id)), scope="row"),
        tag("td", title),
        tag("td", difficulty),
        tag("td", state, class_=f"tj-state {colour}"),
        tag("td", attempts),
        tag("td", best),
    )


def _print(
    console: Console, groups: dict[str, list[StatusRow]], summary: Mapping[str, int], following: str, filtered: bool
) -> None:
    line = plain(f"{_sentence(summary)}  ", "bold")
    bar = min(BAR, max(console.width - line.cell_len, 0))
    done = round(bar * _share(summary))
    line.append("█" * done, f"not bold {GOOD}").append("░" * (bar - done), f"not bold {DIM}")
    put(console, line)
    put(console, plain(_rest(summary), DIM))
    if following:
        put(console, message(following))
    rows = [row for group in groups.values() for row in group]
    if not rows:
        return
    head, *lines = _lines(COLUMNS, list(map(_cells, rows)), [row.state for row in rows], console.width, head=True)
    put(console, plain(""))
    put(console, head)
    for topic, group in groups.items():
        put(console, plain(""))
        put(console, plain(topic, "bold").append(f"  {_of(group, filtered)}", f"not bold {DIM}"))
        for _ in group:
            put(console, lines.pop(0))


def _lines(
    columns: Sequence[Column], rows: list[list[str]], states: Sequence[State], width: int | None, *, head: bool
) -> list[Text]:
    """Each row as one line that fits, below the headings if ``head``."""
    heads = [column.head for column in columns]
    widths = fitted(columns, rows, width, heads=head)
    lines = []
    for row, state in zip([heads, *rows] if head else rows, ["", *states] if head else states, strict=True):
        line = plain("", DIM if not state else "")
        for i, size in widths.items():
            line.append(" " * (GAP if line.plain else 0))
            line.append(cell(row[i], size, columns[i].right), COLOURS[SYMBOLS[state]] if state and i == STATE else None)
        line.rstrip()
        line.no_wrap = True
        lines.append(line)
    return lines


def _cells(row: StatusRow) -> list[str]:
    state = f"{SYMBOLS[row.state]} {row.state}" + (", solution seen" if row.peeked else "")
    attempts = str(row.attempts) if row.attempts else ""
    best = "" if row.best_s is None else seconds(row.best_s)
    return [str(row.number), *map(clean, (row.id, row.title, row.difficulty)), state, attempts, best]


def _of(group: list[StatusRow], filtered: bool) -> str:
    if filtered:
        return counted(len(group), "problem")
    return f"{sum(row.state == 'solved' for row in group)} of {len(group)} solved"


def _share(summary: Mapping[str, int]) -> float:
    return summary["solved"] / summary["total"] if summary["total"] else 0.0


def _sentence(summary: Mapping[str, int]) -> str:
    return f"{summary['solved']} of {summary['total']} solved"


def _rest(summary: Mapping[str, int]) -> str:
    to_do = summary["total"] - summary["solved"] - summary["attempted"]
    streak = f", a streak of {counted(summary['streak_days'], 'day')}" if summary["streak_days"] else ""
    return f"{summary['attempted']} attempted, {to_do} to do{streak}"
