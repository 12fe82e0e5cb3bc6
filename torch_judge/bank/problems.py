"""Finds and loads problem folders. A bad record is refused with its remedy."""

from __future__ import annotations

import difflib
import itertools
import os
import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from torch_judge.bank.order import Heading, heading
from torch_judge.bank.records import refuse_bad_record
from torch_judge.errors import JudgeError, ProblemError

LONGEST = 60  # characters of a name that are looked at
HEADINGS = ("Why and what", "Signature", "Rules", "Example", "Where it is used")


@dataclass(frozen=True)
class Edit:
    """Replace ``old`` by ``new`` in solution.py; ``old`` occurs there exactly once."""

    old: str
    new: str


@dataclass(frozen=True)
class Mistake:
    """A known wrong solution, written as edits of the reference, and the sentence a teacher would say.

    A ``common`` one is tried together with every other mistake, so that a second slip does not hide it. What it
    ``varies`` by is one of VARIES in records.py.
    """

    id: str
    message: str
    edits: tuple[Edit, ...]
    common: bool = False
    varies: str = ""


@dataclass(frozen=True)
class Reading:
    """An interpretation that the statement allows, written as edits of the reference. ``note`` goes in the report."""

    id: str
    note: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Bug:
    """One of the independent mistakes of a debug problem's starter. ``probe`` is the case that fails by it alone."""

    id: str
    message: str
    probe: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Equivalent:
    """A surviving mutant of the reference (the line before and after) and the proof that it is no mistake."""

    was: str
    now: str
    why: str


@dataclass(frozen=True)
class Problem:
    """One exercise: a folder whose name is its id. Texts are read when first used."""

    id: str
    folder: Path = field(repr=False)
    number: int
    title: str
    difficulty: str
    topic: str
    entry: str
    forbidden: tuple[str, ...] = field(repr=False)
    hints: tuple[str, ...] = field(repr=False)
    mistakes: tuple[Mistake, ...] = field(repr=False)
    readings: tuple[Reading, ...] = field(repr=False)
    equivalent: tuple[Equivalent, ...] = field(repr=False)
    notebook: str
    bugs: tuple[Bug, ...] = field(default=(), repr=False)

    def text(self, name: str) -> str:
        """The text of one of the folder's files; raises ProblemError if it is missing."""
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ProblemError(f"`{name}` of `{self.id}` cannot be read: {error}.", "Restore the file.") from None

    @cached_property
    def solution(self) -> str:
        """The source of the reference."""
        return self.text("solution.py")

    @cached_property
    def starter(self) -> str:
        """The source of the cells that the learner starts from.

        In a debug problem that is the reference with every bug in it, then the cells of starter.py.
        """
        rest = self.text("starter.py")
        return f"# %%\n{self.buggy(*self.bugs)}\n\n{rest}" if self.bugs else rest

    @cached_property
    def statement(self) -> str:
        """The statement, in Markdown."""
        return self.text("statement.md")

    @cached_property
    def notes(self) -> str:
        """The prose of the solution notebook, in Markdown."""
        return self.text("notes.md")

    @cached_property
    def cases(self) -> str:
        """The source of the hidden cases."""
        return self.text("cases.py")

    def buggy(self, *bugs: Bug) -> str:
        """The reference's source with ``bugs`` in it."""
        return self.edited(*(edit for bug in bugs for edit in bug.edits))

    def edited(self, *edits: Edit) -> str:
        """The reference's source with ``edits`` applied; raises ProblemError unless each old text occurs once."""
        source = self.solution
        for edit in edits:
            if (count := source.count(edit.old)) != 1:
                raise ProblemError(
                    f"problem.toml of `{self.id}`: the edit of {edit.old!r} matches {count} places of solution.py.",
                    "Make the old text occur exactly once.",
                )
            source = source.replace(edit.old, edit.new)
        return source


