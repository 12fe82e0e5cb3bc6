"""Where a flawed copy of the reference differs from it, and which of its lines may be asked for."""

from __future__ import annotations

import ast
import io
import random
import tokenize
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cached_property
from typing import NamedTuple

FEWEST, MOST = 2, 3
"""How many other lines stand beside the right one."""


IDLE = ("", "else:", "try:")


class Lines(NamedTuple):
    """Lines to choose from, numbered from 1, the right one first.

    ``missing``: the right one is the line behind which others have been left out.
    """

    lines: tuple[int, ...]
    missing: bool


class Flawed:
    """The reference's source, and that source with a mistake in it."""

    def __init__(self, right: str, wrong: str) -> None:
        self.right, self.wrong = right.splitlines(), wrong.splitlines()

    @cached_property
    def changes(self) -> list[tuple[str, int, int, int, int]]:
        """What differs, as difflib says it: replace, delete or insert, and the lines before and after, from 0."""
        opcodes = SequenceMatcher(None, self.right, self.wrong, autojunk=False).get_opcodes()
        return [change for change in opcodes if change[0] != "equal"]

    @cached_property
    def places(self) -> frozenset[int]:
        """The reference's lines that are changed, from 0; where lines are added, the one above them."""
        lines: set[int] = set()
        for tag, first, last, _, _ in self.changes:
            lines |= {first - 1} if tag == "insert" else set(range(first, last))
        return frozenset(lines)

    @cached_property
    def new(self) -> frozenset[str]:
        """The lines that only the flawed source has."""
        added = (line.strip() for _, _, _, first, last in self.changes for line in self.wrong[first:last])
        return frozenset(filter(None, added))

    def asked(self, likely: frozenset[str], dice: random.Random) -> Lines | None:
        """Which lines to choose from; None if the place is not plain, or if there are too few lines beside it.

        The right one is a line that the reference does not have (moved lines would leave open which of two was moved),
        or, where the mistake only leaves lines out, the one above the gap. Beside it stand lines that have not changed:
        first those of ``likely``, where other mistakes are made.
        """
        code = set(_lines_of_code("\n".join(self.wrong)))
        old = {line.strip() for line in self.right}
        changed = [n for _, _, _, first, last in self.changes for n in range(first, last)]
        fresh = [n for n in changed if n in code and self.wrong[n].strip() not in old]
        gaps = [first - 1 for tag, _, _, first, _ in self.changes if tag == "delete"]
        missing = not changed and len(gaps) == 1
        right = fresh[0] if fresh else gaps[0] if missing and gaps[0] in code else None
        if right is None:
            return None
        near = {right, *changed, *gaps, *(gap + 1 for gap in gaps)}
        others = [n for n in code - near if self.wrong[n].strip() != self.wrong[right].strip()]
        dice.shuffle(others)
        others.sort(key=lambda n: self.wrong[n].strip() not in likely)
        return Lines(tuple(n + 1 for n in (right, *others[:MOST])), missing) if len(others) >= FEWEST else None

    def numbered(self) -> str:
        """The flawed source with line numbers."""
        width = len(str(len(self.wrong)))
        return "\n".join(f"{n:>{width}}  {line}".rstrip() for n, line in enumerate(self.wrong, start=1))


def _lines_of_code(source: str) -> Iterator[int]:
    """Lines, from 0, that begin a statement or go on with one: no blanks, comments, docstrings, imports or `else:`."""
    idle = set(_idle(ast.parse(source)))
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    lines = {t.start[0] for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type not in skipped}
    text = source.splitlines()
    yield from (n - 1 for n in sorted(lines) if n not in idle and text[n - 1].strip(" )]},") not in IDLE)


def _idle(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if docstring or isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from range(node.lineno, (node.end_lineno or node.lineno) + 1)  # type: ignore[attr-defined]
