"""What the known solutions of a problem observe: the reference, its readings and its mistakes, remembered per seed."""

from __future__ import annotations

import linecache
import random
import types
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import torch

from torch_judge.bank import CHANCE, HISTORY, Edit, Problem
from torch_judge.cases import authoring
from torch_judge.cases.authoring import Case
from torch_judge.cases.draw import Draw
from torch_judge.cases.frames import CASES_FILE
from torch_judge.cases.observations import Seen, identical, same_seen, with_tensors
from torch_judge.errors import JudgeError, ProblemError
from torch_judge.observe import Setting, clean_state, observe, observe_case
from torch_judge.verdict.one_case import wrong_in

MAX_SEEDS = 8
"""How many seeds are remembered, those that were asked for last: the fixed seed of every verdict always is."""

_REFERENCE: tuple[str, tuple[Edit, ...]] = ("reference", ())


@dataclass(frozen=True)
class KnownMistake:
    """A mistake that can be run. ``made`` builds the wrong solution, given the edits of the reading in force.

    ``edits`` are its own, so that two of them can be made together; a mistake of variants.py has none. A ``common``
    one is tried together with every other. ``probe`` is the case of a debug problem's bug. What it ``varies`` by is its
    author's word.
    """

    id: str
    message: str
    made: Callable[[tuple[Edit, ...]], Any]
    edits: tuple[Edit, ...] = ()
    common: bool = False
    probe: str = ""
    varies: str = ""


@dataclass
class _AtSeed:
    """What is remembered of one seed, by who (or under which edits) and the name of the case."""

    seen: dict[tuple[Any, str], Seen] = field(default_factory=dict)
    wrong: dict[tuple[str, tuple[Edit, ...], str], frozenset[str]] = field(default_factory=dict)
    unmoved: dict[tuple[tuple[Edit, ...], str], bool] = field(default_factory=dict)


