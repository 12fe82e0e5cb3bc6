"""A report as text, for terminals and as a notebook's plain channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from torch_judge.report import CaseResult, ExceptionInfo, Report
from torch_judge.show import words
from torch_judge.show.terminal import BAD, CODE, COLOURS, DIM, Columns, indented, message, plain, put, rendered
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

    parts = (_verdict, _error, _diagnosis, _violations, _cases, _failures, _prints_of_passed, _notes)
    put(console, Group(*(renderable for part in parts for renderable in part(view))))


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
    if view.progress:
        yield indented(message(view.progress))


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
    for violation in view.report.violations:
        line = plain("✗ ", BAD)
        line.append(words.clean(violation.api), f"bold {CODE}")
        line.append(f", {words.seen(violation)}", "default")
        yield indented(line)
        if violation.line:
            yield indented(message(violation.line), 4)


def _cases(view: View) -> Iterator[RenderableType]:
    if not view.report.cases:
        return
    yield from _heading("Cases")
    digits = max(len(str(n)) for n, _ in view.rows)
    rows = []
    for n, case in view.rows:
        symbol, word = words.standing(case)
        state = plain(f"{symbol} {word}", COLOURS[symbol])
        reason = plain(f": {words.clean(case.skipped)}" if case.skipped else "", COLOURS[symbol])
        rows.append([plain(f"{n or '':>{digits}}", DIM), state, plain(case.kind, DIM), plain(case.name) + reason])
    yield Columns(rows, 2)


def _failures(view: View) -> Iterator[RenderableType]:
    again = words.repeats(view)
    detailed = 0
    for n, case in view.failed:
        yield plain("")
        line = plain(f"✗ {words.numbered(n)}", f"bold {BAD}")
        yield line.append(f"  {words.clean(case.name)}", "default not bold")
        if n in again:
            yield indented(plain(f"It raised the same as case {again[n]}."))
            continue
        if case.message:
            yield indented(message(words.cut(case.message, words.MESSAGE)))
        if detailed < words.DETAILED or view.unfold:
            yield from _details(view, n, case)
        elif n and (case.mismatches or case.exception or case.output):
            yield indented(message(f"`{words.call('check', view, n)}` shows it all.", DIM))
        detailed += 1


def _details(view: View, n: int, case: CaseResult) -> Iterator[RenderableType]:
    if case.exception:
        yield from _exception(case.exception)
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


def _exception(exception: ExceptionInfo) -> Iterator[RenderableType]:
    yield indented(plain(words.headline(exception), BAD))
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
            yield from _heading(f"{words.numbered(n)}  {case.name}")
            yield from _prints(view, n, case)


def _notes(view: View) -> Iterator[RenderableType]:
    if view.report.notes:
        yield from _heading("Notes")
    for note in view.report.notes:
        yield indented(message(f"- {note}"))
    if replay := words.replay(view):
        yield plain("")
        yield message(replay)
