"""What has been proven already: beside each result stands the hash of what it was proven of.

A proof holds for one problem folder and one engine. Where the folder has changed, all is proven anew; where only the
engine has, with fewer seeds; and in every run a handful is proven again in turn, so that a record which does not tell
the truth comes to light.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch

from torch_judge.bank import Problem
from torch_judge.bank.hashing import contents, folder_hash, hashed
from torch_judge.errors import JudgeError

FEW_SEEDS = 3
HANDFUL = 4
WITHOUT_A_SAY = {"cli", "classroom", "study", "learner", "show", "notebooks", "problems"}
"""Wings that no verdict depends on."""
WRITTEN_BY = "Written by `make audit`: what has been proven, of which problem folder, by which engine."

Row = dict[str, object]


@dataclass(frozen=True)
class Proof:
    """A problem's row of the audit's page, and what it was proven of. ``digest`` covers all the other fields."""

    folder: str
    engine: str
    seeds: int
    row: Row
    digest: str = ""

    def sealed(self) -> Proof:
        """The same proof with its digest."""
        fields = dataclasses.asdict(self) | {"digest": ""}
        return dataclasses.replace(self, digest=hashed([json.dumps(fields, sort_keys=True).encode()]))


class Proofs:
    """The record on disk; a file that is not there is an empty one. Raises JudgeError if it cannot be read."""

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        self._path = path
        self._problems = problems  # the whole bank, in its order
        self._proofs = _read(path)

    def needed(self, problems: Sequence[Problem], seeds: int, turn: int) -> dict[str, int]:
        """How many seeds each of ``problems`` needs, by its id: 0 for what is proven. ``turn`` chooses the handful."""
        bank = self._problems
        again = {bank[(turn * HANDFUL + k) % len(bank)].id for k in range(HANDFUL)}
        return {problem.id: self._needed(problem, seeds, problem.id in again) for problem in problems}

    def _needed(self, problem: Problem, seeds: int, again: bool) -> int:
        proof = self._proofs.get(problem.id)
        if proof is None or proof != proof.sealed() or proof.folder != folder_hash(problem):
            return seeds
        return min(FEW_SEEDS, seeds) if again or proof.engine != engine_hash() else 0

    def row(self, problem: Problem) -> Row:
        """The row of a problem that is proven."""
        return self._proofs[problem.id].row

    def keep(self, problem: Problem, seeds: int, row: Row, holds: bool) -> None:
        """Remember a result at once; one with failures is no proof, and takes away what was there."""
        before = self._proofs.pop(problem.id, None)
        if holds:
            folder = folder_hash(problem)
            # The seeds that the folder was once proven with still count: it is the engine that has changed.
            most = max(seeds, before.seeds) if before is not None and before.folder == folder else seeds
            self._proofs[problem.id] = Proof(folder, engine_hash(), most, row).sealed()
        self._write()

    def _write(self) -> None:
        proofs = {p.id: dataclasses.asdict(self._proofs[p.id]) for p in self._problems if p.id in self._proofs}
        lines = [f"{json.dumps(id)}: {json.dumps(proof)}" for id, proof in proofs.items()]
        text = ",\n".join([f'"": {json.dumps(WRITTEN_BY)}', *lines])
        self._path.write_text(f"{{\n{text}\n}}\n", encoding="utf-8")


def _read(path: Path) -> dict[str, Proof]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {id: Proof(**fields) for id, fields in data.items() if id}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError):
        raise JudgeError(f"`{path}` is no record of the audit.", "Delete it: the audit writes it anew.") from None


@lru_cache(maxsize=1)
def engine_hash() -> str:
    """A hash of the judge's modules that a verdict depends on, and of torch's version."""
    root = Path(__file__).resolve().parents[1]
    modules = (p for p in root.rglob("*.py") if p.relative_to(root).parts[0] not in WITHOUT_A_SAY)
    return hashed([torch.__version__.split("+")[0].encode(), *contents(root, modules)])
