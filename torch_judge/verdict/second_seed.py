"""The second seed of an official verdict: from what was handed in and a secret that no submission sees."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path

from torch_judge.home import home
from torch_judge.submission import Program
from torch_judge.submission.magics import parsed

FILE = "secret"
VARIABLE = "TORCH_JUDGE_SECRET"
SIZE = 32


def second_seed(program: Program, secret: bytes | None = None) -> int:
    """The seed of a program under a ``secret`` (default: this installation's): the same for equal programs.

    Grinding a wrong program, comment by comment, until its seed misses the flaw gets nowhere: comments do not change
    the seed, and what a change of the code does to it is known to nobody without the secret. So the seed may be shown
    once the verdict stands.
    """
    key = installation_secret() if secret is None else secret
    return int.from_bytes(hmac.digest(key, canonical(program), "sha256")[:4], "big") + 1


@lru_cache(maxsize=8)
def canonical(program: Program) -> bytes:
    """A digest of what a program says: comments, blank lines, layout and the names of its cells apart."""
    digest = hashlib.sha256()
    for text in (*(file.path for file in program.files), *map(_meaning, program.sources)):
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return digest.digest()


def _meaning(source: str) -> str:
    tree = parsed(source)
    try:
        return source if tree is None else ast.dump(tree)
    except (RecursionError, MemoryError):
        return source


def installation_secret() -> bytes:
    """What the instructor set in ``TORCH_JUDGE_SECRET``, else this user's own, made at first use."""
    named = os.environ.get(VARIABLE)
    return hashlib.sha256(named.encode("utf-8", "surrogateescape")).digest() if named else _kept(home())


@lru_cache(maxsize=4)
def _kept(folder: Path) -> bytes:
    """The secret in ``folder``; where none can be kept there, one for this process."""
    fresh = secrets.token_bytes(SIZE)
    path = folder / FILE
    with contextlib.suppress(OSError):
        if not path.exists():
            _create(path, fresh)
        kept = path.read_bytes()
        return kept if len(kept) == SIZE else fresh
    return fresh


def _create(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads, whole or not at all; the first of several processes wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}")
    with open(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    try:
        with contextlib.suppress(FileExistsError):
            os.link(own, path)
    finally:
        os.unlink(own)
