"""A report as HTML for a notebook's output: one element, no script, nothing from another host."""

from __future__ import annotations

from collections.abc import Mapping

from torch_judge.report import CaseResult, ExceptionInfo, Frame, Report
from torch_judge.show import groups, words
from torch_judge.show.page import esc, grid, heading, prose, soft, tag, wrapped
from torch_judge.show.picture import picture
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
    return page(View(report, title, entry, progress, unfold, durations, numbers))


def page(view: View) -> str:
    """The report of a view as one element."""
    parts = (_verdict, _error, _diagnosis, _violations, _failures, _others, _prints_of_passed, _notes)
    return wrapped(words.verdict(view.report)[1], *(part(view) for part in parts))


def _verdict(view: View) -> str:
    symbol, sentence = words.verdict(view.report)
    line = tag("span", esc(f"{symbol} {sentence}"), class_="tj-none" if symbol == "–" else CLASSES[symbol])
    if view.durations:
        line += " " + soft(words.seconds(view.report.duration_s))
    out = tag("p", line, class_="tj-verdict") + tag("p", prose(words.circumstances(view)), class_="tj-soft")
    return out + "".join(tag("p", prose(sentence)) for sentence in (view.progress, words.cost(view)) if sentence)


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
    items = "".join(map(_bullet, groups.bullets(view.report.violations)))
    return tag("div", heading("Forbidden in this exercise"), tag("ul", items), class_="tj-box tj-wrong")


def _bullet(bullet: groups.Bullet) -> str:
    apis = ", ".join(tag("code", esc(api)) for api in bullet.apis)
    what = apis + esc(f", {words.seen(bullet)}")
    return tag("li", prose(bullet.line), tag("p", what)) if bullet.line else tag("li", what)


def _failures(view: View) -> str:
    out = ""
    for at, group in enumerate(groups.alike(view.failed)):
        n, case = group.numbers[0], group.first
        name = tag("strong", f"✗ {words.numbered(group.numbers)}", class_="tj-bad")
        name += " " + esc(words.names(group))
        name += " " + soft(f"({case.kind})") if len(group.cases) == 1 else ""
        message = tag("p", prose(words.cut(case.message, words.MESSAGE))) if case.message else ""
        inside = message + _details(view, n, case)
        opened = at < words.DETAILED or view.unfold
        out += _folded(name, inside, opened) if inside else tag("p", name)
    return out


def _others(view: View) -> str:
    """The cases that did not fail: folded, with a sentence for those that were not judged."""
    out = "".join(tag("p", prose(f"– {sentence}"), class_="tj-soft") for sentence in words.left_out(view))
    if not view.passed:
        return out
    rows = [tag("tr", tag("td", str(n or "")), tag("th", esc(case.name), scope="row"), tag("td", soft(case.kind)))
            for n, case in view.passed]  # fmt: skip
    summary = tag("span", "✓", class_="tj-good") + esc(f" {words.passing(view)}")
    return _folded(summary, grid(["#", "case", "kind"], rows, "Cases that pass"), opened=False) + out


def _details(view: View, n: int, case: CaseResult) -> str:
    tabular, sentences, more = words.mismatches(case, view.unfold)
    out = _exception(case.exception, case.message) if case.exception else ""
    if tabular:
        columns, rows = words.table(tabular)
        label = f"Mismatches of case {n}"
        out += grid(columns, [_row(columns, row) for row in rows], label, "tj-values")
    out += "".join(tag("p", prose(sentence)) for sentence in sentences)
    pictures = [drawn for mismatch in case.mismatches if (drawn := picture(mismatch))]
    out += "".join(pictures[: words.MISMATCHES if view.unfold else 1])
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


def _exception(exception: ExceptionInfo, said: str = "") -> str:
    outer, gap, inner = words.frames(exception)
    places = [_frame(f) for f in outer] + ([tag("li", soft(gap))] if gap else []) + [_frame(f) for f in inner]
    headline = words.headline(exception, said)
    return (tag("p", tag("strong", esc(headline))) if headline else "") + (tag("ul", *places) if places else "")


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
        heading(f"{words.numbered([n])}: {case.name}") + _prints(case, True)
        for n, case in view.rows
        if view.unfold and case.passed and case.output.strip()
    )


def _folded(summary: str, inside: str, opened: bool) -> str:
    content = tag("summary", summary) + tag("div", inside, class_="tj-inside")
    return tag("details", content, open="") if opened else tag("details", content)


def _notes(view: View) -> str:
    """Notes, folded where the work is accepted, and what to do next."""
    notes = view.report.notes
    out = ""
    if notes:
        listed = tag("ul", *(tag("li", prose(note)) for note in notes))
        accepted = view.report.accepted
        out += _folded(words.counted(len(notes), "note"), listed, False) if accepted else heading("Notes") + listed
    sentences = filter(None, (words.replay(view), view.following))
    return out + "".join(tag("p", prose(sentence), class_="tj-next") for sentence in sentences)
