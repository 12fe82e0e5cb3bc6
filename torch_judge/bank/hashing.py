"""Hashes of what is on disk: equal hashes, equal contents."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from torch_judge.bank.problems import Problem


def folder_hash(problem: Problem) -> str:
    """A hash of all files of a problem folder."""
    return hashed(contents(problem.folder, (p for p in problem.folder.rglob("*") if "__pycache__" not in p.parts)))


def contents(root: Path, paths: Iterable[Path]) -> Iterator[bytes]:
    """The names, as seen from ``root``, and the contents of the files among ``paths``."""
    for path in sorted(paths):
        if path.is_file():
            yield str(path.relative_to(root)).encode()
            yield path.read_bytes()


def hashed(parts: Iterable[bytes]) -> str:
    """The first 16 digits of a SHA-256 over ``parts``, each with its length."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:16]
