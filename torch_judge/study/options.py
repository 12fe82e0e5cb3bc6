"""The options of a question as its author writes them: an edit, a claim, an outcome, or a text with a source."""

from __future__ import annotations

import re
from dataclasses import dataclass

from torch_judge.study.markdown import fault

EDIT = r"`([^`]+)`\s*→\s*`([^`]+)`"
_EDITS = re.compile(rf"({EDIT}(?:\s*,\s*{EDIT})*)\s*:?\s*(.*)", re.DOTALL)
_CODE = re.compile(r"(`+)(.+?)\1\s*:?\s*(.*)", re.DOTALL)
_TYPED = re.compile(r"\[([ xX])\]\s*(.+?)(?:\s+:\s+(.*))?$", re.DOTALL)
OUTCOMES = {
    "raises": re.compile(r"raises (\w+)(?:: (.+))?"),
    "runs": re.compile(r"runs"),
    "shape": re.compile(r"shape (\(.*\))"),
    "dtype": re.compile(r"dtype (?:torch\.)?(\w+)"),
    "value": re.compile(r"value (?![=<>!])(.+)"),
    "prints": re.compile(r"prints (.+)"),
    "line": re.compile(r"line (\d+)"),
    "order": re.compile(r"order ((?:\d+ ?)+)"),
}


@dataclass(frozen=True)
class Option:
    """One item of the list. ``sort`` is "edit", "claim", "outcome" or "typed"; ``code`` is what stands in backticks.

    ``edits``: pairs of the old and the new text. ``right``: of a typed option, what its author says.
    """

    line: int
    sort: str
    text: str
    code: str
    why: str
    edits: tuple[tuple[str, str], ...] = ()
    right: bool = False

    @property
    def outcome(self) -> re.Match[str]:
        """Of an outcome, the kind's match."""
        return next(match for pattern in OUTCOMES.values() if (match := pattern.fullmatch(self.code)))


def option(lines: list[str], path: str, line: int) -> Option:
    """Read one item, its first line without the mark; raises ProblemError if it is none of the sorts."""
    stripped = [text.strip() for text in lines]
    if typed := _TYPED.fullmatch(" ".join(stripped)):
        return Option(line, "typed", typed[2], "", typed[3] or "", right=typed[1] != " ")
    at = next((index for index, text in enumerate(stripped) if index and text.startswith("`")), 0)
    text, rest = " ".join(stripped[:at]), " ".join(stripped[at:])
    if match := _EDITS.fullmatch(rest):
        if text:
            fault(
                path, line, "an edit's text is what it prints.", "Leave the text out; say the misconception after it."
            )
        edits = tuple((old, new) for old, new in re.findall(EDIT, match[1]))
        return Option(line, "edit", "", match[1], match[6], edits)
    found = _CODE.fullmatch(rest)
    if found is None:
        fault(path, line, "nothing in this option can be run.", "Put an edit, a claim or an outcome in backticks.")
    code = found[2].strip()
    sort = "outcome" if any(pattern.fullmatch(code) for pattern in OUTCOMES.values()) else "claim"
    return Option(line, sort, text, code, found[3])


def edits_of(text: str, path: str, line: int) -> tuple[tuple[str, str], ...]:
    """The edits in a text that holds nothing else; raises ProblemError if it is none."""
    if not (match := _EDITS.fullmatch(text.strip())) or match[6]:
        fault(path, line, "this is no edit.", "Write the old text → the new text, each in backticks.")
    return tuple((old, new) for old, new in re.findall(EDIT, match[1]))


def edited(code: str, edits: tuple[tuple[str, str], ...], path: str, line: int) -> str:
    """The code with edits applied; raises ProblemError unless each old text occurs in it once."""
    for old, new in edits:
        if (count := code.count(old)) != 1:
            fault(
                path, line, f"`{old}` occurs {count} times in the shown code.", "Make the old text occur exactly once."
            )
        code = code.replace(old, new)
    return code
