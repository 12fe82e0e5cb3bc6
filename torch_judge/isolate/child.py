"""The life of a learner's process: walls, cases, the learner's program, observations, and out through os._exit."""

from __future__ import annotations

import dataclasses
import os
import random
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

import numpy
import torch

from torch_judge.cases.authoring import Case, cases_of, weighings_of
from torch_judge.cases.frames import CASES_FILE, exception_info
from torch_judge.cases.observations import Seen
from torch_judge.errors import JudgeError
from torch_judge.guard.copies import Originals, Own, hook_against
from torch_judge.guard.patches import patched_in_torch
from torch_judge.isolate import framing, wire
from torch_judge.isolate.calls import CallFilter
from torch_judge.isolate.jobs import Job, decode_job
from torch_judge.isolate.limits import Fence, Walled, apply_walls, limit_processor, own_session
from torch_judge.isolate.program import EXECUTES, load
from torch_judge.observe import Setting, observe
from torch_judge.report import Violation

KEPT = ("CUDA_VISIBLE_DEVICES", "LANG", "OMP_NUM_THREADS")
OUT_OF_MEMORY = ("DefaultCPUAllocator", "can't allocate memory", "Cannot allocate memory")

Send = Callable[[int, bytes], None]
Cases = Sequence[Case] | Exception
"""What a cases.py defines, or why it cannot be executed."""


@dataclasses.dataclass(frozen=True)
class Shared:
    """What the copy of the server has ready for all its jobs. ``originals`` tell copies of what it has taken away."""

    fence: Fence
    calls: CallFilter
    originals: Originals | None
    server: int


def made_cases(problem: str, source: str) -> Cases:
    """Execute a cases.py."""
    filename = CASES_FILE.format(problem)
    names: dict[str, Any] = {"__name__": f"cases of {problem}", "__file__": filename}
    try:
        exec(compile(source, filename, "exec", dont_inherit=True), names)
        return (*cases_of(names), *(weighing.case for weighing in weighings_of(names)))
    except Exception as error:
        return error


def live(fds: Sequence[int], cases: Cases, shared: Shared) -> None:
    """Do one job and end the process. Called right after the fork."""
    own_session()
    job_fd, result_fd, go_fd = fds
    _close_all_but(*fds, *shared.fence.rulesets)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with open(job_fd, "rb") as file:
        job, key = decode_job(file.read())
    send = _sender(result_fd, key)
    at_fault = "problem"
    try:
        cases = _wanted(cases, job)
        at_fault = "judge"
        # Nobody has touched a GPU or started a thread before this line, here or in the server: the fork is safe.
        walled = Walled(job.limits, len(job.seeds), job.device, shared.fence, shared.calls, shared.server)
        missing = apply_walls(walled)
    except Exception as error:
        send(framing.FAULT, wire.encode_texts([at_fault, f"{type(error).__name__}: {error}"]))
        return
    if shared.originals:
        files = {file.path: file.text for file in job.program.files}
        sys.addaudithook(hook_against(shared.originals, job.forbidden, Own(EXECUTES, files)))
    send(framing.READY, wire.encode_texts(missing))
    candidate, loaded = load(job.program, job.entry, min(job.limits.wall_s / 4, job.limits.cpu_s / 2))
    send(framing.LOADED, wire.encode_loaded(loaded))
    if loaded.missing is None:
        replaced: set[str] = set()
        for place, seed in enumerate(job.seeds):
            if place and os.read(go_fd, 1) != b"+":
                break  # what the judge saw so far is enough
            limit_processor(job.limits, len(job.seeds), place + 1)
            _observe(job, seed, cases, candidate, replaced, send)
    send(framing.END, b"")
    os._exit(0)


def _close_all_but(*kept: int) -> None:
    """Close every descriptor but ``kept`` and the standard ones, which the server has on /dev/null."""
    low = 3
    os.dup2(1, 2)  # the server's own standard error tells the judge why it did not start
    for fd in (*sorted(kept), os.sysconf("SC_OPEN_MAX")):
        os.closerange(low, fd)
        low = fd + 1


def own_surroundings(scratch: str) -> None:
    """What a program finds around it: little, and the same for each. Called once, for all jobs to come."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    own = {"PATH": os.defpath, "HOME": scratch, "TMPDIR": scratch, "MPLBACKEND": "agg", "MPLCONFIGDIR": scratch}
    os.environ.clear()
    os.environ.update({"LANG": "C.UTF-8", **kept, **own})
    os.chdir(scratch)
    os.umask(0o077)
    tempfile.tempdir = scratch
    sys.argv = ["program"]
    sys.dont_write_bytecode = True
    # A program that draws numbers while it loads does so alike each time; torch's own seed is fixed anyway.
    random.seed(0)
    numpy.random.seed(0)
    torch.set_num_threads(1)


def _sender(fd: int, key: bytes) -> Send:
    me = os.getpid()

    def send(kind: int, payload: bytes) -> None:
        if os.getpid() != me:
            os._exit(1)  # the learner's code forked, and this is the copy
        framing.write_frame(fd, kind, payload, key)

    return send


def _wanted(cases: Cases, job: Job) -> tuple[Case, ...]:
    if isinstance(cases, Exception):
        raise cases
    by_name = {case.name: case for case in cases}
    return tuple(by_name[name] for name in job.case_names)


def _observe(job: Job, seed: int, cases: tuple[Case, ...], candidate: Any, replaced: set[str], send: Send) -> None:
    setting = Setting(job.problem, seed, job.device, job.forbidden, job.limits.case_s, taken_away=True)
    done = 0
    while done < len(cases):
        try:
            for seen in observe(cases[done:], candidate, setting):
                if done in (0, len(cases) - 1):
                    seen = _with_replaced(seen, replaced)
                _send_seen(seen, job, send)
                done += 1
        except BaseException as error:
            # Code of ours stumbled over what the learner's code left behind: a failure belongs to its case.
            stopped = str(error) if isinstance(error, JudgeError) else ""
            _send_seen(Seen(cases[done].name, exception=exception_info(error), stopped=stopped), job, send)
            done += 1


def _with_replaced(seen: Seen, known: set[str]) -> Seen:
    """With the functions of torch that the learner's code replaced, as evidence like any other."""
    new = sorted(set(patched_in_torch()) - known)
    known.update(new)
    return dataclasses.replace(seen, evidence=(*seen.evidence, *(Violation(name, "patched") for name in new)))


def _send_seen(seen: Seen, job: Job, send: Send) -> None:
    error = seen.exception
    if error and (error.type == "MemoryError" or any(sign in error.message for sign in OUT_OF_MEMORY)):
        seen = dataclasses.replace(seen, stopped=f"ran out of memory (limit {job.limits.memory_mb} MB)")
    data = wire.encode_seen(seen)
    if too_much := wire.too_large(data):
        data = wire.encode_seen(Seen(seen.case, stopped=too_much))
    send(framing.SEEN, data)
