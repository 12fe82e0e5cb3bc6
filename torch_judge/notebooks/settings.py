"""The one setting: `repository` of `[tool.torch-judge]` in pyproject.toml, which badges and links are made from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from torch_judge.errors import JudgeError

_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_TABLE = "[tool.torch-judge]\n"
_LINE = re.compile(r"^repository\s*=.*\n?", re.MULTILINE)


def repository() -> str | None:
    """OWNER/NAME of the place that badges and links lead to: the setting that this torch_judge came with."""
    own = Path(__file__).resolve().parents[1]
    return repository_of(own if (own / "pyproject.toml").exists() else own.parent)


def repository_of(root: Path) -> str | None:
    """``repository`` of ``[tool.torch-judge]`` in ``root/pyproject.toml``, None if it is not set."""
    try:
        data = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise JudgeError(f"`{root / 'pyproject.toml'}` cannot be read: {error}.", "Mend the file.") from None
    repository = data.get("tool", {}).get("torch-judge", {}).get("repository")
    return None if repository is None else named(repository)


def named(repository: object) -> str:
    """``repository`` if it reads OWNER/NAME; raises JudgeError if not."""
    if isinstance(repository, str) and _NAME.fullmatch(repository):
        return repository
    raise JudgeError(
        f"`repository` of `[tool.torch-judge]` is {repository!r}.", "Write it as OWNER/NAME, or leave it out."
    )


def set_repository(root: Path, repository: str) -> None:
    """Write the setting into ``root/pyproject.toml``; raises JudgeError for a bad name or a file that is not there."""
    file, line = root / "pyproject.toml", f'repository = "{named(repository)}"\n'
    repository_of(root)  # a file that cannot be read is not written either
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise JudgeError(f"`{file}` cannot be read: {error.strerror}.", "Run this in the checkout.") from None
    before, table, after = text.partition(_TABLE)
    body, bracket, rest = after.partition("\n[")
    gap = "" if table else "\n"
    file.write_text(before + gap + _TABLE + line + _LINE.sub("", body) + bracket + rest, encoding="utf-8")
