"""The judge's hold on the server: starts it, hands it jobs, hears how they ended, and survives its death."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from torch_judge.errors import JudgeError
from torch_judge.isolate.family import kill_group
from torch_judge.isolate.jobs import Job
from torch_judge.isolate.scratch import new_scratch, remove_scratch

START_S = 120.0
CLEAN_S = 90.0
CLOSE_S = 10.0
KEPT = (
    *("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "CUDA_VISIBLE_DEVICES"),
    "ATEN_CPU_CAPABILITY",  # both sides must draw the same bits
)
OWN = {
    "LANG": "C.UTF-8",
    # A freed tensor goes back to the system at once: holes in the heap would weigh as much as what is really held.
    "MALLOC_MMAP_THRESHOLD_": str(1 << 20),
    "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",  # macOS ends a forked process otherwise
    "PYTHONHASHSEED": "0",  # the order of a learner's sets must not differ from run to run
    "PYTHONDONTWRITEBYTECODE": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


class ServerGone(Exception):
    """The server has ended or does not answer."""


class Client:
    """A running server. Starting it does not wait until it is ready; the first job does."""

    def __init__(self) -> None:
        self.scratch = new_scratch()
        self.job: int | None = None
        self._dirty = False
        self.missing: tuple[str, ...] | None = None
        self._heard = b""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the server)
        self.control, theirs = socket.socketpair()
        command = [sys.executable, "-P", "-m", "torch_judge.isolate.server", str(theirs.fileno()), self.scratch]
        with theirs:
            self._process = subprocess.Popen(
                command,
                env=_environment(),
                cwd="/",
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                start_new_session=True,
            )

    def wait_ready(self) -> tuple[str, ...]:
        """Wait for the server to have imported all; returns which of its walls are missing. Raises JudgeError."""
        if self.missing is None:
            try:
                self.missing = tuple(self.hear(time.monotonic() + START_S)["missing"])
            except ServerGone:
                raise JudgeError(
                    f"The separate process for submissions does not start: {self._last_words()}",
                    f"Try `{sys.executable} -c 'import torch_judge.isolate.child'`.",
                ) from None
        return self.missing

    def submit(self, fds: Sequence[int], job: Job) -> None:
        """Hand over a job's descriptors, once `wait_clean` returned. Raises ServerGone."""
        told = {"protected": job.protected, "device": job.device, "forbidden": job.forbidden}
        cases = {"cases": [job.problem, job.cases_source]}
        line = json.dumps({"do": "run", **told, **cases}).encode() + b"\n"
        try:
            socket.send_fds(self.control, [line], list(fds))
        except OSError as error:
            raise ServerGone from error
        self.job = self.hear(time.monotonic() + START_S)["started"]
        self._dirty = True

    def wait_clean(self) -> None:
        """Wait until nothing of the last job is left. Raises ServerGone if that fails."""
        if self._dirty and not self.hear(time.monotonic() + CLEAN_S)["clean"]:
            raise ServerGone
        self._dirty = False

    def kill_job(self) -> None:
        """Ask the server to end the job now; it will say "ended" as always."""
        try:
            self.control.sendall(b'{"do": "kill"}\n')
        except OSError as error:
            raise ServerGone from error

    def hear(self, deadline: float) -> dict[str, Any]:
        """The server's next line. Raises ServerGone if there is none by ``deadline``."""
        while b"\n" not in self._heard:
            ready, _, _ = select.select([self.control], [], [], max(0.0, deadline - time.monotonic()))
            try:
                data = self.control.recv(1 << 16) if ready else b""
            except OSError:
                data = b""
            if not data:
                raise ServerGone
            self._heard += data
        line, _, self._heard = self._heard.partition(b"\n")
        return dict(json.loads(line))

    def close(self) -> None:
        """End the server and whatever it runs, and remove the scratch folder."""
        self.control.close()  # the server ends its job, if any, and itself
        try:
            self._process.wait(CLOSE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self.job is not None:
            kill_group(self.job)
        self._errors.close()
        remove_scratch(self.scratch)

    def _last_words(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)  # its end of the socket closes a little before it is gone
        code = self._process.poll()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        if lines:
            return lines[-1]
        if code is None:
            return f"it was not ready after {START_S:g} s"
        return signal.Signals(-code).name if code < 0 else f"exit status {code}"


def _environment() -> dict[str, str]:
    """As little as possible, and the way to the modules that this process can import."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    return {**kept, **OWN, "PYTHONPATH": path}
