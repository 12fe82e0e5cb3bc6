"""Pairs of hand-ins worth looking at: winnowing over canonical tokens, with an inverted index.

Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document fingerprinting" (SIGMOD 2003). A learner's own
names are one token, names of torch and Python stay. What the starter has and what a tenth of the class shares is
taken out. A pair says "look at this", never "copied".
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import io
import keyword
import tokenize
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch_judge.submission import Program

GRAM = 8
WINDOW = 4
LOOK_AT = 0.8
"""From here on a pair is shown: edited copies lie above 0.85, 99 % of independent right answers below 0.5."""
FEWEST = 12
"""Fewer fingerprints than this are no program to compare."""
COMMON, CROWD = 0.1, 30
"""What more than this share of a class, or more than so many, have in common is no evidence."""
MOST_PAIRS = 50
IGNORED = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING,
           tokenize.ENDMARKER}  # fmt: skip
PYTHONS = set(keyword.kwlist) | set(dir(builtins))


@dataclass(frozen=True)
class Pair:
    """Two students whose programs for a problem are alike: the share of the smaller one's fingerprints, 0 to 1."""

    problem: str
    first: str
    second: str
    similarity: float


def pairs(problem: str, prints: Mapping[str, Sequence[int]], starter: Sequence[int]) -> list[Pair]:
    """The pairs of students worth looking at, the most alike first."""
    count = Counter(mark for own in prints.values() for mark in own)
    most = min(CROWD, max(4, COMMON * len(prints)))
    # What is common to many is no evidence either way: it counts on neither side.
    rare = {mark: number for mark, number in count.items() if number <= most} | dict.fromkeys(starter, 0)
    own: dict[str, int] = {}
    index: dict[int, list[str]] = defaultdict(list)
    for student, found in prints.items():
        own[student] = sum(rare.get(mark, 0) > 0 for mark in found)
        for mark in found:
            if rare.get(mark, 0) > 1:
                index[mark].append(student)
    shared: Counter[tuple[str, str]] = Counter()
    for students in index.values():
        shared.update((a, b) for i, a in enumerate(students) for b in students[i + 1 :])
    alike = []
    for (a, b), number in shared.items():
        smaller = min(own[a], own[b])
        if smaller >= FEWEST and number / smaller >= LOOK_AT:
            alike.append(Pair(problem, a, b, round(number / smaller, 3)))
    return sorted(alike, key=lambda pair: (-pair.similarity, pair.first, pair.second))[:MOST_PAIRS]


def fingerprints(program: Program) -> Sequence[int]:
    """The winnowed hashes of a program's token runs."""
    return winnowed([token for source in program.sources for token in tokens(source)])


def winnowed(words: list[str]) -> Sequence[int]:
    """The smallest hash of every window of `WINDOW` runs of `GRAM` tokens."""
    grams = [_hash(words[i : i + GRAM]) for i in range(len(words) - GRAM + 1)]
    return array("Q", {min(grams[i : i + WINDOW]) for i in range(max(0, len(grams) - WINDOW + 1))})


def _hash(words: Iterable[str]) -> int:
    return int.from_bytes(hashlib.blake2b("\0".join(words).encode("utf-8", "replace"), digest_size=8).digest(), "big")


def tokens(source: str) -> Iterator[str]:
    """The canonical tokens of a source: own names are `name`, texts are `text`; comments are left out."""
    own = _own_names(source)
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type in IGNORED:
                continue
            if token.type == tokenize.NAME:
                yield "name" if token.string in own and token.string not in PYTHONS else token.string
            elif token.type == tokenize.STRING:
                yield "text"
            else:
                yield token.string
    except (tokenize.TokenError, SyntaxError):
        return


def _own_names(source: str) -> set[str]:
    """The names that a source binds itself: arguments, variables, functions, attributes of self."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Attribute(attr=name, ctx=ast.Store()):
                found.add(name)
    return found
