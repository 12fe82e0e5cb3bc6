"""What a report says, in words: the same for the terminal and the notebook."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from torch_judge.report import GUARD, CaseResult, Diagnosis, ExceptionInfo, Frame, Mismatch, Report
from torch_judge.show import groups

FOLDED_LINES = 3  # of the learner's prints, in text
UNFOLDED_LINES = 1000
LINE = 500  # characters of one printed line
VALUE = 40
MESSAGE = 600
MISMATCHES = 3
UNFOLDED_MISMATCHES = 20
FRAMES = 6
DETAILED = 3  # failing cases shown in full
NAMED = 3  # cases of a group whose names are shown

COLUMNS = ("observation", "what", "worst at", "yours", "expected", "allowed", "differ")

TELLING = ("values", "finite", "shape", "dtype", "device", "length")  # what the table says as well as a sentence

WITNESSES = {
    "source": "found in your source",
    "call": "seen when your code called it",
    "operator": "seen among the operators that ran",
    "graph": "seen in the autograd graph of what you returned",
    "absent": "seen when your code called it; in the official verdict it is not there",
    "patched": "replaced in this process",
    "identity": "it is what you handed in, or a base of it",
}

# ESC sequences (CSI, OSC up to its end, the two-character ones), then whatever else must not reach a terminal
# or a page: C0 and C1 controls, marks that reorder the text, halves of surrogate pairs.
_ESCAPES = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class View:
    """A report and how it is to be shown."""

    report: Report
    title: str
    entry: str
    progress: str = ""
    unfold: bool = False
    durations: bool = True
    numbers: Mapping[str, int] | None = None
    file: str = ""  # what was judged from a shell, "" in a notebook
    following: str = ""  # which problem comes next
    options: str = ""  # what the commands in a shell need beside it, with a space in front

    @property
    def rows(self) -> list[tuple[int, CaseResult]]:
        """The cases with their numbers: as given, else as listed. The guard's own row is none of them."""
        numbers = self.numbers or {case.name: n for n, case in enumerate(self.report.cases, 1)}
        return [(numbers.get(case.name, 0), case) for case in self.report.cases if case.kind != GUARD]

    @property
    def failed(self) -> list[tuple[int, CaseResult]]:
        """The cases that ran and failed."""
        return [(n, case) for n, case in self.rows if not case.passed and not case.skipped and case.ran]

    @property
    def passed(self) -> list[tuple[int, CaseResult]]:
        """The cases that passed."""
        return [(n, case) for n, case in self.rows if case.passed]


def clean(text: str) -> str:
    """``text`` without escape sequences and controls; of an overwritten line the last state stays."""
    if text.isprintable():  # nearly all are: nothing of what is sought below is printable
        return text
    text = _ESCAPES.sub("", text).replace("\r\n", "\n")
    text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", text)).expandtabs(4)


def pieces(text: str) -> list[tuple[str, bool]]:
    """The parts of a message, each with whether it stood between backticks."""
    parts = _CODE.split(clean(text))
    return [(part, i % 2 == 1) for i, part in enumerate(parts) if part]


def cut(text: str, limit: int) -> str:
    """At most ``limit`` characters of ``text``, then how many were left out."""
    left_out = len(text) - limit
    return text if left_out <= 0 else f"{text[:limit]}… ({left_out:,} more characters)"


def counted(n: int, word: str) -> str:
    """``1 line``, ``23 lines``."""
    return f"{n:,} {word}" if n == 1 else f"{n:,} {word}s"


def seconds(s: float) -> str:
    """A duration: ``0.3 ms``, ``18 ms``, ``1.2 s``, ``3 min 5 s``."""
    if s < 0.00995:
        return f"{s * 1000:.2g} ms"
    if s < 0.9995:
        return f"{s * 1000:.0f} ms"
    if s < 60:
        return f"{s:.1f} s"
    return f"{int(s) // 60} min {int(s) % 60} s"


