"""Reads questions.md: every question as its author wrote it, before anything is run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from torch_judge.errors import ProblemError
from torch_judge.study.asking import ATTEMPTS, KINDS, LETTERS, LEVELS, SETS
from torch_judge.study.markdown import SETUP, SHOW, Piece, Section, block, fault, sections, slug
from torch_judge.study.options import Option, option

_FIELD = re.compile(r"(hint|why|steps|check|mistakes|mend|source):[ \t]*(.*)")
_TIME = re.compile(r"(\d+):([0-5]\d)")
_STEP = re.compile(r"(?:\d+\.|[-*])\s+(.*)")
FEWEST, MOST = 3, 5
NEEDED = {"practice": ("hint", "steps", "check"), "challenge": ("hint", "steps"), "quick": (), "trace": ()}


@dataclass
class Draft:
    """A question of a lesson's file. ``setup`` and ``shown`` are programs, ``prompt`` and the fields Markdown."""

    topic: str
    set: str
    title: str
    path: str
    line: int
    setup: str
    kind: str = ""
    level: str = ""
    seconds: int | None = None
    prompt: str = ""
    shown: str = ""
    options: list[Option] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    check: str = ""

    @property
    def key(self) -> str:
        """The name under which answers are stored."""
        return f"{self.topic}/{self.set}/{slug(self.title)}"

    @property
    def attempts(self) -> int:
        """How often it may be answered."""
        return ATTEMPTS[self.set]

    def listed(self, name: str) -> tuple[str, ...]:
        """A field that is a list: its items."""
        items: list[str] = []
        for line in self.fields.get(name, "").splitlines():
            if match := _STEP.fullmatch(line.strip()):
                items.append(match[1])
            elif line.strip() and items:
                items[-1] += f" {line.strip()}"
        return tuple(items)

    @cached_property
    def sort(self) -> str:
        """The sort of its options."""
        return self.options[0].sort if self.options else ""


@dataclass(frozen=True)
class Drafts:
    """What a file holds: the questions that can be read, and for the others what is wrong, by file and line."""

    drafts: tuple[Draft, ...]
    faults: tuple[ProblemError, ...]


def read_drafts(text: str, path: str, topic: str) -> Drafts:
    """Read a questions.md. Raises nothing: a question at fault is left out and stands in ``faults``."""
    drafts: list[Draft] = []
    faults: list[ProblemError] = []
    setup, current, seen = "", "", set()
    for section in sections(text):
        try:
            if section.level == 0:
                setup = section.code(SETUP)
            elif section.level == 1:
                current = section.title.lower()
                if current not in SETS:
                    fault(
                        path, section.line, f"`# {section.title}` is no set of questions.", f"Sets: {', '.join(SETS)}."
                    )
            else:
                drafts.append(_draft(section, current, path, topic, setup))
                if drafts[-1].key in seen:
                    drafts.pop()
                    fault(path, section.line, f"there are two questions `{section.title}`.", "Give one another title.")
                seen.add(drafts[-1].key)
        except ProblemError as error:
            faults.append(error)
    return Drafts(tuple(drafts), tuple(faults))


def _draft(section: Section, current: str, path: str, topic: str, setup: str) -> Draft:
    if current not in SETS:
        fault(path, section.line, "this question is in no set.", "Put `# Quick` (or another set) above it.")
    draft = Draft(topic, current, section.title, path, section.line, setup, shown=section.code(SHOW))
    reader = _Reader(draft)
    for piece in _about(draft, section.pieces):
        if piece.info is not None:
            reader.block(piece)
            continue
        for number, line in enumerate(piece.text.splitlines(), start=piece.line):
            reader.line(number, line)
    draft.prompt = "\n".join(reader.prompt).strip()
    draft.options = [option(lines, path, number) for number, lines in reader.items]
    _validate(draft)
    return draft


class _Reader:
    """Goes through a question: first the prompt, then the options, then the fields."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.prompt: list[str] = []
        self.items: list[tuple[int, list[str]]] = []
        self.name = ""  # of the field that is being read

    def block(self, piece: Piece) -> None:
        """A fenced block belongs to the prompt, or to `check:`."""
        if self.name == "check" and piece.info == "python":
            self.draft.check = piece.text.rstrip("\n")
        elif self.name or self.items:
            fault(
                self.draft.path, piece.line, "a block stands behind the options.", "Put it above them or in `check:`."
            )
        else:
            language = "python" if piece.info == SHOW else piece.info or ""
            self.prompt += ["", block(piece.text, language), ""]

    def line(self, number: int, line: str) -> None:
        """A line of prose."""
        fields = self.draft.fields
        if match := _FIELD.fullmatch(line):
            self.name = match[1]
            if self.name in fields:
                fault(self.draft.path, number, f"a second `{self.name}:`.", "Keep one.")
            fields[self.name] = match[2]
        elif self.name:
            fields[self.name] += f"\n{line}"
        elif line.startswith("- "):
            self.items.append((number, [line[2:]]))
        elif not self.items:
            self.prompt.append(line)
        elif line.strip():
            self.items[-1][1].append(line)


def _about(draft: Draft, pieces: list[Piece]) -> Iterator[Piece]:
    """Take the line that says kind, level and time; what follows it is the question."""
    path, first = draft.path, pieces[0] if pieces else Piece("", "", draft.line)
    remedy = "Write e.g. `predict · intermediate · 2:00`."
    if first.info is not None:
        fault(path, draft.line, "the line with kind and level is missing.", remedy)
    line, _, rest = first.text.partition("\n")
    parts = [part.strip() for part in line.split("·")]
    if len(parts) not in (2, 3) or parts[0] not in KINDS or parts[1] not in LEVELS:
        fault(path, first.line, f"`{line}` does not say kind and level.", f"{remedy} Kinds: {', '.join(KINDS)}.")
    draft.kind, draft.level = parts[:2]
    if len(parts) == 3:
        if not (time := _TIME.fullmatch(parts[2])):
            fault(path, first.line, f"`{parts[2]}` is no time.", "Write minutes and seconds, e.g. 1:30.")
        draft.seconds = 60 * int(time[1]) + int(time[2])
    if (draft.seconds is not None) != (draft.set == "challenge"):
        fault(path, first.line, "the challenge is timed, the other sets are not.", "Add or remove the time.")
    yield Piece(None, rest, first.line + 1)
    yield from pieces[1:]


def _validate(draft: Draft) -> None:
    path, line = draft.path, draft.line
    if not draft.prompt:
        fault(path, line, "the question asks nothing.", "Write the prompt above the options.")
    count = len(draft.options) + (draft.sort == "edit")
    if not FEWEST <= count <= min(MOST, len(LETTERS)):
        fault(path, line, f"{count} options.", f"Write {FEWEST} to {MOST}; of edits one fewer, the output is one.")
    sorts = {item.sort for item in draft.options}
    if len(sorts) > 1 and sorts != {"claim", "outcome"}:
        fault(path, line, f"options of several sorts: {', '.join(sorted(sorts))}.", "Use one sort.")
    if ("typed" in sorts) != ("source" in draft.fields):
        fault(path, line, "`[x]` needs a field `source:`, and only it has one.", "Say where the key comes from.")
    if draft.sort == "edit" and not draft.shown:
        fault(path, line, "there is no code to edit.", f"Add a block ```{SHOW}.")
