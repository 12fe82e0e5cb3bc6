"""Lessons prove themselves: one key per question whatever the seed, claims that can fail, blocks that run."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TextIO

import torch

from torch_judge.bank.lessons import Lesson
from torch_judge.bank.scaffold import PLACEHOLDER
from torch_judge.errors import JudgeError, ProblemError
from torch_judge.study.asking import SETS, Choice, Question
from torch_judge.study.claims import weakness
from torch_judge.study.drafts import NEEDED, Draft
from torch_judge.study.keys import question
from torch_judge.study.lessons import drafts_of
from torch_judge.study.markdown import SETUP, SHOW, sections
from torch_judge.study.parts import explain_faults, trace_faults
from torch_judge.study.running import drawing, execute, prepared, quiet, run, value_of
from torch_judge.study.sheet import RAISES, weaknesses

LONGEST_KEYS = 0.35  # of a lesson's questions may have a key that is longer than every other option
SLOW = 50_000  # additions of torch's, usually 100 ms: on a warm kernel a question is on the page at once
TRIES = 5
TELLING = 4  # characters; a shorter key may stand in a hint by chance
COLUMNS = ("lesson", "cards", *SETS, "computed", "sourced", "key longest", "failures", "seconds")


@dataclass
class Proof:
    """What the audit of one lesson found: the table's cells, and a sentence for each failure."""

    lesson: str
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    longest: str = "-"
    seconds: float = 0.0

    def row(self) -> str:
        """The lesson's row of the table."""
        cells = [self.lesson, *(self.counts[name] for name in ("cards", *SETS, "computed", "sourced"))]
        cells += [self.longest, len(self.failures), f"{self.seconds:.1f}"]
        return f"| {' | '.join(map(str, cells))} |"


def audit(lessons: Sequence[Lesson], seeds: int, problems: Sequence[str], out: TextIO | None = None) -> bool:
    """Prove lessons and write a table, then every failure; True if there is none. ``problems``: the bank's ids."""
    out = out or sys.stdout
    print(f"| {' | '.join(COLUMNS)} |\n| --- |{' ---: |' * (len(COLUMNS) - 1)}", file=out, flush=True)
    proofs = []
    for lesson in lessons:
        proofs.append(proven(lesson, seeds, problems))
        print(proofs[-1].row(), file=out, flush=True)
    for proof in proofs:
        if proof.failures:
            print(f"\n## {proof.lesson}\n", *(f"- {sentence}" for sentence in proof.failures), sep="\n", file=out)
    return not any(proof.failures for proof in proofs)


def proven(lesson: Lesson, seeds: int, problems: Sequence[str]) -> Proof:
    """The proof of one lesson over so many seeds."""
    start, proof = time.perf_counter(), Proof(lesson.topic)
    unknown = [id for id in lesson.problems if id not in problems]
    proof.failures += [f"{lesson.folder / 'lesson.md'}:1: there is no problem `{id}`." for id in unknown]
    proof.failures += _placeholders(lesson)
    proof.failures += _sheet(lesson)
    proof.failures += _cards(lesson, proof.counts)
    _questions(lesson, seeds, proof)
    proof.failures += [*trace_faults(lesson), *explain_faults(lesson)]
    proof.seconds = time.perf_counter() - start
    return proof


