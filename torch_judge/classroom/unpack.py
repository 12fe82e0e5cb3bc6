"""The files of a source: a folder or a zip, zips inside it unpacked as folders, within bounds and never outside."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from torch_judge.classroom.words import LeftOut
from torch_judge.errors import JudgeError

MOST_FILES = 50_000
MOST_BYTES = 2 << 30
LARGEST = 64 << 20
DEEPEST = 3
WANTED = (".ipynb", ".py")
FACTS = ("submission_metadata.yml", "timestamp.txt")
"""Files that say something about hand-ins."""
NOISE = ("__MACOSX", ".ipynb_checkpoints", "__pycache__", ".git")


@dataclass(frozen=True)
class Found:
    """A file: where it lies now, and its path inside its source, zips as folders."""

    path: Path
    parts: tuple[str, ...]

    @property
    def place(self) -> str:
        """The path inside the source, for people."""
        return "/".join(self.parts)


@dataclass
class Files:
    """The files of all sources; ``scratch`` is where zips are unpacked."""

    scratch: Path
    left_out: list[LeftOut] = field(default_factory=list)
    _count: int = 0
    _bytes: int = 0

    def of(self, source: Path) -> list[Found]:
        """The wanted files of a folder, a zip or a single file; raises JudgeError if there is no such thing."""
        if not source.exists():
            raise JudgeError(f"`{source}` does not exist.", "Name the folder or the zip of the submissions.")
        if source.is_dir():
            return list(self._folder(source, (), source.resolve(), 0))
        if source.suffix == ".zip":
            return list(self._zip(source, (), 0))
        return list(self._file(source, (source.name,), 0))

    def _folder(self, folder: Path, parts: tuple[str, ...], root: Path, depth: int) -> Iterator[Found]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self._leave((*parts, ""), f"the folder cannot be read: {error.strerror}")
            return
        for entry in entries:
            inside = (*parts, entry.name)
            if entry.name in NOISE or entry.name.startswith("."):
                continue
            path = Path(entry.path)
            if entry.is_symlink() and root not in path.resolve().parents:
                self._leave(inside, "a link that leads out of the folder")
            elif entry.is_dir(follow_symlinks=False):
                yield from self._folder(path, inside, root, depth)
            elif entry.is_symlink():
                self._leave(inside, "a link; what it leads to is looked at in its own place")
            elif not entry.is_file():
                self._leave(inside, "no file")
            else:
                yield from self._file(path, inside, depth)

    def _file(self, path: Path, parts: tuple[str, ...], depth: int) -> Iterator[Found]:
        if path.suffix.lower() == ".zip":
            yield from self._zip(path, (*parts[:-1], path.stem), depth + 1)
        elif path.suffix.lower() in WANTED or path.name in FACTS:
            self._count += 1
            if self._count > MOST_FILES:
                raise JudgeError(f"There are more than {MOST_FILES} files.", "Grade them in several runs.")
            yield Found(path, parts)
        else:
            self._leave(parts, "neither a notebook nor a Python file")

    def _zip(self, path: Path, parts: tuple[str, ...], depth: int) -> Iterator[Found]:
        if depth > DEEPEST:
            self._leave((*parts[:-1], path.name), f"zips inside zips, more than {DEEPEST} deep")
            return
        try:
            with zipfile.ZipFile(path) as archive:
                target = self.scratch / f"zip{len(os.listdir(self.scratch))}"
                target.mkdir()
                members = [info for info in archive.infolist() if not info.is_dir()]
                if len(members) + self._count > MOST_FILES:
                    self._leave((*parts[:-1], path.name), f"a zip of {len(members)} files, too many")
                    return
                folders: dict[str, Path] = {}  # those of one folder stay together: a module lies beside its notebook
                for info in members:
                    above = _name(info).replace("\\", "/").rpartition("/")[0]
                    folder = folders.setdefault(above, target / str(len(folders)))
                    yield from self._member(archive, info, folder, parts, depth)
        except (zipfile.BadZipFile, OSError, NotImplementedError, EOFError) as error:
            self._leave((*parts[:-1], path.name), f"a zip that cannot be read: {error}")

    def _member(
        self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, folder: Path, parts: tuple[str, ...], depth: int
    ) -> Iterator[Found]:
        name = _name(info)
        inner = PurePosixPath(name.replace("\\", "/")).parts
        inside = (*parts, *inner)
        if any(part in NOISE or part.startswith(".") and part != ".." for part in inner):
            return
        if why := self._refused(info, inner):
            self._leave(inside, why)
            return
        folder.mkdir(exist_ok=True)
        target = folder / _safe(inner[-1])
        if target.exists():
            self._leave(inside, "a second file of this name")
            return
        try:
            with archive.open(info) as packed, target.open("wb") as file:
                shutil.copyfileobj(packed, file)  # never more than it says of its size, which was looked at
        except (zipfile.BadZipFile, OSError, RuntimeError, EOFError, NotImplementedError) as error:
            self._leave(inside, f"it cannot be unpacked: {error}")
            return
        self._bytes += target.stat().st_size
        yield from self._file(target, inside, depth)

    def _refused(self, info: zipfile.ZipInfo, inner: tuple[str, ...]) -> str:
        if not inner or ".." in inner or inner[0].startswith("/") or ":" in inner[0]:
            return "its path leads out of the zip"
        if stat.S_ISLNK(info.external_attr >> 16):
            return "a link inside a zip"
        if info.flag_bits & 1:
            return "it is encrypted"
        wanted = (*WANTED, ".zip")
        if PurePosixPath(inner[-1]).suffix.lower() not in wanted and inner[-1] not in FACTS:
            return "neither a notebook nor a Python file"
        if info.file_size > LARGEST:
            return f"larger than {LARGEST >> 20} MB"
        if self._bytes + info.file_size > MOST_BYTES:
            return f"all zips together hold more than {MOST_BYTES >> 30} GB"
        return ""

    def _leave(self, parts: tuple[str, ...], why: str) -> None:
        self.left_out.append(LeftOut("/".join(parts), why))


def _name(info: zipfile.ZipInfo) -> str:
    """A member's name. Without the flag for UTF-8 zipfile reads cp437; what is valid UTF-8 was meant as that."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _safe(name: str) -> str:
    """A file name of bounded length."""
    stem, dot, suffix = name.rpartition(".")
    return f"{stem[:60]}{dot}{suffix}".replace("\0", "")
