"""Finding and killing every process that a job left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import time


def kill_group(leader: int) -> None:
    """Kill a process and the whole group that it leads."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(leader, signal.SIGKILL)


def kill_children(seconds: float) -> bool:
    """Kill and reap all children of this process, those that it adopted too; returns whether none is left."""
    deadline = time.monotonic() + seconds
    while _has_children():
        for pid in _children():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.001)
    return True


def _has_children() -> bool:
    """Reap whoever has ended; whether any child is left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _children() -> list[int]:
    """The direct children of this process, as far as /proc tells."""
    me, found = os.getpid(), []
    with contextlib.suppress(OSError):
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError, ValueError), open(f"/proc/{name}/stat", "rb") as file:
                # The program's name may hold spaces and brackets: the fields begin after the last bracket.
                if int(file.read().rpartition(b")")[2].split()[1]) == me:
                    found.append(int(name))
    return found