def _placeholders(lesson: Lesson) -> Iterator[str]:
    for path in sorted(lesson.folder.glob("*.*")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if PLACEHOLDER in line:
                yield f"{path}:{number}: the author still has to write this."


def _sheet(lesson: Lesson) -> Iterator[str]:
    """The cheat sheet runs, and each of its claims can fail."""
    try:
        for claim, line, weak in weaknesses(lesson):
            yield f"{lesson.folder / 'lesson.md'}:{line}: `{claim}` proves nothing: {weak}."
    except JudgeError as error:
        yield str(error)


def _cards(lesson: Lesson, counts: Counter[str]) -> Iterator[str]:
    """Every block of every card runs, and raises where it says so."""
    path, setup, titles = lesson.folder / "cards.md", "", set()
    for section in sections(lesson.text("cards.md")):
        if section.level == 0:
            setup = section.code(SETUP)
            continue
        counts["cards"] += section.level == 2
        if section.title in titles:
            yield f"{path}:{section.line}: there are two cards `{section.title}`."
        titles.add(section.title)
        with quiet():
            names = prepared(setup)
            for piece in section.pieces:
                if piece.info not in (SHOW, RAISES):
                    continue
                ran = execute(piece.text, names)
                if (ran.error is not None) != (piece.info == RAISES):
                    yield f"{path}:{piece.line + ran.line}: this block raises {ran.error!r}."


def _questions(lesson: Lesson, seeds: int, proof: Proof) -> None:
    read = drafts_of(lesson)
    proof.failures += [str(fault) for fault in read.faults]
    longest = []
    for draft in read.drafts:
        proof.counts[draft.set] += 1
        proof.counts["sourced" if draft.sort == "typed" else "computed"] += 1
        where = f"{draft.path}:{draft.line}: `{draft.title}`"
        try:
            found = _over_seeds(draft, seeds)
            longest.append(_length(found.right) > max(_length(c) for c in found.choices if not c.right))
            proof.failures += [f"{where} {fact}" for fact in _faults(draft, found)]
        except ProblemError as error:
            proof.failures.append(str(error))
        except Exception as error:
            proof.failures.append(f"{where}: {type(error).__name__}: {error}")
    if longest:
        share = sum(longest) / len(longest)
        proof.longest = f"{share:.0%}"
        if share > LONGEST_KEYS:
            fact = f"the key is the longest option in {share:.0%} of the questions; at most {LONGEST_KEYS:.0%} may be."
            proof.failures.append(f"{lesson.folder / 'questions.md'}:1: {fact}")


def _over_seeds(draft: Draft, seeds: int) -> Question:
    """The question at seed 0, once the same option is right at every seed; raises ProblemError if not.

    What draws no random number is the same at every seed and runs once.
    """
    before = drawing()
    first = question(draft)
    for seed in range(1, seeds if drawing() > before else 1):
        try:
            other = question(draft, seed, told=False)
        except ProblemError as error:
            raise ProblemError(f"{error} (Seed {seed}.)") from None
        if [choice.right for choice in other.choices] != [choice.right for choice in first.choices]:
            fact = f"{draft.path}:{draft.line}: the key of `{draft.title}` is another one at seed {seed}."
            raise ProblemError(fact, "Let it not depend on the numbers that were drawn.")
    return first


def _faults(draft: Draft, found: Question) -> Iterator[str]:
    """What is wrong with a question that has one key."""
    for name in NEEDED[draft.set]:
        if not (draft.check if name == "check" else draft.fields.get(name, "").strip()):
            yield f"needs `{name}:`."
    if "steps" in draft.fields and len(found.steps) < 2:
        yield "needs at least two worked steps."
    for number, choice in enumerate(found.choices, start=1):
        if not choice.right and not choice.why:
            yield f"says no misconception for the option {_plain(choice.text)!r} (number {number})."
    key = _plain(found.right.text)
    for name, text in (("hint", found.hint), ("prompt", draft.prompt if draft.sort in ("claim", "typed") else "")):
        if len(key) >= TELLING and key in _plain(text):
            yield f"tells its key in the {name}."
    yield from _weak_claims(draft)
    if draft.check and draft.kind not in ("order", "line"):
        works = run(draft.shown, draft.setup).error is None
        ran = run(f"{draft.shown}\n{draft.check}" if works else draft.check, draft.setup)
        if ran.error is not None:
            yield f"has a `check:` that raises {type(ran.error).__name__}: {ran.message}."
    yield from _slow(draft)


def _weak_claims(draft: Draft) -> Iterator[str]:
    for item in draft.options:
        if item.sort == "claim" and (
            weak := weakness(item.code, lambda code: value_of(code, draft.setup, draft.shown))
        ):
            yield f"has the claim `{item.code}`, which proves nothing: {weak}."


def _slow(draft: Draft) -> Iterator[str]:
    additions = round(_seconds(lambda: question(draft)) / _addition_s())
    if additions > SLOW:
        limit = f"{SLOW:,} are the limit"
        yield f"takes as long to be asked as {additions:,} additions; {limit}: make its experiment smaller."


@lru_cache(maxsize=1)
def _addition_s() -> float:
    """What this machine takes for a small addition: machines differ by three times."""
    one = torch.ones(3)
    return _seconds(lambda: [one.add(1.0) for _ in range(2000)]) / 2000


def _seconds(work: Callable[[], object]) -> float:
    """The least that several tries take of a processor, which may be busy with other things."""
    took = []
    for _ in range(TRIES):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return min(took)


def _length(choice: Choice) -> int:
    return len(_plain(choice.text))


def _plain(text: str) -> str:
    """The words of an option, without its marks."""
    bare = text.removeprefix("```text").removeprefix("```python").strip("`\n ")
    return " ".join(bare.replace("`", "").lower().split())
