"""A text as clauses: its words, where one thought ends, and which neighbours may be read together.

Everything here errs to one side: a reading that is in doubt is no reading. A right text may have to say a thing more
plainly; a wrong one gets no tick for it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

REMOVE = r"(?:remov|drop|leav|tak|turn|switch|delet|skip|omit)(?:e|es|ed|ing|ping|ting|s)?"
AWAY = r"(?: (?:out|away|off))?"
SPELT = (
    (re.compile(r"[‘’`´]"), "'"),
    (re.compile(r"\b(?:ca|wo|sha)n'?t\b|\bcannot\b"), " not"),
    (re.compile(r"n't\b|(?<=\b(?:is|do))nt\b|(?<=\b(?:are|did|was|has))nt\b|(?<=\bdoes)nt\b"), " not"),
    (re.compile(r"\banything but\b|\bfar from\b"), " not "),
    (re.compile(r"\b(?:not (?:only|just|merely|surprisingly)|no (?:matter|doubt|wonder)|without (?:a )?doubt)\b"), " "),
    (re.compile(rf"\b{REMOVE}{AWAY} (?:(?:the|this) layer|it|batch ?norm\w*)\b{AWAY}"), " without it "),
    (re.compile(r"\bneither\b([^.;]{1,40}?)\bnor\b"), r"not\1or"),
    (re.compile(r"β"), " beta "),
    (re.compile(r"γ"), " gamma "),
    (re.compile(r"σ"), " deviation "),
    (re.compile(r"μ"), " mean "),
)
SENTENCE = re.compile(r"(?:[.!?]+(?=\s|$)|;|\n\s*(?:\n|[-*•\d]))")
# What follows "instead of" is what is *not* the case: it is left out, up to where the next phrase begins.
CONTRAST = re.compile(
    r"(?:,\s*(?:and |but )?not|\band not|\binstead of|\brather than|\bas opposed to|\bcontrary to)"
    r"(?: (?!in |during |at |when |while |for |on |and |but |to |because |since |so )[\w'-]+){1,8}"
)
RETRACTED = re.compile(
    r"\b(?:this|that|it|these|they|all|both|which|everything)\b[^,]{0,40}?"
    r"\b(?:not (?:true|so|right|correct|the case)|false|wrong|untrue|lies?|myths?|nonsense|backwards|mistaken)\b"
    r"|\bnone of (?:this|that|it|these)\b|\bthe (?:opposite|reverse|contrary|other way)\b"
)
TOKEN = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+(?:'[^\W\d_]+)?|[,:()/]|(?<=\s)[-–]+(?=\s)|—")
SHORT = 5
MOST_WORDS = 60  # nobody means one thing by more words; and the ways to choose among them are many


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


HARD = _words("but while whereas however although though unlike whilst yet except")
SOFT = _words("and because since so which therefore thus hence then or")
FRONT = _words("in during at when while for with after once by to if on without unless")
LEADS_ON = _words("that whether if")
BACK = _words("they these those this that which")
DENIED = _words("be used possible true work works allowed happen happens case needed useful")
TO_BE = _words("is are was were be been being get gets got becomes become")
NEGATORS = _words(
    """not no never neither nor none nothing nobody nowhere without hardly barely rarely scarcely seldom fail fails
    failed failing unable impossible wrong false untrue myth lie lies doubt unlikely opposite contrary incorrect
    mistaken refuses forbids lack lacks lacking incapable"""
)
STOPPERS = frozenset(
    stem + ending
    for stem in _words(
        """prevent avoid block hinder hamper harm undo forbid remov destroy ruin hurt disturb eliminat counteract
        suppress combat fight mitigat stop stopp limit curb ignor forget forgot discard reset neglect disregard
        overwrit"""
    )
    for ending in ("", "s", "es", "e", "ed", "ing", "ten")
) | _words("lose loses losing lost")
LESS = _words(
    """less fewer lower lowers lowered lowering reduce reduces reduced reducing reduction decrease decreases decreased
    decreasing weaken weakens diminish diminishes diminished lessen lessens lessened little smaller"""
)


@dataclass(frozen=True)
class Word:
    """A word as it is compared (lower case, "-ise" for "-ize") and as it was written."""

    text: str
    said: str


@dataclass(frozen=True)
class Clause:
    """What lies between two marks. ``soft``: it may be read together with the clause before it.

    ``aside``: "collected during training", which says nothing of when the rest is.
    """

    words: tuple[Word, ...]
    soft: bool
    aside: bool = False


def clauses(text: str) -> list[Clause]:
    """The clauses of what a text states: questions, and what it takes back, are left out."""
    text = text.lower()
    for pattern, replacement in SPELT:
        text = pattern.sub(replacement, text)
    kept: list[list[Clause]] = []
    at = 0
    for end in [*(match.span() for match in SENTENCE.finditer(text)), (len(text), len(text))]:
        sentence, mark, at = text[at : end[0]], text[end[0] : end[1]], end[1]
        if RETRACTED.search(sentence):
            kept = kept[:-1]  # "…, and that is wrong" takes back what stood before it, too
        elif "?" not in mark:
            kept.append(_undenied(list(_split(CONTRAST.sub(" ", sentence)))))
    return [clause for sentence in kept for clause in sentence]


def windows(found: Sequence[Clause], longest: int = 3) -> Iterator[tuple[int, tuple[Word, ...]]]:
    """Single clauses, then neighbours that may be read together; each with the index of its first clause."""
    for size in range(1, longest + 1):
        for start in range(len(found) - size + 1):
            part = found[start : start + size]
            words = tuple(word for clause in part for word in clause.words)
            if all(clause.soft for clause in part[1:]) and len(words) <= MOST_WORDS:
                yield start, words


def compared(word: str) -> str:
    """How a word is compared: in lower case, with "-ise" for "-ize"."""
    return re.sub(r"(?<=[a-z][iy])z(?=[aei])", "s", word.lower())


def _split(sentence: str) -> Iterator[Clause]:
    tokens = TOKEN.findall(sentence)
    words: list[Word] = []
    soft = opened = aside = False
    for before, token, following in zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False):
        mark, hard = not token[0].isalnum(), token in HARD and not _adverbial(token, following)
        begins = bool(words) and _participle(before, token, following)
        if not (mark or hard or token in SOFT or begins):
            words.append(Word(compared(token), token))
        elif words and not _goes_on(words, mark, hard):
            yield Clause(tuple(words), soft and opened, aside)
            words, soft, opened, aside = [], not hard, True, begins
        else:
            soft = soft and not hard
        if begins or token == "which":
            words.append(Word(compared(token), token))
    if words:
        yield Clause(tuple(words), soft and opened, aside)


def _participle(before: str, token: str, following: str) -> bool:
    """ "averages (that were) collected during training": what begins with the brackets is a clause of its own."""
    if token == "that":
        return following in TO_BE or following in ("has", "have", "had")
    return (
        token.endswith("ed") and following in ("during", "in", "from", "while", "at") and before not in TO_BE | LEADS_ON
    )


def _undenied(found: list[Clause]) -> list[Clause]:
    """Without the clauses that the next one denies: "larger learning rates, but they cannot be used"."""
    denied = {
        at
        for at, (_, later) in enumerate(itertools.pairwise(found))
        if not BACK.isdisjoint(word.text for word in later.words[:2])
        and not NEGATORS.isdisjoint(word.text for word in later.words[:4])
        and not DENIED.isdisjoint(word.text for word in later.words[:6])
    }
    return [clause for at, clause in enumerate(found) if at not in denied]


def _adverbial(token: str, following: str) -> bool:
    """ "while training", "while in training": when it is, not what is set against it."""
    return token in ("while", "whilst") and (following.endswith("ing") or following in ("in", "it"))


def _goes_on(words: Sequence[Word], mark: bool, hard: bool) -> bool:
    """ "In training," belongs to what follows, and so does "I do not think that"."""
    texts = [word.text for word in words]
    if "that" in texts and not hard and not NEGATORS.isdisjoint(texts[: texts.index("that")]):
        return True
    return mark and (texts[-1] in LEADS_ON or (texts[0] in FRONT and len(texts) <= SHORT))
