"""A report as text, for terminals and as a notebook's plain channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from torch_judge.report import CaseResult, ExceptionInfo, Report
from torch_judge.show import groups, words
from torch_judge.show.terminal import BAD, CODE, COLOURS, DIM, GOOD, Columns, indented, message, plain, put, rendered
from torch_judge.show.words import View

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType


def render_text(
    report: Report,
    *,
    title: str,
    entry: str,
    progress: str = "",
    unfold: bool = False,
    durations: bool = True,
    numbers: Mapping[str, int] | None = None,
    width: int | None = None,
    color: bool = False,
) -> str:
    """The report as text of ``width`` columns (80 unless told), with ANSI colours if ``color``.

    ``numbers`` gives the cases' numbers in their problem, if the report does not list them all.
    """
    view = View(report, title, entry, progress, unfold, durations, numbers)
    return rendered(lambda console: print_report(console, view), width, color)


def print_report(console: Console, view: View) -> None:
    """Print a report on a console of rich's."""
    from rich.console import Group

    parts = (_verdict, _error, _diagnosis, _violations, _failures, _others, _prints_of_passed, _notes)
    put(console, Group(*(renderable for part in parts for renderable in part(view))))


def print_failures(console: Console, view: View) -> None:
    """Print only what a report says of the cases that fail."""
    for renderable in _failures(view):
        put(console, renderable)


def _heading(text: str) -> Iterator[RenderableType]:
    yield plain("")
    yield plain(text, "bold")


def _verdict(view: View) -> Iterator[RenderableType]:
    symbol, sentence = words.verdict(view.report)
    line = plain(f"{symbol} {sentence}", f"bold {COLOURS[symbol]}".replace("bold dim", "bold"))
    if view.durations:
        line.append(f"  {words.seconds(view.report.duration_s)}", "not bold dim")
    yield line
    yield indented(message(words.circumstances(view)))
    for sentence in filter(None, (view.progress, words.cost(view))):
        yield indented(message(sentence))


def _error(view: View) -> Iterator[RenderableType]:
    report = view.report
    if report.error:
        yield plain("")
        yield message(report.error, "bold")
    if report.exception:
        yield from _exception(report.exception)


def _diagnosis(view: View) -> Iterator[RenderableType]:
    if view.report.diagnosis:
        yield from _heading(words.heading(view.report))
    for diagnosis in view.report.diagnosis:
        yield indented(message(diagnosis.message))
        if explained := words.explained(diagnosis, view):
            yield indented(plain(explained, DIM))


def _violations(view: View) -> Iterator[RenderableType]:
    if view.report.violations:
        yield from _heading("Forbidden in this exercise")
    for bullet in groups.bullets(view.report.violations):
        line = plain("" if bullet.line else "✗ ", BAD)
        for at, api in enumerate(bullet.apis):
            line.append(", " if at else "", "default").append(words.clean(api), f"bold {CODE}")
        line.append(f", {words.seen(bullet)}", "default")
        if bullet.line:
            yield indented(plain("✗ ", BAD).append_text(message(bullet.line, "default")))
        yield indented(line, 4 if bullet.line else 2)


def _failures(view: View) -> Iterator[RenderableType]:
    for at, group in enumerate(groups.alike(view.failed)):
        n, case = group.numbers[0], group.first
        yield plain("")
        line = plain(f"✗ {words.numbered(group.numbers)}", f"bold {BAD}")
        line.append("  " + words.names(group), "default not bold")
        if len(group.cases) == 1:
            line.append(f"  ({words.clean(case.kind)})", f"not bold {DIM}")
        yield line
        if case.message:
            yield indented(message(words.cut(case.message, words.MESSAGE)))
        if at < words.DETAILED or view.unfold:
            yield from _details(view, n, case)
        elif n and (case.mismatches or case.exception or case.output):
            yield indented(message(f"`{words.call('check', view, n)}` shows it all.", DIM))


def _others(view: View) -> Iterator[RenderableType]:
    """The cases that did not fail, in a line or two."""
    lines = [message(f"– {sentence}", DIM) for sentence in words.left_out(view)]
    if not view.report.accepted and (passing := words.passing(view)):
        lines.insert(0, plain("✓ ", GOOD).append(passing, "default"))
    if lines:
        yield plain("")
    yield from lines


def _details(view: View, n: int, case: CaseResult) -> Iterator[RenderableType]:
    if case.exception:
        yield from _exception(case.exception, case.message)
    tabular, sentences, more = words.mismatches(case, view.unfold)
    if tabular:
        yield _Mismatches(*words.table(tabular))
    for sentence in sentences:
        yield indented(message(sentence))
    if more:
        yield indented(message(words.more(view, n, more, "mismatch", "mismatches"), DIM))
    yield from _prints(view, n, case)


class _Mismatches:
    """The table of mismatches; where it is too wide, a few lines for each of them."""

    def __init__(self, columns: list[str], rows: list[list[str]]) -> None:
        self.columns, self.rows = columns, rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        head = [plain(column, DIM) for column in self.columns]
        table = Columns([head, *(list(map(plain, row)) for row in self.rows)], 2)
        if table.width <= options.max_width:
            yield table
            return
        for observation, *cells in self.rows:
            yield indented(plain(observation, "bold"))
            named = zip(self.columns[1:], cells, strict=True)
            yield indented(plain(", ".join(f"{column} {cell}" for column, cell in named if cell)), 4)


def _exception(exception: ExceptionInfo, said: str = "") -> Iterator[RenderableType]:
    if headline := words.headline(exception, said):
        yield indented(plain(headline, BAD))
    outer, gap, inner = words.frames(exception)
    for frame in outer:
        yield indented(plain(words.place(frame)), 4)
        yield indented(plain(frame.code.strip(), CODE), 6)
    if gap:
        yield indented(plain(gap, DIM), 4)
    for frame in inner:
        yield indented(plain(words.place(frame)), 4)
        yield indented(plain(frame.code.strip(), CODE), 6)


def _prints(view: View, n: int, case: CaseResult) -> Iterator[RenderableType]:
    if not case.output.strip():
        return
    text, more = words.prints(case, words.UNFOLDED_LINES if view.unfold else words.FOLDED_LINES)
    yield indented(plain("You printed:", DIM))
    for line in text.split("\n"):
        yield indented(plain(f"│ {line}"))
    if more:
        yield indented(message(words.more(view, n, more, "line", "lines"), DIM))


def _prints_of_passed(view: View) -> Iterator[RenderableType]:
    """Only when unfolded: somebody who asks for one case wants its prints, pass or fail."""
    for n, case in view.rows:
        if view.unfold and case.passed and case.output.strip():
            yield from _heading(f"{words.numbered([n])}  {case.name}")
            yield from _prints(view, n, case)


def _notes(view: View) -> Iterator[RenderableType]:
    if view.report.notes:
        yield from _heading("Notes")
    for note in view.report.notes:
        yield indented(message(f"- {note}"))
    for sentence in filter(None, (words.replay(view), view.following)):
        yield plain("")
        yield message(sentence)
