"""The small process from which every learner's process is forked: torch imported, one thread, no operator run.

``python -m torch_judge.isolate.server FD SCRATCH``, started by `torch_judge.isolate.client`. It speaks lines of JSON
over the socket FD: a job's three descriptors (the job, its answer, and a pipe on which the judge asks for the next
seed) come with a "run" line, "kill" ends the job early, and its answers are
"ready", "started", "ended" and "clean". It reads neither jobs nor results: nothing of one learner's is there for the
next.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import json
import os
import select
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from torch_judge.isolate import kernel
from torch_judge.isolate.family import kill_children, kill_group

if TYPE_CHECKING:
    from torch_judge.isolate.calls import CallFilter
    from torch_judge.isolate.limits import Fence

SWEEP_S = 5.0
DESCRIPTORS = 3
LOOK_S = 0.1

Request = tuple[dict[str, Any], list[int]]


def main() -> None:
    """Serve until the judge closes the socket."""
    control = socket.socket(fileno=int(sys.argv[1]))
    # Before torch is imported: a user namespace can only be entered by a process of a single thread.
    missing = kernel.leave_network()
    kernel.adopt_orphans()
    Server(control, sys.argv[2]).serve([missing] if missing else [])


class Server:
    """Forks one process per job, and cleans up after it.

    The job's parent is not the server itself but a copy of it in which what the jobs forbid has been taken away for
    good: that costs as much as a job's cases do, and the next job mostly forbids the same. While the copy serves, the
    server waits; a job that forbids something else is handed back to it, and the copy ends.
    """

    def __init__(self, control: socket.socket, scratch: str) -> None:
        self._control = control
        self._scratch = scratch
        self._fences: dict[tuple[str, ...], Fence] = {}
        # A signal handler of Python's own makes SIGCHLD readable on this pipe.
        self._wake, wake = os.pipe()
        for fd in (self._wake, wake):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self, missing: list[str]) -> None:
        """Import what every job needs, then do jobs one after the other."""
        warm_up()
        self._say(ready=True, missing=missing)
        line, fds = _receive(self._control)
        while True:
            line, fds = self._by_a_copy(line, fds) if line["do"] == "run" else _receive(self._control)

    def _by_a_copy(self, line: dict[str, Any], fds: list[int]) -> Request:
        """Have a copy of this process do a job and those that forbid the same; returns the first that does not."""
        _prepare(line["forbidden"])
        server = os.getpid()
        ours, theirs = socket.socketpair()
        if os.fork() == 0:
            with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
                ours.close()
                kernel.adopt_orphans()
                kernel.die_with_parent(signal.SIGKILL)
                if os.getppid() == server:
                    self._serve_alike(line, fds, theirs)
            os._exit(0)
        theirs.close()
        for fd in fds:
            os.close(fd)
        with ours:
            return _receive(ours)  # its end, if the copy was killed or the judge has closed the socket

    def _serve_alike(self, line: dict[str, Any], fds: list[int], server: socket.socket) -> None:
        forbidden = line["forbidden"]
        _take_away(forbidden)
        while line["do"] != "run" or line["forbidden"] == forbidden:
            if line["do"] == "run":
                self._run(line, fds)
            line, fds = _receive(self._control)
        socket.send_fds(server, [json.dumps(line).encode() + b"\n"], fds)

    def _run(self, line: dict[str, Any], fds: list[int]) -> None:
        fence, calls = self._fence(tuple(line["protected"]), line["device"]), self._calls()
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            _live(fds, fence, calls, self._scratch, server)
        for fd in fds:
            os.close(fd)
        self._say(started=pid)
        status, peak_kb = self._wait(pid)
        gone = kill_children(SWEEP_S)
        self._say(ended=status, peak_kb=peak_kb)
        self._say(clean=_emptied(self._scratch) and gone)

    def _wait(self, pid: int) -> tuple[int, int]:
        """Wait for the job's process to end, or for the judge to end it; returns its wait status and peak memory."""
        while (ended := _ended(pid)) is None:
            readable, _, _ = select.select([self._control.fileno(), self._wake], [], [], LOOK_S)
            # No limit of the kernel's holds for all files together, so they are looked at.
            if not readable and _overfull(self._scratch):
                kill_group(pid)
            if self._wake in readable:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake, 4096)
            if self._control.fileno() in readable:
                kill_group(pid)
                try:
                    _receive(self._control)
                except EOFError:
                    kill_children(SWEEP_S)
                    raise
        return ended

    def _fence(self, protected: tuple[str, ...], device: str) -> Fence:
        from torch_judge.isolate.limits import build_fence
        from torch_judge.isolate.paths import allowed_paths

        key = (device, *protected)
        if key not in self._fences:
            self._fences[key] = build_fence(allowed_paths(protected, device), self._scratch)
        return self._fences[key]

    @functools.cache  # noqa: B019 (there is one server in its process)
    def _calls(self) -> CallFilter:
        from torch_judge.isolate.calls import build_call_filter

        return build_call_filter()

    def _say(self, **words: Any) -> None:
        self._control.sendall(json.dumps(words).encode() + b"\n")


def _receive(control: socket.socket) -> Request:
    """The next line and the descriptors that came with it. Raises EOFError."""
    data, fds, _, _ = socket.recv_fds(control, 1 << 16, DESCRIPTORS)
    while data and not data.endswith(b"\n"):
        data += control.recv(1 << 16)
    if not data:
        raise EOFError
    # A "kill" that came too late, for a job that had ended by itself, may stand before it.
    return json.loads(data.splitlines()[-1]), list(fds)


def warm_up() -> None:
    """Import what a job would import, so that the fork has it; run no operator, which would start threads."""
    import importlib

    import torch

    for name in WARM:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    torch.set_num_threads(1)
    # Asked here, before the walls: a process that cannot look at its processor computes with other last digits.
    torch.backends.cpu.get_cpu_capability()
    gc.collect()
    gc.freeze()  # the children's collector need not touch, and so copy, what all share


WARM = (
    "numpy", "numpy.random", "safetensors.torch", "torch.nn.functional", "torch.testing",
    "numpy.ctypeslib", "torch.fx.experimental.symbolic_shapes",  # the first autograd.grad imports it, and sympy: 0.3 s
    "torch_judge.authoring", "torch_judge.meters", "torch_judge.cases.compare", "torch_judge.isolate.child",
)  # fmt: skip


def _prepare(forbidden: list[str]) -> None:
    """Find what is forbidden, here, where the next copy will find it found."""
    from torch_judge.guard.copies import originals
    from torch_judge.guard.libraries import plan

    originals(plan(tuple(forbidden)).functions)


def _take_away(forbidden: list[str]) -> None:
    from torch_judge.guard.absent import take_away
    from torch_judge.guard.libraries import plan

    take_away(plan(tuple(forbidden)))
    gc.collect()
    gc.freeze()


def _live(fds: list[int], fence: Fence, calls: CallFilter, scratch: str, server: int) -> NoReturn:
    try:
        from torch_judge.isolate.child import live

        live(fds, fence, calls, scratch, server)
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


def _overfull(scratch: str) -> bool:
    from torch_judge.isolate.scratch import overfull

    return overfull(scratch)


def _emptied(scratch: str) -> bool:
    from torch_judge.isolate.scratch import empty_scratch

    try:
        return empty_scratch(scratch)
    except OSError:
        return False


if __name__ == "__main__":
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        main()
    os._exit(0)
