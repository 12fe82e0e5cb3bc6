"""Reads `explain.md`: prompts, the concepts of a good answer, the ways to say each, and answers as their tests."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from torch_judge.errors import ProblemError
from torch_judge.study.clauses import compared
from torch_judge.study.wording import Concept, Group, Pairing, Phrase, Shown, read

REMEDY = "See `explain.md` in docs/lessons.md."


@dataclass(frozen=True)
class Answer:
    """An answer of the author's and the numbers of the concepts that it shows, counted from 1.

    ``later``: it was written after the ways were finished, so that it tests them and did not shape them.
    """

    label: str
    text: str
    shows: frozenset[int]
    later: bool
    line: int


@dataclass(frozen=True)
class Prompt:
    """One thing to explain. ``settings``: words that say what a clause is about; ``names``: the topic's own names."""

    name: str
    question: str
    concepts: tuple[Concept, ...]
    answers: tuple[Answer, ...]
    settings: Mapping[str, Group] = field(default_factory=dict)
    names: Group = Group(())

    def read(self, text: str) -> tuple[Shown, ...]:
        """What a text shows of each concept."""
        return tuple(read(text, self.concepts, self.settings, self.names))


@dataclass
class _Draft:
    """A heading with what stands below it."""

    depth: int
    title: str
    line: int
    items: list[tuple[int, str]] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(self.prose)


def prompts(source: str, where: str) -> tuple[Prompt, ...]:
    """The prompts of an `explain.md`; raises ProblemError with the file and the line for what cannot be read."""
    return _Reader(where).prompts(list(_drafts(source)))


def _drafts(source: str) -> Iterator[_Draft]:
    draft = _Draft(0, "", 1)
    for number, line in enumerate(source.splitlines(), start=1):
        if heading := re.fullmatch(r"(#+) (.+)", line):
            yield draft
            draft = _Draft(len(heading[1]), heading[2].strip(), number)
        elif line.startswith("- "):
            draft.items.append((number, line[2:].strip()))
        elif line.startswith("  ") and draft.items and line.strip():
            draft.items[-1] = (draft.items[-1][0], f"{draft.items[-1][1]} {line.strip()}")
        elif line.strip():
            draft.prose.append(line.strip())
    yield draft


class _Reader:
    def __init__(self, where: str) -> None:
        self.where = where
        self.words: dict[str, str] = {}

    def prompts(self, drafts: Sequence[_Draft]) -> tuple[Prompt, ...]:
        for line, item in drafts[0].items:
            self.name(line, item)
        starts = [n for n, draft in enumerate(drafts) if draft.depth == 2]
        parts = (drafts[start:end] for start, end in itertools.pairwise([*starts, len(drafts)]))
        return tuple(self.prompt(head, rest) for head, *rest in parts)

    def name(self, line: int, item: str) -> None:
        name, colon, words = item.partition(":")
        if not colon:
            raise self.fault(line, f"`{item}` gives no words a name")
        self.words[name.strip()] = words.strip()

    def prompt(self, head: _Draft, parts: Sequence[_Draft]) -> Prompt:
        fields = {}
        for line, item in head.items:
            key, _, value = item.partition(":")
            if key not in ("name", "settings"):
                raise self.fault(line, f"`{key}:` is unknown in a prompt")
            fields[key] = value.strip()
        named = filter(None, (name.strip() for name in fields.get("settings", "").split(",")))
        settings = {name: self.group(head.line, f"@{name}") for name in named}
        concepts = tuple(self.concept(part) for part in parts if part.depth == 3 and part.title != "answers")
        answers = tuple(self.answer(part, len(concepts)) for part in parts if part.depth == 4)
        names = self.group(head.line, "@topic") if "topic" in self.words else Group(())
        if not concepts:
            raise self.fault(head.line, "this prompt has no concept")
        return Prompt(fields.get("name", head.title), head.title, concepts, answers, settings, names)

    def concept(self, draft: _Draft) -> Concept:
        ways: list[tuple[Group, ...]] = []
        against: list[tuple[Group, ...]] = []
        given: dict[str, tuple[int, str]] = {}
        for line, item in draft.items:
            key, colon, value = item.partition(":")
            if colon and key in ("not", "pairs", "in", "outside"):
                given[key] = (line, value)
            elif colon and key == "against":
                against.append(self.way(line, value))
            else:
                ways.append(self.way(line, item))
        if not draft.text:
            raise self.fault(draft.line, f"`{draft.title}` has no sentence that says it")
        return Concept(
            draft.title,
            draft.text,
            tuple(ways),
            tuple(against),
            self.group(*given["not"]) if "not" in given else Group(()),
            self.pairing(*given["pairs"]) if "pairs" in given else Pairing(()),
            given.get("in", (0, ""))[1].strip(),
            given.get("outside", (0, ""))[1].strip(),
        )

    def way(self, line: int, item: str) -> tuple[Group, ...]:
        return tuple(self.group(line, part) for part in item.split("|"))

    def pairing(self, line: int, item: str) -> Pairing:
        halves = [part.partition("=") for part in item.split(";")]
        return Pairing(tuple((self.group(line, head), self.group(line, value)) for head, _, value in halves))

    def group(self, line: int, item: str) -> Group:
        text = item.strip()
        denied, absent = text.startswith("no:"), text.startswith("free of:")
        listed = [word.strip() for word in text.removeprefix("no:").removeprefix("free of:").split(",")]
        if not all(listed):
            raise self.fault(line, f"`{text}` has an empty place")
        phrases = [phrase for word in listed for phrase in self.phrases(line, word)]
        return Group(tuple(phrases), denied, absent)

    def phrases(self, line: int, word: str) -> Iterator[Phrase]:
        if not word.startswith("@"):
            yield Phrase(tuple(map(compared, word.split())))
            return
        if word[1:] not in self.words:
            raise self.fault(line, f"no words have the name `{word}`")
        yield from self.group(line, self.words[word[1:]]).phrases

    def answer(self, draft: _Draft, concepts: int) -> Answer:
        label, colon, rest = draft.title.partition(":")
        shown, _, later = rest.partition(",")
        numbers = [] if shown.strip() == "none" else shown.split()
        if not colon or not all(n.isdecimal() and 1 <= int(n) <= concepts for n in numbers):
            raise self.fault(draft.line, f"`{draft.title}` does not say what the answer shows")
        text = draft.text or "".join(item for _, item in draft.items)
        return Answer(label.strip(), text, frozenset(map(int, numbers)), later.strip() == "later", draft.line)

    def fault(self, line: int, fact: str) -> ProblemError:
        return ProblemError(f"{self.where}:{line}: {fact}.", REMEDY)
