"""A lesson's Markdown: its headings and blocks with their lines, and prose as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from torch_judge.errors import ProblemError

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

SETUP, SHOW = "python setup", "python show"
_FORMULA = re.compile(r"`[^`\n]*`|\$\$.+?\$\$|\$(?!\s)[^$\n]+?(?<!\s)\$", re.DOTALL)
_HELD = re.compile("\ue000(\\d+)\ue001")  # private use: cannot be in a lesson


class Piece(NamedTuple):
    """A fenced block (``info`` is what stands behind its ``` marks) or, with ``info`` None, lines of prose."""

    info: str | None
    text: str
    line: int


@dataclass
class Section:
    """A heading and what stands below it up to the next heading. ``level`` 0: above the first one."""

    level: int
    title: str
    line: int
    pieces: list[Piece] = field(default_factory=list)

    def code(self, info: str) -> str:
        """All blocks of one sort, as one program."""
        return "\n".join(piece.text.rstrip("\n") for piece in self.pieces if piece.info == info)


def fault(path: object, line: int, fact: str, remedy: str = "Mend the file.") -> NoReturn:
    """Raise ProblemError for a place in a lesson's file."""
    raise ProblemError(f"{path}:{line}: {fact}", remedy)


def slug(title: str) -> str:
    """A title as a part of a key: "Two rows" is "two-rows"."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def sections(text: str, skip: int = 0) -> list[Section]:
    """The sections of a file; its first ``skip`` lines are passed over. Marks within blocks are no headings."""
    lines = text.splitlines()
    lines[:skip] = [""] * min(skip, len(lines))
    found = [Section(0, "", skip + 1)]
    at = 0
    tokens = _parser().parse("\n".join(lines))
    for index, token in enumerate(tokens):
        if token.level or token.map is None or token.type not in ("heading_open", "fence"):
            continue
        start, end = token.map
        _add_prose(found[-1], lines[at:start], at + 1)
        if token.type == "fence":
            found[-1].pieces.append(Piece(" ".join(token.info.split()), token.content, start + 1))
        else:
            found.append(Section(int(token.tag[1]), tokens[index + 1].content.strip(), start + 1))
        at = end
    _add_prose(found[-1], lines[at:], at + 1)
    return found


def _add_prose(section: Section, lines: list[str], line: int) -> None:
    while lines and not lines[0].strip():
        lines, line = lines[1:], line + 1
    if text := "\n".join(lines).rstrip():
        section.pieces.append(Piece(None, text, line))


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # Without `lheading` a line `---` below prose stays a rule; without `code` an indented option stays prose.
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable(["lheading", "code"])


def to_html(text: str) -> str:
    """Markdown as HTML. Formulas between dollar signs stay as they are for the page's own typesetter."""
    from torch_judge.show.page import esc

    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        if match[0].startswith("`"):
            return match[0]
        held.append(match[0])
        return f"\ue000{len(held) - 1}\ue001"

    parts = _fences(text)
    prepared = "".join(part if fenced else _FORMULA.sub(hold, part) for part, fenced in parts)
    out: str = _parser().render(prepared)
    return _HELD.sub(lambda match: esc(held[int(match[1])]), out)


def _fences(text: str) -> Iterator[tuple[str, bool]]:
    """The text in parts, each with whether it is a fenced block."""
    for index, part in enumerate(re.split(r"(^```.*?^```[ \t]*$)", text, flags=re.MULTILINE | re.DOTALL)):
        yield part, bool(index % 2)


def block(code: str, language: str = "") -> str:
    """Text as a fenced block."""
    return f"```{language}\n{code.rstrip()}\n```"
