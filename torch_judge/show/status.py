"""What a learner has done, as a table grouped by topic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from torch_judge.show.page import esc, grid, heading, soft, tag, wrapped
from torch_judge.show.terminal import COLOURS, DIM, GOOD, plain, put, rendered
from torch_judge.show.words import counted, seconds

if TYPE_CHECKING:
    from rich.console import Console

State = Literal["solved", "attempted", "to do"]
SYMBOLS = {"solved": "✓", "attempted": "✗", "to do": "–"}
COLUMNS = ["#", "problem", "title", "difficulty", "state", "attempts", "best"]
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
    width: int | None = None,
    color: bool = False,
) -> str:
    """The learner's progress as text of ``width`` columns (80 unless told)."""
    groups = _groups(rows)
    return rendered(lambda console: _print(console, groups, summary), width, color)


def render_status_html(rows: Iterable[StatusRow], *, summary: Mapping[str, int]) -> str:
    """The learner's progress as one HTML element."""
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
    groups = _groups(rows)
    if groups:
        bodies = [_body(topic, group) for topic, group in groups.items()]
        out += grid(COLUMNS, bodies, "Problems by topic", "tj-status")
    return wrapped("Your progress", heading("Your progress"), out)


def _body(topic: str, group: list[StatusRow]) -> str:
    head = tag("th", esc(topic), " ", soft(_of(group)), colspan=str(len(COLUMNS)), scope="rowgroup")
    return tag("tbody", tag("tr", head, class_="tj-group"), *map(_row, group))


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


def _print(console: Console, groups: dict[str, list[StatusRow]], summary: Mapping[str, int]) -> None:
    from rich.table import Table

    done = round(BAR * _share(summary))
    line = plain(f"{_sentence(summary)}  ", "bold")
    line.append("█" * done, f"not bold {GOOD}").append("░" * (BAR - done), f"not bold {DIM}")
    put(console, line)
    put(console, plain(_rest(summary), DIM))
    if not groups:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in COLUMNS:
        right = column in ("#", "attempts", "best")
        table.add_column(plain(column, DIM), justify="right" if right else "left", overflow="fold")
    for topic, group in groups.items():
        table.add_row()
        table.add_row("", plain(topic, "bold"), plain(_of(group), DIM))
        for row in group:
            number, id, title, difficulty, state, attempts, best = map(plain, _cells(row))
            state.stylize(COLOURS[SYMBOLS[row.state]])
            table.add_row(number, id, title, difficulty, state, attempts, best)
    put(console, table)


def _groups(rows: Iterable[StatusRow]) -> dict[str, list[StatusRow]]:
    groups: dict[str, list[StatusRow]] = {}
    for row in rows:
        groups.setdefault(row.topic, []).append(row)
    return groups


def _cells(row: StatusRow) -> list[str]:
    state = f"{SYMBOLS[row.state]} {row.state}" + (", solution seen" if row.peeked else "")
    attempts = str(row.attempts) if row.attempts else ""
    best = "" if row.best_s is None else seconds(row.best_s)
    return [str(row.number), row.id, row.title, row.difficulty, state, attempts, best]


def _of(group: list[StatusRow]) -> str:
    return f"{sum(row.state == 'solved' for row in group)} of {len(group)} solved"


def _share(summary: Mapping[str, int]) -> float:
    return summary["solved"] / summary["total"] if summary["total"] else 0.0


def _sentence(summary: Mapping[str, int]) -> str:
    return f"{summary['solved']} of {summary['total']} solved"


def _rest(summary: Mapping[str, int]) -> str:
    to_do = summary["total"] - summary["solved"] - summary["attempted"]
    streak = f", a streak of {counted(summary['streak_days'], 'day')}" if summary["streak_days"] else ""
    return f"{summary['attempted']} attempted, {to_do} to do{streak}"
