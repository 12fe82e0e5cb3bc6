"""How much code the judge reads. It parses a submission before any limited process does: that must stay cheap."""

from __future__ import annotations

import re
from collections.abc import Iterable

from torch_judge.errors import SubmissionError

MAX_CHARACTERS = 4 << 20
MAX_WORDS = 100_000
"""Names, numbers and signs, all cells together: a notebook of 300 full cells has a third of it."""

_WORD = re.compile(r"\w+|[^\w\s]")


def refuse_too_much(name: str, sources: Iterable[str]) -> None:
    """Raise SubmissionError if the sources are more than a machine reads in a few seconds."""
    characters = words = 0
    for source in sources:
        characters += len(source)
        if characters > MAX_CHARACTERS:
            raise _too_much(name, f"{MAX_CHARACTERS >> 20} million characters")
        words += sum(1 for _ in _WORD.finditer(source))
        if words > MAX_WORDS:
            raise _too_much(name, f"{MAX_WORDS:,} names, numbers and signs")


def _too_much(name: str, limit: str) -> SubmissionError:
    remedy = "Hand in the cells that belong to the exercise, and load data from a file instead of writing it out."
    return SubmissionError(f"`{name}` holds too much code: more than {limit}.", remedy)