class Known:
    """The known solutions of one problem. The reference always runs on the CPU, so that a seed means one thing."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        source = execute(problem.cases, CASES_FILE.format(problem.id), problem.id)
        self.cases: tuple[Case, ...] = authoring.cases_of(source)
        if not self.cases:
            raise ProblemError(f"cases.py of `{problem.id}` defines no case.", "Mark one with `@case(...)`.")
        self.weighings = authoring.weighings_of(source)
        self.variants = self._variants()
        self.mistakes = tuple(self._mistakes())
        self.bugs = tuple(self._bugs())
        self._seeds: OrderedDict[int, _AtSeed] = OrderedDict()

    def case(self, which: int | str) -> Case:
        """A case by its number (from 1) or its name; raises JudgeError if there is none."""
        for number, case in enumerate(self.cases, start=1):
            if which in (number, case.name):
                return case
        raise JudgeError(f"`{self.problem.id}` has no case {which!r}.", f"Its cases are 1 to {len(self.cases)}.")

    def reference(self, edits: tuple[Edit, ...] = ()) -> Any:
        """The entry of the reference with ``edits`` applied."""
        return entry_of(self.problem, self.problem.edited(*edits))

    def expected(self, case: Case, seed: int, edits: tuple[Edit, ...] = ()) -> Seen:
        """What the reference (under a reading's edits) observes; raises ProblemError if the case fails on it."""
        seen = self._remembered(("reference", edits), case, seed, lambda: self.reference(edits))
        if seen.exception is not None:
            raise ProblemError(
                f"Case {case.name!r} of `{self.problem.id}` raises on its own reference: "
                f"{seen.exception.type}: {seen.exception.message}.",
                "Mend cases.py or solution.py.",
            )
        return seen

    def expect(self, cases: Sequence[Case], seed: int) -> None:
        """Have the reference observe ``cases`` at a seed in one go, which is quicker than one after the other."""
        seen, setting = self._at(seed).seen, Setting(self.problem.id, seed)
        new = [case for case in cases if (_REFERENCE, case.name) not in seen]
        if new:
            with clean_state():
                for one in observe(new, self.reference(), setting):
                    seen[_REFERENCE, one.case] = one

    def with_inputs(self, case: Case, seen: Seen, seed: int) -> Seen:
        """What came from another process, with the inputs that every candidate gets in place of their fingerprints."""
        return with_tensors(seen, self.expected(case, seed).before)

    def unmoved(self, case: Case, seed: int, edits: tuple[Edit, ...]) -> bool:
        """Whether a reading's edits leave all that the reference observes in a case as it is, to the last bit."""
        unmoved, key = self._at(seed).unmoved, (edits, case.name)
        if key not in unmoved:
            unmoved[key] = same_seen(self.expected(case, seed), self.expected(case, seed, edits))
        return unmoved[key]

    def mistaken(self, mistake: KnownMistake, case: Case, seed: int, edits: tuple[Edit, ...] = ()) -> Seen:
        """What a mistake observes, made on top of a reading's edits.

        One that remembers sees all cases in their order, as a learner's work does.
        """
        who = (mistake.id, edits)
        if mistake.varies == HISTORY and (who, case.name) not in self._at(seed).seen:
            remembering = self.anew(mistake, edits)
            for one in self.cases:
                self._remembered(who, one, seed, lambda: remembering)
        return self._remembered(who, case, seed, lambda: mistake.made(edits))

    def anew(self, mistake: KnownMistake, edits: tuple[Edit, ...] = ()) -> Any:
        """The solution of a mistake, defined anew: nothing has called it yet."""
        if mistake.edits:
            return defined_anew(self.problem, self.problem.edited(*edits, *mistake.edits))
        return getattr(self._variants(), mistake.id)

    def by_chance(self, mistake: KnownMistake, case: Case, seed: int, edits: tuple[Edit, ...] = ()) -> frozenset[str]:
        """The observations of a mistake that are others with other random numbers."""
        if mistake.varies != CHANCE:
            return frozenset()
        one = self.mistaken(mistake, case, seed, edits).observations
        who = (f"{mistake.id}, other random numbers", edits)
        other = self._remembered(who, with_other_numbers(case), seed, lambda: mistake.made(edits)).observations
        return frozenset(path for path in one if path not in other or not identical(one[path], other[path]))

    def fails(self, mistake: KnownMistake, case: Case, seed: int, edits: tuple[Edit, ...] = ()) -> bool:
        """Whether a mistake fails a case."""
        return bool(self.wrong(mistake, case, seed, edits))

    def wrong(self, mistake: KnownMistake, case: Case, seed: int, edits: tuple[Edit, ...] = ()) -> frozenset[str]:
        """The observations of a case that a mistake has wrong."""
        wrong, key = self._at(seed).wrong, (mistake.id, edits, case.name)
        if key not in wrong:
            seen, expected = self.mistaken(mistake, case, seed, edits), self.expected(case, seed, edits)
            wrong[key] = wrong_in(case, seen, expected, Setting(self.problem.id, seed))
        return wrong[key]

    def together(self, one: KnownMistake, other: KnownMistake) -> KnownMistake | None:
        """Two mistakes made at once; None where their edits meet, or one of them is no edit."""
        both = (*one.edits, *other.edits)
        try:
            self.problem.edited(*both)
        except ProblemError:
            return None
        if not (one.edits and other.edits):
            return None
        varies = one.varies or other.varies
        message = f"{one.message} {other.message}"
        return KnownMistake(f"{one.id}+{other.id}", message, self._edited(both), both, varies=varies)

    def _remembered(self, who: Any, case: Case, seed: int, made: Callable[[], Any]) -> Seen:
        seen, key = self._at(seed).seen, (who, case.name)
        if key not in seen:
            with clean_state():
                seen[key] = observe_case(case, made(), Setting(self.problem.id, seed))
        return seen[key]

    def _at(self, seed: int) -> _AtSeed:
        found = self._seeds.setdefault(seed, _AtSeed())
        self._seeds.move_to_end(seed)
        while len(self._seeds) > MAX_SEEDS:
            self._seeds.popitem(last=False)
        return found

    def _variants(self) -> types.ModuleType | None:
        path = self.problem.folder / "variants.py"
        if not path.is_file():
            return None
        namespace = execute(self.problem.text("variants.py"), str(path), self.problem.id)
        module = types.ModuleType("variants")
        vars(module).update(namespace)
        for _, _, solution in authoring.mistakes_of(module).values():
            if isinstance(solution, (type, types.FunctionType)):  # errors speak of a learner's by this name
                solution.__name__ = solution.__qualname__ = self.problem.entry
        return module

    def _edited(self, extra: tuple[Edit, ...]) -> Callable[[tuple[Edit, ...]], Any]:
        return lambda edits: self.reference((*edits, *extra))

    def _bugs(self) -> Iterator[KnownMistake]:
        """The bugs of a debug problem; raises ProblemError unless each has a probe of its own."""
        names = [case.name for case in self.cases]
        for record in self.problem.bugs:
            if record.probe not in names:
                raise ProblemError(
                    f"problem.toml of `{self.problem.id}`: the probe of `{record.id}` is no case, or another bug's.",
                    "Name a case that fails by this bug alone.",
                )
            names.remove(record.probe)
            yield KnownMistake(record.id, record.message, self._edited(record.edits), record.edits, probe=record.probe)

    def _mistakes(self) -> Iterator[KnownMistake]:
        for record in self.problem.mistakes:
            made = self._edited(record.edits)
            yield KnownMistake(record.id, record.message, made, record.edits, record.common, varies=record.varies)
        if self.variants is not None:
            for id, (message, varies, solution) in authoring.mistakes_of(self.variants).items():
                yield KnownMistake(id, message, lambda edits, made=solution: made, varies=varies)  # type: ignore[misc]

    def accepted(self) -> dict[str, Any]:
        """The accepted variants of variants.py, by name."""
        return authoring.accepted_of(self.variants) if self.variants is not None else {}


@lru_cache(maxsize=256)
def known(problem: Problem) -> Known:
    """The known solutions of a problem, loaded once, in a clean state."""
    with clean_state():
        return Known(problem)


def execute(source: str, filename: str, problem: str) -> dict[str, Any]:
    """Run an author's source and return its namespace; raises ProblemError naming the file and the error."""
    namespace: dict[str, Any] = {"__name__": f"torch_judge_problem_{problem}"}
    # A None time keeps linecache from looking for a file of this name.
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    try:
        exec(compile(source, filename, "exec"), namespace)
    except JudgeError:
        raise
    except Exception as error:
        raise ProblemError(f"{filename} cannot be loaded: {type(error).__name__}: {error}.", "Mend it.") from error
    return namespace


@lru_cache(maxsize=4096)
def entry_of(problem: Problem, source: str) -> Any:
    """The entry that a source of the problem defines, the same object every time."""
    return defined_anew(problem, source)


def defined_anew(problem: Problem, source: str) -> Any:
    """The entry that a source of the problem defines, which has not been called yet."""
    namespace = execute(source, f"<reference of {problem.id}>", problem.id)
    if problem.entry not in namespace:
        raise ProblemError(f"solution.py of `{problem.id}` does not define `{problem.entry}`.", "Define it.")
    return namespace[problem.entry]


def with_other_numbers(case: Case) -> Case:
    """A case in which the candidate draws other random numbers of its own than usual; its inputs are the same."""

    def run(solve: Any, draw: Draw) -> dict[str, Any]:
        torch.rand(1), random.random()
        return case.run(solve, draw)

    return replace(case, run=run)
