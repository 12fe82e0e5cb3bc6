"""Runs jobs in the separate process and says of every case what came of it, whatever the learner's code did."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType

from torch_judge.cases.observations import Seen
from torch_judge.errors import JudgeError, ProblemError
from torch_judge.isolate import wire
from torch_judge.isolate.client import Client, ServerGone
from torch_judge.isolate.fields import WireError
from torch_judge.isolate.jobs import Job, Limits, Outcome, encode_job

MAX_TOTAL = 256 << 20
CHUNK = 1 << 18
KILL_S = 15.0
"""How long the server may take to end a job and to clean up after it."""
GARBAGE = "the process died or sent garbage"


class Worker:
    """Observes submissions, one at a time, each in a process of its own that is forked from one small server.

    Use it as a context manager, for as many jobs as you like. The server starts with the first job, unless a
    ``client`` that started one earlier is handed over: then it imports torch while the judge does.
    """

    def __init__(self, client: Client | None = None) -> None:
        self._client = client
        self._lock = threading.Lock()

    @staticmethod
    def available() -> str | None:
        """None, or why there can be no separate process here."""
        if not hasattr(os, "fork"):
            return "a separate, limited process for a submission needs `fork`, which Windows does not have"
        return None if sys.executable else "this Python does not know its own executable"

    def close(self) -> None:
        """End the server; a later job starts another."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def run(self, job: Job) -> Outcome:
        """Observe one submission. Whatever its code does is in the outcome, never an exception.

        Raises JudgeError if the server cannot be started, ProblemError if cases.py itself fails.
        """
        if why := self.available():
            raise JudgeError(f"Nothing can be judged apart: {why}.", "Use `check` in a notebook.")
        with self._lock:
            try:
                reading = self._run(job)
            except BaseException:
                self.close()
                raise
        return reading.outcome()

    def _run(self, job: Job) -> _Reading:
        client = self._ready()
        assert client.missing is not None
        key = os.urandom(32)
        ending = _Ending(wire.FrameReader(key))
        results, theirs = os.pipe()
        try:
            with tempfile.TemporaryFile() as file:
                file.write(encode_job(job, key))
                file.seek(0)
                try:
                    client.submit(file.fileno(), theirs, job.protected, job.device)
                finally:
                    os.close(theirs)
            _follow(client, results, ending, job.limits.wall_s)
        except ServerGone:
            ending.server_gone = True
        finally:
            os.close(results)
        if ending.server_gone:
            self.close()
        return _Reading(job, ending, client.missing)

    def _ready(self) -> Client:
        """A server that is ready for a job: another one, if the last job left this one's in disorder."""
        self._client = self._client or Client()
        self._client.wait_ready()
        try:
            self._client.wait_clean()
        except ServerGone:
            self.close()
            return self._ready()
        return self._client


@dataclass
class _Ending:
    """What a job sent, and how it ended."""

    reader: wire.FrameReader
    packets: list[wire.Packet] = field(default_factory=list)
    total: int = 0
    status: int | None = None
    killed: str = ""
    garbage: bool = False
    server_gone: bool = False

    def take(self, data: bytes) -> None:
        """Take in a piece of the stream."""
        self.total += len(data)
        if self.garbage:
            return
        try:
            self.packets += self.reader.feed(data)
            if not data:
                self.reader.finish()
        except WireError:
            self.garbage = True

    def why_kill(self) -> str:
        """Why the job should end now, if it should."""
        if self.garbage:
            return GARBAGE
        return f"the process was killed: it sent more than {MAX_TOTAL >> 20} MB" if self.total > MAX_TOTAL else ""

    def sentence(self, limits: Limits) -> str:
        """Why a case did not report, for the learner."""
        if self.killed or self.garbage:
            return self.killed or GARBAGE
        if self.status is None or self.server_gone:
            return "the process and the server that started it were killed"
        code = os.waitstatus_to_exitcode(self.status)
        if code == -signal.SIGXCPU:
            return f"the process was killed: it took more than {limits.cpu_s} s of processor time"
        if code == -signal.SIGKILL:
            return "the process was killed: it took too much processor time, or the system ran out of memory"
        if code < 0:
            with contextlib.suppress(ValueError):
                return f"the process crashed ({signal.Signals(-code).name})"
        return f"the process ended by itself (exit status {code})"