class Bank:
    """All problems of one or more folders of problem folders; a later folder wins over an earlier one."""

    def __init__(self, roots: tuple[Path, ...]) -> None:
        self.roots = roots
        self._folders = {
            folder.name: folder
            for root in roots
            for folder in sorted(root.iterdir())
            if (folder / "problem.toml").is_file()
        }
        self._loaded: dict[str, Problem] = {}
        self._headings: tuple[Heading, ...] = ()

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and len(self._meant(name)) == 1

    @property
    def ids(self) -> tuple[str, ...]:
        """Every problem's id. Loads none."""
        return tuple(self._folders)

    def get(self, name: str) -> Problem:
        """The problem of this id, this number (``"07"``, ``"7"``), or whose id alone begins like this.

        Raises JudgeError, naming the nearest ids, if there is none.
        """
        meant = self._meant(str(name))
        if len(meant) == 1:
            return self._load(meant[0])
        if meant:
            raise JudgeError(f"Several problems begin with `{name}`.", f"Did you mean {_either(meant)}?")
        near = difflib.get_close_matches(str(name)[:LONGEST].lower(), self._folders, n=3, cutoff=0.5)
        remedy = f"Did you mean {_either(near)}?" if near else f"The problems are: {', '.join(self._folders)}."
        shown = name if len(name) <= LONGEST else f"{name[:LONGEST]}…"
        raise JudgeError(f"There is no problem `{shown}`.", remedy)

    def problems(self) -> tuple[Problem, ...]:
        """Every problem, in the order of their numbers; raises ProblemError if two have the same."""
        found = sorted((self._load(id) for id in self._folders), key=lambda p: (p.number, p.id))
        for one, other in itertools.pairwise(found):
            if one.number == other.number:
                raise ProblemError(
                    f"`{one.folder}` and `{other.folder}` both have the number {one.number}.",
                    f"Give one of them another in its problem.toml; {found[-1].number + 1} is free.",
                )
        return tuple(found)

    def headings(self) -> tuple[Heading, ...]:
        """The headings of all problems that have one, by number. Loads none."""
        if not self._headings:
            found = (heading(folder) for folder in self._folders.values())
            self._headings = tuple(sorted(filter(None, found), key=lambda h: (h.number, h.id)))
        return self._headings

    def _load(self, id: str) -> Problem:
        if id not in self._loaded:
            self._loaded[id] = load(self._folders[id])
        return self._loaded[id]

    def _meant(self, name: str) -> list[str]:
        """The ids that a name may stand for."""
        if name in self._folders or len(name) > LONGEST:
            return [name] if name in self._folders else []
        if name.isdecimal() and len(name) < LONGEST:
            return [problem.id for problem in self.problems() if problem.number == int(name)]
        return [id for id in self._folders if name and id.startswith(name.lower())]


def find_bank(extra: str | os.PathLike[str] | None = None) -> Bank:
    """The packaged problems (or the checkout's), then ``TORCH_JUDGE_PROBLEMS``, then ``extra``.

    Raises JudgeError if a folder that was asked for holds no problem.
    """
    own = Path(__file__).resolve().parents[1]
    packaged = next((p for p in (own / "problems", own.parent / "problems") if p.is_dir()), None)
    asked = [Path(p).expanduser() for p in (os.environ.get("TORCH_JUDGE_PROBLEMS"), extra) if p]
    for root in asked:
        if not root.is_dir() or not any(root.glob("*/problem.toml")):
            raise JudgeError(
                f"`{root}` holds no problem folders.",
                "Name a folder whose sub-folders have a `problem.toml` each.",
            )
    return Bank(tuple(p for p in (packaged, *asked) if p))


def load(folder: Path) -> Problem:
    """Read one problem folder; raises ProblemError with the remedy if its record is bad."""
    id = folder.name
    try:
        data = tomllib.loads((folder / "problem.toml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProblemError(f"problem.toml of `{id}` cannot be read: {error}.", "Mend the file.") from None
    refuse_bad_record(id, data)
    problem = Problem(
        id=id,
        folder=folder,
        number=data["number"],
        title=data["title"],
        difficulty=data["difficulty"],
        topic=data["topic"],
        entry=data["entry"],
        forbidden=tuple(data.get("forbidden", ())),
        hints=tuple(data["hints"]),
        mistakes=tuple(
            Mistake(m["id"], m["message"], _edits(m), m.get("common", False), m.get("varies", ""))
            for m in data.get("mistakes", ())
        ),
        readings=tuple(Reading(r["id"], r["note"], _edits(r)) for r in data.get("readings", ())),
        equivalent=tuple(Equivalent(e["was"], e["now"], e["why"]) for e in data.get("equivalent", ())),
        notebook=f"{data['number']:02d}_{data.get('notebook', id)}",
        bugs=tuple(Bug(b["id"], b["message"], b["probe"], _edits(b)) for b in data.get("bugs", ())),
    )
    problem.buggy(*problem.bugs)
    for edits in [record.edits for table in (problem.mistakes, problem.readings, problem.bugs) for record in table]:
        problem.edited(*edits)
    return problem


def _edits(record: dict[str, Any]) -> tuple[Edit, ...]:
    return tuple(Edit(old, new) for old, new in record["edits"])


def _either(names: list[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
