"""The copy of the server that forks the jobs: what they forbid is gone there for good, and the judge is hidden.

What jobs have in common is done here, once, and not in each of them. No module of ours can be imported by name here.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import sys
from typing import Any, NoReturn

from torch_judge.guard.absent import take_away
from torch_judge.guard.copies import originals, watch_imports
from torch_judge.guard.libraries import Plan, plan
from torch_judge.guard.patches import patched_in_torch
from torch_judge.isolate import child, kernel
from torch_judge.isolate.calls import build_call_filter
from torch_judge.isolate.control import Request, receive, say
from torch_judge.isolate.family import kill_children, kill_group
from torch_judge.isolate.limits import Fence, build_fence
from torch_judge.isolate.paths import allowed_paths, is_library
from torch_judge.isolate.program import hide_judge
from torch_judge.isolate.scratch import empty_scratch, holds_too_much, overfull

SWEEP_S = 5.0
LOOK_S = 0.1
MANY = 30
"""After so many jobs, huge pages have saved what it takes to gather them."""


def prepare(forbidden: list[str]) -> Plan:
    """Find what is forbidden: in the server, where the next copy will find it found."""
    found = plan(tuple(forbidden))
    originals(found.functions)
    return found


class Copy:
    """Forks one process per job, and cleans up after it. ``wake`` is readable after each SIGCHLD."""

    def __init__(self, control: socket.socket, scratch: str, wake: int, forbidden: list[str]) -> None:
        self._control, self._scratch, self._wake, self._forbidden = control, scratch, wake, forbidden
        self._fences: dict[tuple[str, ...], Fence] = {}
        self._cases: tuple[list[str], child.Cases] = [], ()
        self._jobs = 0
        self._calls = build_call_filter()
        gone = prepare(forbidden)
        self._originals = originals(gone.functions) if forbidden else None
        take_away(gone)
        if self._originals:
            watch_imports(tuple(forbidden), self._originals)
        sys.path[:] = [entry for entry in sys.path if is_library(entry)]
        self._hidden = hide_judge()
        child.own_surroundings(scratch)
        tuple(patched_in_torch())  # looked through once here, so that each job need only look for what has changed
        _settle()

    def serve(self, request: Request) -> Request:
        """Do this job and those that forbid the same; returns the first that does not. Raises EOFError."""
        line, fds = request
        while line["do"] != "run" or line["forbidden"] == self._forbidden:
            if line["do"] == "run":
                self._run(line, fds)
            line, fds = receive(self._control)
        return line, fds

    def _run(self, line: dict[str, Any], fds: list[int]) -> None:
        fence, cases = self._fence(tuple(line["protected"]), line["device"]), self._cases_of(line["cases"])
        shared = child.Shared(fence, self._calls, self._originals, os.getpid())
        pid = os.fork()
        if pid == 0:
            _live(fds, cases, shared)
        for fd in fds:
            os.close(fd)
        say(self._control, started=pid)
        status, peak_kb = self._wait(pid)
        gone = kill_children(SWEEP_S)
        say(self._control, ended=status, peak_kb=peak_kb)
        say(self._control, clean=_emptied(self._scratch) and gone)
        self._jobs += 1
        if self._jobs == MANY:
            kernel.use_huge_pages()

    def _wait(self, pid: int) -> tuple[int, int]:
        """Wait for the job's process to end, or for the judge to end it; returns its wait status and peak memory."""
        while (ended := _ended(pid)) is None:
            readable, _, _ = select.select([self._control.fileno(), self._wake], [], [], LOOK_S)
            # No limit of the kernel's holds for all files together, so they are looked at.
            if not readable and (overfull(self._scratch) or holds_too_much(pid)):
                kill_group(pid)
            if self._wake in readable:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake, 4096)
            if self._control.fileno() in readable:
                kill_group(pid)
                try:
                    receive(self._control)
                except EOFError:
                    kill_children(SWEEP_S)
                    raise
        return ended

    def _fence(self, protected: tuple[str, ...], device: str) -> Fence:
        key = (device, *protected)
        if key not in self._fences:
            self._fences[key] = build_fence(allowed_paths(protected, device), self._scratch)
        return self._fences[key]

    def _cases_of(self, source: list[str]) -> child.Cases:
        """What a cases.py (its problem and its text) defines. Only the last is kept: no job sees another problem's."""
        if self._cases[0] != source:
            sys.modules.update(self._hidden)
            self._cases = source, child.made_cases(*source)
            self._hidden = hide_judge()
            _settle()
        return self._cases[1]


def _settle() -> None:
    """The children's collector need not touch, and so copy, what is there now."""
    gc.collect()
    gc.freeze()


def _live(fds: list[int], cases: child.Cases, shared: child.Shared) -> NoReturn:
    try:
        signal.set_wakeup_fd(-1)
        child.live(fds, cases, shared)
    finally:
        os._exit(70)


def _ended(pid: int) -> tuple[int, int] | None:
    """The wait status of the job's process and its peak memory in KiB, once it has ended; its group is killed then."""
    if hasattr(os, "waitid"):  # macOS has it from Python 3.13 on
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        # Not reaped yet, so the group's number cannot have been given to anyone else.
        kill_group(pid)
        return _reaped(os.wait4(pid, 0))
    ended = os.wait4(pid, os.WNOHANG)
    if not ended[0]:
        return None
    kill_group(pid)
    return _reaped(ended)


def _reaped(ended: tuple[int, int, Any]) -> tuple[int, int]:
    _, status, used = ended
    return status, used.ru_maxrss >> (10 if sys.platform == "darwin" else 0)  # macOS counts in bytes


def _emptied(scratch: str) -> bool:
    try:
        return empty_scratch(scratch)
    except OSError:
        return False