def verdict(report: Report) -> tuple[str, str]:
    """The verdict's symbol and the sentence that follows it."""
    if report.accepted:
        return "✓", f"{report.problem}: accepted, {_tally(report)}"
    if report.fault == "judge":
        return "–", f"{report.problem}: not judged"
    parts = [f"{report.problem}: not accepted"]
    if report.counted:
        parts.append(_tally(report))
    if report.mended:
        parts.append(f"{report.mended[0]} of {report.mended[1]} bugs mended")
    if report.violations and report.passed == len(report.counted) > 0 and not report.error:
        parts.append("but a forbidden API is used")
    return "✗", ", ".join(parts)


def circumstances(view: View) -> str:
    """What was judged, whose verdict it is, and on which device and seed if they are not the usual ones."""
    report = view.report
    what = f"{view.title}, `{view.entry}`" if view.entry else view.title
    kind = "official verdict, from an isolated process" if report.isolated else "practice verdict"
    device = "" if report.device == "cpu" else f"device {report.device}"
    seed = f"seed {report.seed}" if report.seed else ""
    return " · ".join(part for part in (what, kind, device, seed) if part)


def passing(view: View) -> str:
    """How many cases passed, and which: ``7 cases pass: 1 to 6 and 9``; "" if none did."""
    numbers = [n for n, _ in view.passed]
    if not numbers:
        return ""
    what = counted(len(numbers), "case") + (" passes" if len(numbers) == 1 else " pass")
    return f"{what}: {groups.ranges(numbers)}" if all(numbers) else what


def left_out(view: View) -> list[str]:
    """A sentence for the cases that were skipped, and for those that an earlier one kept from being run."""
    why: dict[str, list[int]] = {}
    for n, case in view.rows:
        if case.skipped:
            why.setdefault(f"skipped: {clean(case.skipped)}.", []).append(n)
        elif not case.ran:
            why.setdefault(clean(case.message[:1].lower() + case.message[1:]), []).append(n)
    return [f"{groups.cases(numbers).capitalize()} {reason}" for reason, numbers in why.items()]


def cost(view: View) -> str:
    """What accepted work costs beside the reference; "" where that was not measured."""
    yours, theirs = view.report.yours_s, view.report.reference_s
    if not yours or not theirs or not view.durations:
        return ""
    return f"Case 1 takes {seconds(yours)} with your code and {seconds(theirs)} with the reference."


def heading(report: Report) -> str:
    """What stands above the diagnosis."""
    if report.mended and report.mended[0] < report.mended[1]:
        return f"{report.mended[0]} of {report.mended[1]} mended. Still wrong:"
    return "What is wrong"


def explained(diagnosis: Diagnosis, view: View) -> str:
    """Which cases the diagnosis explains, by their numbers."""
    found = [n for n, case in view.failed if n and case.name in diagnosis.cases]
    if not found:
        return ""
    if len(found) == len(view.failed) > 1:
        return "It explains every failing case."
    return f"It explains {groups.cases(found)}."


def seen(bullet: groups.Bullet) -> str:
    """Who saw what a bullet tells, as a phrase."""
    return "; ".join(WITNESSES.get(witness, f"seen by: {clean(witness)}") for witness in bullet.witnesses)


def headline(exception: ExceptionInfo, said: str = "") -> str:
    """``ValueError: the message``; "" where ``said`` tells it already."""
    if exception.type in said and exception.message in said:
        return ""
    what = f"{exception.type}: {exception.message}" if exception.message else exception.type
    return cut(clean(what), MESSAGE)


def names(group: groups.Alike) -> str:
    """The names of cases that fail alike; of many the first, and how many more."""
    shown = [clean(case.name) for case in group.cases]
    if len(shown) > NAMED:
        shown[NAMED - 1 :] = [f"and {len(shown) - NAMED + 1} more"]
    return "; ".join(shown)


def place(frame: Frame) -> str:
    """``cell 3, line 7, in batch_norm``."""
    return clean(f"{frame.place}, in {frame.function}" if frame.function else frame.place)


