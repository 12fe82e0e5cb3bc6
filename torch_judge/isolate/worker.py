"""Runs jobs in the separate process and says of every case what came of it, whatever the learner's code did."""

from __future__ import annotations

import os
import selectors
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from types import TracebackType

from torch_judge.cases.observations import Seen
from torch_judge.errors import JudgeError
from torch_judge.isolate.client import Client, ServerGone
from torch_judge.isolate.jobs import Job, Outcome, encode_job
from torch_judge.isolate.reading import GoOn, Reading, always

CHUNK = 1 << 18
KILL_S = 15.0
"""How long the server may take to end a job and to clean up after it."""
RENEWED = 2000
"""After so many jobs a server is replaced: whatever a long life gathers, it ends."""


class Worker:
    """Observes submissions, one at a time, each in a process of its own that is forked from one small server.

    Use it as a context manager, for as many jobs as you like. The server starts with the first job, unless a
    ``client`` that started one earlier is handed over: then it imports torch while the judge does.
    """

    def __init__(self, client: Client | None = None) -> None:
        self._client = client
        self._jobs = 0
        self._lock = threading.Lock()

    @staticmethod
    def available() -> str | None:
        """None, or why there can be no separate process here."""
        if not hasattr(os, "fork"):
            return "a separate, limited process for a submission needs `fork`, which Windows does not have"
        return None if sys.executable else "this Python does not know its own executable"

    def close(self) -> None:
        """End the server; a later job starts another."""
        client, self._client, self._jobs = self._client, None, 0
        if client is not None:
            client.close()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def run(self, job: Job, go_on: GoOn = always) -> Outcome:
        """Observe one submission. Whatever its code does is in the outcome, never an exception.

        ``go_on(place, seen)`` is asked after each seed but the last; where it says no, the outcome has no further run.
        Raises JudgeError if the server cannot be started, ProblemError if cases.py itself fails.
        """
        if why := self.available():
            raise JudgeError(f"Nothing can be judged apart: {why}.", "Use `check` in a notebook.")
        with self._lock:
            try:
                reading = self._run(job, go_on)
            except BaseException:
                self.close()
                raise
        return reading.outcome()

    def _run(self, job: Job, go_on: GoOn) -> Reading:
        client = self._ready()
        assert client.missing is not None
        self._jobs += 1
        key = os.urandom(32)
        with _Pipe() as results, _Pipe() as go, tempfile.TemporaryFile() as file:

            def answered(place: int, seen: Sequence[Seen]) -> bool:
                wanted = go_on(place, seen)
                os.write(go.into, b"+" if wanted else b"-")
                return wanted

            reading = Reading(job, key, client.missing, answered)
            file.write(encode_job(job, key))
            file.seek(0)
            try:
                client.submit((file.fileno(), results.into, go.out), job)
                results.close_into()
                _follow(client, results.out, reading, job.limits.wall_s)
            except ServerGone:
                reading.server_gone = True
        if reading.server_gone:
            self.close()
        return reading

    def _ready(self) -> Client:
        """A server that is ready for a job: another one, if the last job left this one's in disorder."""
        if self._jobs >= RENEWED:
            self.close()
        self._client = self._client or Client()
        self._client.wait_ready()
        try:
            self._client.wait_clean()
        except ServerGone:
            self.close()
            return self._ready()
        return self._client


class _Pipe:
    """A pipe that is closed with its block."""

    def __init__(self) -> None:
        self.out, self.into = os.pipe()

    def __enter__(self) -> _Pipe:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.out)
        self.close_into()

    def close_into(self) -> None:
        """Keep only the end to read from, which then hears when the other side is done."""
        into, self.into = self.into, -1
        if into >= 0:
            os.close(into)


def _follow(client: Client, results: int, reading: Reading, wall_s: float) -> None:
    """Read what the job sends until the server says that it ended; end it when it overruns. Raises ServerGone.

    Each seed that is wanted adds ``wall_s`` to what the job may take.
    """
    began = time.monotonic()
    deadline = began + wall_s
    os.set_blocking(results, False)
    with selectors.DefaultSelector() as selector:
        selector.register(results, selectors.EVENT_READ)
        selector.register(client.control, selectors.EVENT_READ)
        while reading.status is None:
            ready = {key.fileobj for key, _ in selector.select(max(0.0, deadline - time.monotonic()))}
            if results in ready and not _read(results, reading):
                selector.unregister(results)
            if client.control in ready:
                ended = client.hear(deadline)
                reading.status, reading.peak_kb = ended["ended"], ended["peak_kb"]
                client.job = None
            if not reading.killed:
                deadline = began + wall_s * reading.wanted
            late = time.monotonic() >= deadline
            if late and reading.killed:
                raise ServerGone
            if not reading.killed and reading.status is None:
                reading.killed = reading.why_kill()
                if late and not reading.killed:
                    reading.killed = f"the process was killed: it took more than {wall_s * reading.wanted:g} s"
                if reading.killed:
                    deadline = time.monotonic() + KILL_S
                    client.kill_job()
    while not reading.overfull and _read(results, reading):
        pass


def _read(results: int, reading: Reading) -> bool:
    """Read one piece; whether there may be more."""
    try:
        data = os.read(results, CHUNK)
    except BlockingIOError:
        return False
    reading.take(data)
    return bool(data)
