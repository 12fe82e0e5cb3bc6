"""The cheat sheet of lesson.md: prose, runnable blocks with what they print, tables whose cells carry claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from torch_judge.bank.lessons import CLAIM, Lesson, front_matter
from torch_judge.study.claims import weakness
from torch_judge.study.markdown import SETUP, SHOW, Piece, fault, sections
from torch_judge.study.running import execute, prepared, quiet

RAISES = "python raises"
Look = Callable[[str, int, Callable[[str], object]], None]


@dataclass(frozen=True)
class Part:
    """Prose (``sort`` "prose"), a block that is run ("show", "raises", "setup") or one that is only shown ("text").

    ``text``: the code, or the Markdown with its claims taken out. ``output``: what was printed.
    """

    sort: str
    text: str
    line: int
    output: str = ""
    info: str = ""


@dataclass(frozen=True)
class Sheet:
    """A lesson's cheat sheet, everything in it run."""

    lesson: Lesson
    parts: tuple[Part, ...]


def sheet(lesson: Lesson) -> Sheet:
    """The cheat sheet; raises ProblemError, by file and line, for a block that raises and a claim that is not True."""
    path = lesson.folder / "lesson.md"
    return _sheet_at(path, path.stat().st_mtime_ns, lesson)


@lru_cache(maxsize=64)
def _sheet_at(path: Path, _: int, lesson: Lesson) -> Sheet:
    with quiet():
        runner = _Runner(path)
        return Sheet(lesson, tuple(runner.part(piece) for piece in _pieces(lesson)))


def weaknesses(lesson: Lesson) -> list[tuple[str, int, str]]:
    """The claims that cannot fail, each with its line and why; raises as `sheet` does."""
    found: list[tuple[str, int, str]] = []

    def look(claim: str, line: int, evaluate: Callable[[str], object]) -> None:
        if weak := weakness(claim, evaluate):
            found.append((claim, line, weak))

    with quiet():
        runner = _Runner(lesson.folder / "lesson.md", look)
        for piece in _pieces(lesson):
            runner.part(piece)
    return found


def _pieces(lesson: Lesson) -> Iterator[Piece]:
    """The blocks and the prose of lesson.md in their order, headings within the prose."""
    text = lesson.text("lesson.md")
    _, skip = front_matter(text.splitlines(), str(lesson.folder / "lesson.md"))
    for section in sections(text, skip):
        if section.level:
            yield Piece(None, f"{'#' * section.level} {section.title}", section.line)
        yield from section.pieces


class _Runner:
    """Runs the pieces in one namespace, from top to bottom."""

    def __init__(self, path: Path, look: Look = lambda claim, line, evaluate: None) -> None:
        self.path = path
        self.names: dict[str, Any] = prepared("")
        self.look = look  # at each claim, where it stands

    def part(self, piece: Piece) -> Part:
        """A piece, run."""
        if piece.info is None:
            return Part("prose", self._prose(piece), piece.line)
        code = piece.text.rstrip("\n")
        if piece.info not in (SETUP, SHOW, RAISES):
            return Part("text", code, piece.line, info=piece.info)
        ran = execute(code, self.names)
        if (ran.error is not None) != (piece.info == RAISES):
            fact = f"this block raises {ran.shown.splitlines()[-1]}." if ran.error else "this block raises nothing."
            fault(
                self.path, piece.line + ran.line, fact, f"Mend it, or mark it with ```{RAISES if ran.error else SHOW}."
            )
        return Part(piece.info.split()[1], code, piece.line, ran.shown)

    def _prose(self, piece: Piece) -> str:
        for number, line in enumerate(piece.text.splitlines(), start=piece.line):
            for match in CLAIM.finditer(line):
                self._claim(match[1].strip(), number)
        return CLAIM.sub("", piece.text)

    def _claim(self, code: str, line: int) -> None:
        try:
            holds = self._value(code)
        except Exception as error:
            fault(self.path, line, f"`{code}` raises {type(error).__name__}: {error}", "Mend the expression.")
        if holds is not True:
            fault(self.path, line, f"the claim `{code}` is {holds!r}, not True.", "Mend the claim or the prose.")
        self.look(code, line, self._value)

    def _value(self, code: str) -> object:
        import torch

        with torch.random.fork_rng(devices=[]):  # in the notebook, which has no claims, the same numbers are drawn
            return eval(compile(code, "<claim>", "eval"), self.names)
