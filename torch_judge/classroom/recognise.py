"""Which student handed in what: files become hand-ins, and whatever does not is listed with the reason."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import torch_judge
from torch_judge.bank import Bank, Problem
from torch_judge.bank.hashing import folder_hash, hashed
from torch_judge.classroom import layouts
from torch_judge.classroom.layouts import Source, Who
from torch_judge.classroom.roster import Roster
from torch_judge.classroom.unpack import FACTS, Files, Found
from torch_judge.classroom.words import HandIn, LeftOut, Recognition, Student
from torch_judge.errors import JudgeError, SubmissionError
from torch_judge.submission import Program, checked_ids, defined_names, read_program


class Recogniser:
    """Reads sources into one `Recognition`.

    ``problems`` are the ids that the assignment has; none: every problem of the bank. ``pattern`` is ``--names``'s.
    """

    def __init__(
        self,
        bank: Bank,
        scratch: Path,
        *,
        problems: Sequence[str] = (),
        roster: Roster | None = None,
        pattern: str | None = None,
    ) -> None:
        self.bank, self.roster = bank, roster
        self.problems = tuple(problems)
        self._files = Files(scratch)
        self._pattern = layouts.names_pattern(pattern) if pattern else None
        self._names = _problem_names([bank.get(id) for id in problems] or bank.problems())
        self._found = Recognition(students=dict(roster.students) if roster else {})
        self._all: dict[tuple[str, str], list[HandIn]] = defaultdict(list)
        self._hashes: dict[str, str] = {}
        self._scratch = scratch

    def read(self, sources: Iterable[Path]) -> Recognition:
        """Recognise all sources; raises JudgeError for one that does not exist."""
        for source in sources:
            self._read_source(source)
        found = self._found
        found.left_out = [*self._files.left_out, *found.left_out]
        for _, hand_ins in sorted(self._all.items()):
            *older, newest = sorted(hand_ins, key=lambda h: h.order)
            found.hand_ins.append(newest)
            found.older += older
        return found

    def _read_source(self, source: Path) -> None:
        files = self._files.of(source)
        facts = self._facts(files)
        meant: list[tuple[Found, Who, str]] = []
        owners: dict[Path, set[str]] = defaultdict(set)
        for found in layouts.stripped([f for f in files if f.parts[-1] not in FACTS]):
            who = layouts.who(found, facts)
            if who is None:
                self._leave(found, "neither its name nor its folder names a student")
            elif student := self._student(who, found):
                meant.append((found, who, student))
                owners[found.path.parent].add(student)
        for found, who, student in meant:
            shared = len(owners[found.path.parent]) > 1
            self._hand_in(self._apart(found) if shared else found, who, student)

    def _apart(self, found: Found) -> Found:
        """The file in a folder of its own: what lies beside it is other students' work, which must not come along."""
        folder = self._scratch / f"apart{len(os.listdir(self._scratch))}"
        folder.mkdir()
        try:
            return dataclasses.replace(found, path=Path(shutil.copy(found.path, folder / found.path.name)))
        except OSError:
            return found  # reading it says why

    def _facts(self, files: list[Found]) -> Source:
        gradescope, times = {}, {}
        for found in files:
            if found.parts[-1] == "submission_metadata.yml":
                text = found.path.read_text(encoding="utf-8", errors="replace")
                gradescope.update(layouts.gradescope_record(text, found.place))
            elif found.parts[-1] == "timestamp.txt":
                text = found.path.read_text(encoding="utf-8", errors="replace")
                if time := layouts.time_of(text):
                    times[found.parts[:-1]] = time
        return Source(gradescope, times, self._names, self._pattern)

    def _student(self, who: Who, found: Found) -> str | None:
        """The id of the student; None, with the file left out, where the roster knows several of that name."""
        if self.roster is not None:
            meant = self.roster.find(*who.keys, who.student, who.email, who.name)
            if len(meant) > 1:
                ids = " and ".join(f"`{student.id}`" for student in meant[:3])
                self._leave(found, f"the roster has several students called {who.name or who.student}: {ids}")
                return None
            if meant:
                return meant[0].id
            note = f"`{who.student}` is not on the roster; judged all the same."
            if note not in self._found.notes:
                self._found.notes.append(note)
        student = Student(who.student, who.name, who.email, who.keys)
        known = self._found.students.setdefault(student.id, student)
        if known.keys != student.keys and known.keys and student.keys:
            self._leave(found, f"two students are called {who.student}: the roster must tell them apart")
            return None
        return student.id

    def _hand_in(self, found: Found, who: Who, student: str) -> None:
        base = HandIn(student, "", found.place, found.path, who.submitted, who.late, who.attempt)
        named = who.problem or layouts.split_name(who.stem, self._names)[0]
        program: Program | None = None
        try:
            program = read_program(found.path)
            fault = ""
        except (JudgeError, SubmissionError) as error:
            fault = error.fact.replace(str(found.path), found.place)
        ids = self._solved(program, named)
        for id in ids:
            key = self._key(program, self.bank.get(id)) if program else ""
            self._all[student, id].append(
                dataclasses.replace(base, problem=id, key=key, fault=fault, named=id == named)
            )
        if ids:
            self._found.layouts[who.layout] = self._found.layouts.get(who.layout, 0) + len(ids)
        elif named and named not in self.bank:
            self._leave(found, f"there is no problem `{named}`")
        elif fault:
            self._leave(found, f"{fault.rstrip('.')}, and its name does not say which problem it solves")
        else:
            self._leave(found, "it solves no problem of the assignment" if self.problems else "it solves no problem")

    def _solved(self, program: Program | None, named: str) -> list[str]:
        """The problems that a file is handed in for: by its name; by what it checks and says; else by its entries."""
        said = [named] if named else []
        if program is not None:
            said += [program.problem] if program.problem and not said else []
            said += checked_ids(program)
        ids = dict.fromkeys(self.bank.get(name).id for name in said if name in self.bank)
        wanted = [id for id in ids if not self.problems or id in self.problems]
        if wanted or said or program is None:
            return wanted
        names = defined_names(program)
        problems = [self.bank.get(id) for id in self.problems] or self.bank.problems()
        return [problem.id for problem in problems if problem.entry in names]

    def _key(self, program: Program, problem: Problem) -> str:
        """The hash of what a judgement depends on: the program, the problem folder, the judge, torch and the seeds."""
        if problem.id not in self._hashes:
            self._hashes[problem.id] = folder_hash(problem)
        texts = [text.encode("utf-8", "surrogatepass") for text in program.sources]
        labels = [cell.label.encode() for cell in program.cells]
        judge = [torch_judge.__version__.encode(), _torch_version().encode(), self._hashes[problem.id].encode()]
        return hashed([problem.id.encode(), *judge, *texts, *labels])

    def _leave(self, found: Found, why: str) -> None:
        self._found.left_out.append(LeftOut(found.place, why))


def share_of(hand_in: HandIn, shards: int) -> int:
    """Which of ``shards`` equal shares, from 1, a hand-in belongs to: the same on every machine."""
    digest = hashlib.sha256(f"{hand_in.student}\0{hand_in.problem}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % shards + 1


def _problem_names(problems: Iterable[Problem]) -> dict[str, str]:
    return {name.lower(): problem.id for problem in problems for name in _spellings(problem)}


def _spellings(problem: Problem) -> Iterator[str]:
    yield problem.notebook
    yield problem.id
    for name in {problem.notebook, problem.id}:
        yield name.replace("_", "-")
        yield name.replace("_", " ")


@lru_cache(maxsize=1)
def _torch_version() -> str:
    from importlib.metadata import version

    return version("torch")