def frames(exception: ExceptionInfo) -> tuple[tuple[Frame, ...], str, tuple[Frame, ...]]:
    """The frames to show: the outermost, the sentence for those left out, the innermost."""
    every = exception.frames
    if len(every) <= FRAMES:
        return every, "", ()
    half = FRAMES // 2
    return every[:half], f"… {counted(len(every) - FRAMES, 'more frame')} of your code", every[-half:]


def prints(case: CaseResult, limit: int) -> tuple[str, int]:
    """The first ``limit`` lines that the learner printed in a case, and how many lines follow."""
    lines = clean(case.output).rstrip("\n").split("\n")
    return "\n".join(cut(line, LINE) for line in lines[:limit]), max(0, len(lines) - limit)


def table(mismatches: Iterable[Mismatch]) -> tuple[list[str], list[list[str]]]:
    """The mismatches as a table: the columns in which any of them has a value, and the rows."""
    rows = [_row(m) for m in mismatches]
    used = [i for i in range(len(COLUMNS)) if any(row[i] for row in rows)]
    return [COLUMNS[i] for i in used], [[row[i] for i in used] for row in rows]


def mismatches(case: CaseResult, unfold: bool) -> tuple[list[Mismatch], list[str], int]:
    """A case's mismatches: those for the table, the sentences worth adding, how many are left out."""
    limit = UNFOLDED_MISMATCHES if unfold else MISMATCHES
    shown = case.mismatches[:limit]
    tabular = [m for m in shown if m.what != "type" and (m.actual, m.expected, m.differ) != (None, None, None)]
    sentences = [_sentence(m) for m in shown if m.what not in TELLING and m.message != case.message]
    return tabular, sentences, len(case.mismatches) - len(shown)


def call(name: str, view: View, case: int) -> str:
    """The call to paste: ``check("batchnorm", case=3)``; in a shell the command."""
    report = view.report
    if view.file:
        seed = f" --seed {report.seed}" if report.seed else ""
        device = f" --device {report.device}" if name == "check" and report.device != "cpu" else ""
        what = f"{shlex.quote(view.file)} --case {case}" if name == "check" else f"{report.problem} {case}"
        return f"torch-judge {name} {what}{seed}{device}{view.options}"
    seed = f", seed={report.seed}" if report.seed else ""
    if name == "check" and report.device != "cpu":
        seed += f', device="{report.device}"'
    return f'{name}("{report.problem}", case={case}{seed})'


def more(view: View, case: int, left_out: int, one: str, many: str) -> str:
    """How many were left out, and the call that shows them."""
    sentence = f"… {left_out:,} more {one if left_out == 1 else many}"
    return sentence if view.unfold or not case else f"{sentence}; `{call('check', view, case)}` shows all"


def replay(view: View) -> str:
    """What to do next: the call that gives the inputs of the first failing case."""
    first = next((n for n, _ in view.failed if n), 0)
    return f"`{call('replay', view, first)}` gives you the inputs of case {first}." if first else ""


def numbered(numbers: Sequence[int]) -> str:
    """``Case 3``, ``Cases 1 to 4``, or ``Case`` where it has no number."""
    known = [number for number in numbers if number]
    return groups.cases(known).capitalize() if known else "Case"


def _tally(report: Report) -> str:
    total = len(report.counted)
    return f"{report.passed} of {total} {'case passes' if total == 1 else 'cases pass'}"


def _row(m: Mismatch) -> list[str]:
    index = f"[{', '.join(map(str, m.index))}]" if m.index else ""
    of = "" if m.total is None else f" of {m.total:,}"
    differ = "" if m.differ is None else f"{m.differ:,}{of}"
    allowed = "" if m.allowed is None else _number(m.allowed)
    yours, expected = (cut(clean(value or ""), VALUE) for value in (m.actual, m.expected))
    return [cut(clean(m.observation), VALUE), m.what, index, yours, expected, allowed, differ]


def _number(x: float) -> str:
    return f"{int(x):,}" if x == round(x, 0) and 1 <= abs(x) < 1e15 else f"{x:.3g}"


def _sentence(m: Mismatch) -> str:
    return m.message if m.observation in m.message else f"`{m.observation}`: {m.message}"
