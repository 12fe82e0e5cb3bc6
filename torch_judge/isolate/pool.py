"""A pool of clerks: processes of ours, each of which answers one request after the other, in lines of JSON.

A clerk that dies costs the request that it worked on one retry, by another. What a clerk does is its module's business:
`python -P -m MODULE FD` reads a line with the greeting, then requests, and writes an answer for each.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import socket
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any

TRIES = 2
SILENCE_S = 600.0
"""A clerk that says nothing for so long hangs: every job of its own has a limit far below."""
CLOSE_S = 15.0
AHEAD = 4

Message = dict[str, Any]


class ClerkGone(Exception):
    """A clerk died or hung while it worked on a request, and so did the next."""


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Pool:
    """``workers`` clerks (default: one a processor), started when first needed. Use it as a context manager."""

    def __init__(self, module: str, greeting: Message, workers: int | None = None) -> None:
        self.workers = max(1, workers or processors())
        self.window = AHEAD * self.workers
        """How many requests to hand in at once: enough to keep every clerk busy, and no more in memory."""
        self._start = module, greeting
        self._idle: queue.SimpleQueue[_Clerk | None] = queue.SimpleQueue()
        for _ in range(self.workers):
            self._idle.put(None)
        self._threads = ThreadPoolExecutor(self.workers, "clerk")
        self._clerks: set[_Clerk] = set()
        self._closed = False

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self.close(now=kind is not None)

    def submit(self, request: Message) -> Future[Message]:
        """Ask for an answer. The future raises ClerkGone if two clerks in a row died over it."""
        return self._threads.submit(self._answer, request)

    def close(self, now: bool = False) -> None:
        """End the clerks. What was not begun is not done; what was begun is waited for, unless it must end ``now``."""
        self._closed = True
        for clerk in tuple(self._clerks) if now else ():
            clerk.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for clerk in tuple(self._clerks):
            self._end(clerk)

    def _answer(self, request: Message) -> Message:
        clerk = self._idle.get()
        try:
            for _ in range(TRIES):
                if self._closed:
                    break
                clerk = clerk or self._new()
                try:
                    return clerk.answer(request)
                except OSError:
                    self._end(clerk)
                    clerk = None
            raise ClerkGone
        finally:
            self._idle.put(clerk)

    def _new(self) -> _Clerk:
        clerk = _Clerk(*self._start)
        self._clerks.add(clerk)
        return clerk

    def _end(self, clerk: _Clerk) -> None:
        self._clerks.discard(clerk)
        clerk.close()


class _Clerk:
    def __init__(self, module: str, greeting: Message) -> None:
        ours, theirs = socket.socketpair()
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        # One thread each: there is a clerk for every processor.
        own = {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", module, str(theirs.fileno())],
                env={**os.environ, **own},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is the judge's to hear
            )
        ours.settimeout(SILENCE_S)
        self._socket, self._lines = ours, ours.makefile("rb")
        with contextlib.suppress(OSError):  # one that does not start is noticed with its first request
            self._say(greeting)

    def answer(self, request: Message) -> Message:
        """Raises OSError if the clerk died or hangs."""
        self._say(request)
        line = self._lines.readline()
        if not line.endswith(b"\n"):
            raise ConnectionResetError
        return dict(json.loads(line))

    def close(self) -> None:
        """The clerk ends when it hears no more, and its server with it."""
        self._lines.close()
        self._socket.close()
        try:
            self._process.wait(CLOSE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """End it in the middle of its work. Its server sees that, and ends itself and its job."""
        self._process.kill()

    def _say(self, message: Message) -> None:
        self._socket.sendall(json.dumps(message).encode() + b"\n")
