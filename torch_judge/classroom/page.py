"""The class page: one HTML file without a script, readable in light and dark and on paper."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from torch_judge.bank import Bank
from torch_judge.classroom.assignment import Assignment
from torch_judge.classroom.grading import Class
from torch_judge.classroom.marks import Mark, totals
from torch_judge.classroom.pairs import Pair
from torch_judge.classroom.statistics import ENOUGH, NONE_KNOWN, Item, items
from torch_judge.classroom.words import ACCEPTED, MISSING, NOT_JUDGED, UNREADABLE
from torch_judge.show.page import esc, prose, tag

WIDEST = 900
ROW = 22
CHARS = 118
MANNER = {ACCEPTED: "good", MISSING: "soft", NOT_JUDGED: "warn", UNREADABLE: "warn"}


def class_page(found: Class, pairs: Sequence[Pair], bank: Bank) -> str:
    """The page of a class as HTML."""
    marks = found.marks
    numbers = items(found.problems, marks)
    inside = [
        tag("h1", esc(found.assignment.title)),
        tag("p", esc(rules(found.assignment)), class_="soft"),
        _tiles(found, marks),
        _overview(numbers, found.assignment, bank),
        *(_problem(item, bank) for item in numbers),
        _pairs(pairs, found),
        _marks(found, marks),
        _left_out(found),
    ]
    return document(found.assignment.title, "".join(inside))


def document(title: str, body: str) -> str:
    """A whole HTML document that loads nothing."""
    style = Path(__file__).with_name("class.css").read_text(encoding="utf-8")
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{esc(title)}</title><style>{style}</style>"
    )
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def rules(assignment: Assignment) -> str:
    """How marks come about, in a sentence or two: it stands on every page."""
    credit = {
        "kinds": "A problem gives the share of its kinds of case that are fully right; a forbidden API gives 0.",
        "all": "A problem gives all of its points if it is accepted, else none.",
    }[assignment.credit]
    late = assignment.late
    due = f" Due {assignment.due:%Y-%m-%d %H:%M} UTC." if assignment.due else ""
    cost = f" Each day late costs {late.per_day:.0%} of the mark." if late.per_day else ""
    after = f" Later than {late.cutoff / timedelta(days=1):g} days gives 0." if late.cutoff else ""
    return f"{credit}{due}{cost}{after} What was not handed in, read or judged has no mark: it is no zero."


def _tiles(found: Class, marks: Sequence[Mark]) -> str:
    counts = Counter(mark.status for mark in marks)
    handed = sum(counts.values()) - counts[MISSING]
    told = [
        (str(len(found.recognition.students)), "students"),
        (str(handed), "hand-ins"),
        (str(counts[ACCEPTED]), "accepted"),
        (str(counts[NOT_JUDGED] + counts[UNREADABLE]), "to look at: not judged or unreadable"),
    ]
    return tag("div", *(tag("div", tag("b", esc(n)), esc(what), class_="tile") for n, what in told), class_="tiles")


def _overview(found: Sequence[Item], assignment: Assignment, bank: Bank) -> str:
    head = ("problem", "points", "handed in", "accepted", "difficulty", "discrimination", "seconds")
    rows = [
        (
            title(item.problem, bank),
            f"{assignment.worth(item.problem):g}",
            str(item.handed_in),
            str(item.accepted),
            _number(item.difficulty),
            _number(item.discrimination),
            _number(item.seconds),
        )
        for item in found
    ]
    note = (
        "Difficulty is the mean share of the points: 1 is easy. Discrimination is the correlation of this share with "
        f"the mean of the other problems; under {ENOUGH} students it says nothing. Seconds are the median of judging."
    )
    return tag("h2", "Problems") + table(head, rows, numbers=range(1, 7)) + tag("p", esc(note), class_="soft")


def _problem(item: Item, bank: Bank) -> str:
    statuses = ", ".join(f"{count} {status}" for status, count in item.statuses.most_common())
    inside = [tag("h2", esc(title(item.problem, bank))), tag("p", esc(statuses), class_="soft")]
    if item.mistakes:
        inside += [tag("h3", "Which mistake, and how many made it"), bars(item.mistakes.most_common())]
    if item.kinds:
        inside += [tag("h3", "Kinds of case that failed"), bars(item.kinds.most_common())]
    return tag("section", *inside, class_="problem")


def bars(counts: Sequence[tuple[str, int]]) -> str:
    """Horizontal bars with their texts above them, as SVG."""
    most, y, parts = max(number for _, number in counts), 0, []
    for text, number in counts:
        lines = textwrap.wrap(text.replace("`", ""), CHARS) or [""]
        for line in lines:
            y += 17
            parts.append(tag("text", esc(line), x="0", y=str(y)))
        width = f"{max(2.0, (WIDEST - 60) * number / most):.1f}"
        kind = "none" if text == NONE_KNOWN else "bar"
        parts.append(tag("rect", x="0", y=str(y + 5), width=width, height="10", class_=kind))
        parts.append(tag("text", str(number), x=f"{float(width) + 6:.1f}", y=str(y + 15)))
        y += ROW
    label = "; ".join(f"{number}: {text}" for text, number in counts)
    return tag("svg", *parts, viewBox=f"0 0 {WIDEST} {y + 6}", class_="bars", role="img", aria_label=label)


def _pairs(pairs: Sequence[Pair], found: Class) -> str:
    if not pairs:
        return ""
    shown = found.recognition.students
    rows = [(p.problem, shown[p.first].shown, shown[p.second].shown, f"{p.similarity:.2f}") for p in pairs]
    note = (
        "Look at these pairs: their programs are alike after names, comments and layout are set aside, and after the "
        "starter and what many share is taken out. Alike is no proof of anything; a talk with both is the next step."
    )
    head = ("problem", "student", "student", "similarity")
    return tag("h2", "Pairs worth looking at") + tag("p", esc(note)) + table(head, rows, numbers=(3,))


def _marks(found: Class, marks: Sequence[Mark]) -> str:
    sums, by = totals(marks), {(mark.student, mark.problem): mark for mark in marks}
    of = sum(found.assignment.worth(problem) for problem in found.problems)
    rows = []
    for id, student in sorted(found.recognition.students.items(), key=lambda pair: pair[1].shown.casefold()):
        cells = [
            tag("td", esc(student.shown), *([] if student.shown == id else [" ", tag("span", esc(id), class_="soft")]))
        ]
        cells += [_cell(by[id, problem]) for problem in found.problems]
        cells.append(tag("td", points(sums.get(id)), class_="n"))
        rows.append(tag("tr", *cells))
    head = ["student", *(f"{p} / {found.assignment.worth(p):g}" for p in found.problems), f"sum / {of:g}"]
    thead = tag("thead", tag("tr", *(tag("th", esc(h), scope="col") for h in head)))
    return tag("h2", "Marks") + tag("div", tag("table", thead, tag("tbody", *rows)), class_="scroll")


def _cell(mark: Mark) -> str:
    parts = [tag("b", points(mark.points)), " ", tag("span", esc(mark.status), class_=MANNER.get(mark.status, "bad"))]
    if mark.late:
        parts.append(tag("span", f" late × {mark.factor:.2g}", class_="warn"))
    if mark.ruling:
        parts.append(tag("div", esc(f"set by hand: {mark.ruling.because}"), class_="soft"))
    return tag("td", *parts)


def _left_out(found: Class) -> str:
    parts = []
    if older := found.recognition.older:
        rows = [(h.student, h.problem, h.place) for h in older]
        parts.append(tag("h3", "Older hand-ins, which do not count") + table(("student", "problem", "file"), rows))
    if left := found.recognition.left_out:
        parts.append(tag("h3", "Left out") + table(("file", "why"), [(one.place, one.why) for one in left]))
    parts += [tag("p", prose(note), class_="soft") for note in found.recognition.notes]
    return tag("h2", "Files") + "".join(parts) if parts else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int] = ()) -> str:
    """A table of texts; ``numbers`` are the columns to set to the right."""
    right = set(numbers)

    def cells(name: str, row: Sequence[str]) -> str:
        return "".join(tag(name, esc(text), class_="n" if i in right else "l") for i, text in enumerate(row))

    body = "".join(tag("tr", cells("td", row)) for row in rows)
    return tag("div", tag("table", tag("thead", tag("tr", cells("th", head))), tag("tbody", body)), class_="scroll")


def title(problem: str, bank: Bank) -> str:
    """A problem's number and title, its id where the bank no longer has it."""
    return f"{bank.get(problem).number:02d} {bank.get(problem).title}" if problem in bank else problem


def points(value: float | None) -> str:
    """Points with at most two decimals, an en dash for none."""
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
