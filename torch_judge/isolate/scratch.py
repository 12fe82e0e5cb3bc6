"""The one folder that a learner's process may write in."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
import tempfile

EMPTYING_S = 30.0
MAX_BYTES = 64 << 20
MAX_FILES = 2000
BLOCK = 512  # what st_blocks counts, whatever the file system's own blocks are


def new_scratch() -> str:
    """A fresh, empty folder."""
    return os.path.realpath(tempfile.mkdtemp(prefix="torch-judge-"))


def overfull(folder: str) -> bool:
    """Whether more lies inside than one job may keep there, in bytes or in files, or what no path leads to."""
    size = files = 0
    waiting = [folder]  # not os.walk, which in Python 3.11 dies in a thousand folders within each other
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    files += 1
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                        continue
                    with contextlib.suppress(OSError):
                        size += entry.stat(follow_symlinks=False).st_blocks * BLOCK
        except FileNotFoundError:
            continue  # it has gone meanwhile
        except OSError:
            return True  # too deep for a path, or its owner may not list it: it hides files
        if files > MAX_FILES or size > MAX_BYTES:
            return True
    return False


def holds_too_much(process: int) -> bool:
    """Whether a process has files open that have no name any more, and are larger than what it may keep in all."""
    size = 0
    with contextlib.suppress(OSError):
        for entry in os.scandir(f"/proc/{process}/fd"):
            with contextlib.suppress(OSError):
                found = entry.stat()
                if stat.S_ISREG(found.st_mode) and not found.st_nlink:
                    size += found.st_blocks * BLOCK
    return size > MAX_BYTES


def empty_scratch(folder: str) -> bool:
    """Remove everything inside, whatever was done to it; returns whether it is empty now. The folder stays."""
    os.chmod(folder, 0o700)
    if not os.listdir(folder):
        return True
    # Programs rather than shutil.rmtree: they cope with folders thousands deep and with closed ones.
    for command in (["chmod", "-R", "u+rwX", "."], ["find", ".", "-mindepth", "1", "-delete"]):
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        try:
            subprocess.run(command, cwd=folder, timeout=EMPTYING_S, check=False, **quiet)  # type: ignore[call-overload]
        except (OSError, subprocess.TimeoutExpired):
            return False
    return not os.listdir(folder)


def remove_scratch(folder: str) -> None:
    """Remove the folder with all that is in it, as far as it can be."""
    if os.path.isdir(folder):
        empty_scratch(folder)
        shutil.rmtree(folder, ignore_errors=True)
