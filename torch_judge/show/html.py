"""A report as HTML for a notebook's output: one element, no script, nothing from another host."""

from __future__ import annotations

from collections.abc import Mapping

from torch_judge.report import CaseResult, ExceptionInfo, Frame, Report
from torch_judge.show import words
from torch_judge.show.page import esc, grid, heading, prose, soft, tag, wrapped
from torch_judge.show.words import View

CLASSES = {"✓": "tj-good", "✗": "tj-bad", "–": "tj-soft"}


def render_html(
    report: Report,
    *,
    title: str,
    entry: str,
    progress: str = "",
    unfold: bool = False,
    durations: bool = True,
    numbers: Mapping[str, int] | None = None,
) -> str:
    """The report as one ``<div class="torch-judge">``, readable on light and on dark pages."""
    view = View(report, title, entry, progress, unfold, durations, numbers)
    parts = (_verdict, _error, _diagnosis, _violations, _cases, _failures, _prints_of_passed, _notes)
    return wrapped(words.verdict(report)[1], *(part(view) for part in parts))


def _verdict(view: View) -> str:
    symbol, sentence = words.verdict(view.report)
    line = tag("span", esc(f"{symbol} {sentence}"), class_="tj-none" if symbol == "–" else CLASSES[symbol])
    if view.durations:
        line += " " + soft(words.seconds(view.report.duration_s))
    out = tag("p", line, class_="tj-verdict") + tag("p", prose(words.circumstances(view)), class_="tj-soft")
    return out + (tag("p", prose(view.progress)) if view.progress else "")


def _error(view: View) -> str:
    report = view.report
    inside = (tag("p", tag("strong", prose(report.error))) if report.error else "") + (
        _exception(report.exception) if report.exception else ""
    )
    return tag("div", inside, class_="tj-box tj-wrong") if inside else ""


def _diagnosis(view: View) -> str:
    if not view.report.diagnosis:
        return ""
    out = heading(words.heading(view.report))
    for diagnosis in view.report.diagnosis:
        out += tag("p", prose(diagnosis.message))
        if explained := words.explained(diagnosis, view):
            out += tag("p", esc(explained), class_="tj-soft")
    return tag("div", out, class_="tj-box tj-hint")


def _violations(view: View) -> str:
    if not view.report.violations:
        return ""
    items = "".join(
        tag("li", tag("code", esc(v.api)), esc(f", {words.seen(v)}"), tag("p", prose(v.line)) if v.line else "")
        for v in view.report.violations
    )
    return tag("div", heading("Forbidden in this exercise"), tag("ul", items), class_="tj-box tj-wrong")


def _cases(view: View) -> str:
    if not view.report.cases:
        return ""
    rows = []
    for n, case in view.rows:
        symbol, word = words.standing(case)
        name = esc(case.name) + (soft(f": {case.skipped}") if case.skipped else "")
        cells = [tag("th", name, scope="row"), tag("td", soft(case.kind))]
        state = tag("td", esc(f"{symbol} {word}"), class_=f"tj-state {CLASSES[symbol]}")
        rows.append(tag("tr", tag("td", str(n or "")), *cells, state))
    return heading("Cases") + grid(["#", "case", "kind", "verdict"], rows, "Cases")


def _failures(view: View) -> str:
    again = words.repeats(view)
    fresh = [n for n, _ in view.failed if n not in again]
    opened = fresh if view.unfold else fresh[: words.DETAILED]
    return "".join(_failure(view, n, case, again.get(n), n in opened) for n, case in view.failed)


def _failure(view: View, n: int, case: CaseResult, same_as: int | None, opened: bool) -> str:
    name = tag("strong", f"✗ {words.numbered(n)}", class_="tj-bad") + f" {esc(case.name)}"
    if same_as is not None:
        return tag("p", name, ": ", soft(f"it raised the same as case {same_as}."), class_="tj-next")
    message = tag("p", prose(words.cut(case.message, words.MESSAGE))) if case.message else ""
    inside = message + _details(view, n, case)
    return _folded(name, inside, opened) if inside else tag("p", name)


def _details(view: View, n: int, case: CaseResult) -> str:
    tabular, sentences, more = words.mismatches(case, view.unfold)
    out = _exception(case.exception) if case.exception else ""
    if tabular:
        columns, rows = words.table(tabular)
        label = f"Mismatches of case {n}"
        out += grid(columns, [_row(columns, row) for row in rows], label, "tj-values")
    out += "".join(tag("p", prose(sentence)) for sentence in sentences)
    if more:
        out += tag("p", prose(words.more(view, n, more, "mismatch", "mismatches")), class_="tj-soft")
    return out + _prints(case, view.unfold)


def _row(columns: list[str], cells: list[str]) -> str:
    observation = tag("th", tag("code", esc(cells[0])), scope="row")
    return tag(
        "tr",
        observation,
        *(tag("td", esc(cell), data_label=column) for column, cell in zip(columns[1:], cells[1:], strict=True)),
    )


def _exception(exception: ExceptionInfo) -> str:
    outer, gap, inner = words.frames(exception)
    places = [_frame(f) for f in outer] + ([tag("li", soft(gap))] if gap else []) + [_frame(f) for f in inner]
    return tag("p", tag("strong", esc(words.headline(exception)))) + (tag("ul", *places) if places else "")


def _frame(frame: Frame) -> str:
    return tag("li", esc(words.place(frame)), _code(frame.code.strip()))


def _code(text: str) -> str:
    return tag("pre", tag("code", esc(text))) if text else ""


def _prints(case: CaseResult, opened: bool) -> str:
    if not case.output.strip():
        return ""
    text, more = words.prints(case, words.UNFOLDED_LINES)
    lines = words.counted(text.count("\n") + 1 + more, "line")
    rest = tag("p", esc(f"… {more:,} more lines"), class_="tj-soft") if more else ""
    return _folded(f"You printed {lines}", tag("pre", esc(text)) + rest, opened)


def _prints_of_passed(view: View) -> str:
    """Only when unfolded: somebody who asks for one case wants its prints, pass or fail."""
    return "".join(
        heading(f"{words.numbered(n)}: {case.name}") + _prints(case, True)
        for n, case in view.rows
        if view.unfold and case.passed and case.output.strip()
    )


def _folded(summary: str, inside: str, opened: bool) -> str:
    content = tag("summary", summary) + tag("div", inside, class_="tj-inside")
    return tag("details", content, open="") if opened else tag("details", content)


def _notes(view: View) -> str:
    out = ""
    if view.report.notes:
        out += heading("Notes") + tag("ul", *(tag("li", prose(note)) for note in view.report.notes))
    if replay := words.replay(view):
        out += tag("p", prose(replay), class_="tj-next")
    return out
