"""Which concepts a text shows, and by which words. No model: groups of words that stand in one clause, and vetoes.

A **way** to say a concept is a list of groups; each group must be met in the same clause, by another place of it. A
word with a star stands for everything that begins like it; several words stand side by side in the text. A denial in
that clause forbids the way unless it asks for one itself (``no:``), and so does a word that must be
absent (``free of:``).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from torch_judge.study.clauses import LESS, NEGATORS, STOPPERS, TO_BE, Word, clauses, windows

FUZZY = 6  # from this length on, one slip of the pen is forgiven
MOST_CHOICES = 200  # of places for the groups of one way; a text that needs more repeats itself
BEFORE, AFTER = 5, 3  # words between a denial and what it denies


@dataclass(frozen=True)
class Phrase:
    """One word or several side by side; those with a star are beginnings of words."""

    words: tuple[str, ...]

    def at(self, words: Sequence[Word], place: int) -> bool:
        """Whether it stands at this place."""
        found = words[place : place + len(self.words)]
        return len(found) == len(self.words) and all(map(meets, self.words, found))


@dataclass(frozen=True)
class Group:
    """Phrases of which one must be there. ``denied``: and it must be denied, once. ``absent``: none may be there."""

    phrases: tuple[Phrase, ...]
    denied: bool = False
    absent: bool = False

    def spans(self, words: Sequence[Word]) -> Iterator[range]:
        """Where it is met."""
        for place in range(len(words)):
            for phrase in self.phrases:
                if phrase.at(words, place):
                    yield range(place, place + len(phrase.words))


@dataclass(frozen=True)
class Pairing:
    """Heads and values that belong together, "mean 0 and variance 1": in order, as many of each."""

    pairs: tuple[tuple[Group, Group], ...]

    def read(self, words: Sequence[Word]) -> tuple[bool, frozenset[int]]:
        """Whether heads and values contradict the pairs; and the places of all of them if they are all there."""
        heads = sorted((span.start, n) for n, (head, _) in enumerate(self.pairs) for span in head.spans(words))
        values = sorted((span.start, n) for n, (_, value) in enumerate(self.pairs) for span in value.spans(words))
        if len(heads) != len(values) or not heads:
            return False, frozenset()
        agree = [n for _, n in heads] == [n for _, n in values]
        complete = agree and {n for _, n in heads} == set(range(len(self.pairs)))
        return not agree, frozenset(place for place, _ in (*heads, *values)) if complete else frozenset()


@dataclass(frozen=True)
class Concept:
    """Something that a good answer says. ``within``, ``outside``: the settings (by name) it is said of, or not."""

    name: str
    sentence: str
    ways: tuple[tuple[Group, ...], ...]
    against: tuple[tuple[Group, ...], ...] = ()
    vetoes: Group = Group(())
    pairing: Pairing = Pairing(())
    within: str = ""
    outside: str = ""


class Shown(NamedTuple):
    """What a text shows of a concept: the words that say it, or those that say the opposite."""

    concept: Concept
    by: tuple[str, ...]
    against: tuple[str, ...] = ()

    @property
    def ticked(self) -> bool:
        """Shown, and nowhere contradicted."""
        return bool(self.by) and not self.against


def read(text: str, concepts: Sequence[Concept], settings: Mapping[str, Group], names: Group) -> list[Shown]:
    """What ``text`` shows of each concept. ``names``: what the topic is called, which shows nothing.

    A clause that names no setting is about the one that was named last.
    """
    found = [replace(clause, words=_without(names, clause.words)) for clause in clauses(text)]
    inherited: list[str] = []
    last = ""
    for clause in found:
        inherited.append(last)
        if clause.aside:
            continue
        own = _settings(clause.words, settings)
        last = own.pop() if len(own) == 1 else last if not own else ""
    said = [(words, _settings(words, settings), inherited[at]) for at, words in windows(found)]
    alone = [(words, _settings(words, settings)) for _, words in windows(found, longest=1)]
    return [Shown(concept, _by_any(concept, said), _against(concept, alone)) for concept in concepts]


def _by_any(concept: Concept, said: Sequence[tuple[tuple[Word, ...], set[str], str]]) -> tuple[str, ...]:
    shown = (_by(concept, words) for words, own, inherited in said if _allowed(concept, own or {inherited}))
    return next(filter(None, shown), ())


def _against(concept: Concept, alone: Sequence[tuple[tuple[Word, ...], set[str]]]) -> tuple[str, ...]:
    """The opposite is read in single clauses only, and never in one that stops something: nobody is accused lightly."""
    accused = (
        _first(concept.against, words)
        for words, own in alone
        if _allowed(concept, own) and STOPPERS.isdisjoint(word.text for word in words)
    )
    return next(filter(None, accused), ())


def _allowed(concept: Concept, settings: set[str]) -> bool:
    return (not concept.within or settings == {concept.within}) and concept.outside not in settings - {""}


def _by(concept: Concept, words: Sequence[Word]) -> tuple[str, ...]:
    if any(concept.vetoes.spans(words)):
        return ()
    crossed, places = concept.pairing.read(words)
    if crossed:
        return ()
    if places and not _denials(words, set(places)):
        return tuple(words[place].said for place in sorted(places))
    return _first(concept.ways, words)


def _first(ways: Sequence[tuple[Group, ...]], words: Sequence[Word]) -> tuple[str, ...]:
    """The words of the first way that the text goes."""
    for way in ways:
        for places in itertools.islice(_placed(way, words, frozenset()), MOST_CHOICES):
            denied = {place for group in way if group.denied for place in _places_of(group, words, places)}
            if _polarity_fits(words, places, denied):
                return tuple(words[place].said for place in sorted(places))
    return ()


def _placed(way: Sequence[Group], words: Sequence[Word], taken: frozenset[int]) -> Iterator[frozenset[int]]:
    """Every choice of places, apart from each other, for all groups of a way."""
    if not way:
        yield taken
    elif way[0].absent:
        if not any(way[0].spans(words)):
            yield from _placed(way[1:], words, taken)
        return
    for span in way[0].spans(words) if way else ():
        if taken.isdisjoint(span):
            yield from _placed(way[1:], words, taken | set(span))


def _places_of(group: Group, words: Sequence[Word], places: frozenset[int]) -> set[int]:
    return {place for span in group.spans(words) if places.issuperset(span) for place in span}


def _polarity_fits(words: Sequence[Word], places: frozenset[int], denied: set[int]) -> bool:
    denials = _denials(words, set(places))
    if not denied:
        return not denials
    lessened = denials | {n for n, word in enumerate(words) if n not in places and word.text in LESS | STOPPERS}
    if len(lessened) != 1:
        return False
    (one,) = lessened
    return any(0 < place - one <= BEFORE or 0 < one - place <= AFTER for place in denied)


def _denials(words: Sequence[Word], places: set[int]) -> set[int]:
    """Words beside ``places`` that deny: "not" anywhere, "prevents" before, "is prevented" behind, "less" beside."""
    found = set()
    for n, word in enumerate(words):
        if n in places:
            continue
        passive = n == len(words) - 1 or any(w.text in TO_BE for w in words[max(n - 2, 0) : n])
        stops = word.text in STOPPERS and (n < max(places) or passive)
        lessens = word.text in LESS and not places.isdisjoint((n + 1, n + 2))
        if word.text in NEGATORS or stops or lessens:
            found.add(n)
    return found


def _settings(words: Sequence[Word], settings: Mapping[str, Group]) -> set[str]:
    """The settings that are named; of two that overlap ("after training", "training") the longer one."""
    spans = [(span, name) for name, group in settings.items() for span in group.spans(words)]
    return {
        name for span, name in spans if not any(len(other) > len(span) and set(other) & set(span) for other, _ in spans)
    }


def _without(names: Group, words: tuple[Word, ...]) -> tuple[Word, ...]:
    gone = {place for span in names.spans(words) for place in span}
    return tuple(word for n, word in enumerate(words) if n not in gone)


def meets(pattern: str, word: Word) -> bool:
    """Whether a word is the one meant: by its beginning if there is a star, and one slip forgiven in a long one."""
    stem, text = pattern.rstrip("*"), word.text
    if pattern.endswith("*") and text.startswith(stem) or text == stem:
        return True
    if len(stem) < FUZZY or text[:1] != stem[:1] or text[-2:] == "'s":
        return False
    if not pattern.endswith("*"):
        return stem[-2:] == text[-2:] and one_slip(stem, text)  # "stored" is no slip for "stores"
    return any(one_slip(stem, text[:size]) for size in (len(stem) - 1, len(stem), len(stem) + 1))


def one_slip(one: str, other: str) -> bool:
    """Whether the words differ by one letter: wrong, missing, too many, or two that changed places."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    at = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return len(long) - len(short) == 1 and short[at:] == long[at + 1 :]
    swapped = short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or swapped