def _follow(client: Client, results: int, ending: _Ending, wall_s: float) -> None:
    """Read what the job sends until the server says that it ended; end it when it overruns. Raises ServerGone."""
    deadline = time.monotonic() + wall_s
    os.set_blocking(results, False)
    with selectors.DefaultSelector() as selector:
        selector.register(results, selectors.EVENT_READ)
        selector.register(client.control, selectors.EVENT_READ)
        while ending.status is None:
            ready = {key.fileobj for key, _ in selector.select(max(0.0, deadline - time.monotonic()))}
            if results in ready and not _read(results, ending):
                selector.unregister(results)
            if client.control in ready:
                ending.status = client.hear(deadline)["ended"]
                client.job = None
            late = time.monotonic() >= deadline
            if late and ending.killed:
                raise ServerGone
            if not ending.killed and ending.status is None:
                ending.killed = ending.why_kill()
                if late and not ending.killed:
                    ending.killed = f"the process was killed: it took more than {wall_s:g} s"
                if ending.killed:
                    deadline = time.monotonic() + KILL_S
                    client.kill_job()
    while ending.total <= MAX_TOTAL and _read(results, ending):
        pass


def _read(results: int, ending: _Ending) -> bool:
    """Read one piece; whether there may be more."""
    try:
        data = os.read(results, CHUNK)
    except BlockingIOError:
        return False
    ending.take(data)
    return bool(data)


class _Reading:
    """Makes an outcome of what a job sent. Its frames have one order; anything else is garbage."""

    def __init__(self, job: Job, ending: _Ending, missing: tuple[str, ...]) -> None:
        self._job, self._ending = job, ending
        self._walls = missing
        self._loaded: wire.Loaded | None = None
        self._seen: list[Seen] = []

    def outcome(self) -> Outcome:
        """One Seen for every case, in order."""
        try:
            for at, packet in enumerate(self._ending.packets):
                self._packet(at, packet)
        except WireError:
            self._ending.garbage = True
        loaded = self._loaded or wire.Loaded()
        return Outcome(
            [*self._seen, *(Seen(name, stopped=why) for name, why in self._stopped(loaded))],
            [*loaded.notes, *self._walls],
            loaded.missing,
            loaded.error if loaded.missing is not None else None,
            loaded.output,
        )

    def _packet(self, at: int, packet: wire.Packet) -> None:
        match packet.kind, at:
            case wire.FAULT, 0:
                self._fault(wire.decode_texts(packet.payload))
            case wire.READY, 0:
                self._walls += wire.decode_texts(packet.payload)
            case wire.LOADED, 1:
                self._loaded = wire.decode_loaded(packet.payload)
            case wire.SEEN, _ if at >= 2 and len(self._seen) < len(self._job.case_names):
                seen = wire.decode_seen(packet.payload)
                if seen.case != self._job.case_names[len(self._seen)]:
                    raise WireError("the cases are out of order")
                self._seen.append(seen)
            case wire.END, _ if at >= 2:
                pass
            case _:
                raise WireError("a frame is out of order")

    def _fault(self, texts: tuple[str, ...]) -> None:
        problem, (at_fault, what) = self._job.problem, texts
        if at_fault == "problem":
            raise ProblemError(
                f"The cases of `{problem}` cannot be run apart: {what}.",
                f"Mend its cases.py: `torch-judge audit {problem}` runs them.",
            )
        raise JudgeError(f"A limit of the separate process cannot be set: {what}.", "Use `check` in a notebook.")

    def _stopped(self, loaded: wire.Loaded) -> list[tuple[str, str]]:
        """Why each case that did not report did not."""
        names = self._job.case_names[len(self._seen) :]
        if loaded.missing is not None:
            return [(name, f"not run: `{self._job.entry}` is missing") for name in names]
        why = self._ending.sentence(self._job.limits)
        if self._loaded is None:
            return [(name, f"{why} before the first case, while your code was loaded") for name in names]
        later = "not run: an earlier case ended the process"
        by_itself = why.startswith("the process ended by itself")
        first = f"{why} before this case was done" if by_itself else why
        return list(zip(names, [first, *[later] * len(names)], strict=False))
