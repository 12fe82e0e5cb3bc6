"""The walls around a learner's process. Each is applied in the process itself, before the learner's code runs.

A wall returns None, or the sentence that says what is missing on this machine.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

from torch_judge.isolate import kernel
from torch_judge.isolate.calls import CallFilter
from torch_judge.isolate.jobs import Limits
from torch_judge.isolate.kernel import LINUX
from torch_judge.isolate.paths import Allowed

if sys.platform != "win32":
    import resource

OPEN_FILES = 256
SPARE_PROCESSES = 256


@dataclass(frozen=True)
class Fence:
    """Landlock rulesets, built once by the server and entered by each of its children. ``missing`` says what is not."""

    rulesets: tuple[int, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Walled:
    """What the walls of one job need to know."""

    limits: Limits
    seeds: int
    device: str
    fence: Fence
    calls: CallFilter
    server: int


def apply_walls(walled: Walled) -> list[str]:
    """Put up every wall; returns the sentences of those that are missing."""
    return [missing for wall in WALLS if (missing := wall(walled))]


def limit_processor(limits: Limits, seeds: int, begun: int = 1) -> None:
    """Limit the processor time to that of the seeds which have ``begun``; it can be raised to that of all ``seeds``."""
    cap(resource.RLIMIT_CPU, limits.cpu_s * begun, limits.cpu_s * seeds + 1)


def own_session() -> None:
    """Leave the session, so that the whole group can be killed at once."""
    os.setsid()


def _die_with_server(walled: Walled) -> str | None:
    if LINUX:
        kernel.die_with_parent(signal.SIGKILL)
        if os.getppid() != walled.server:
            os._exit(1)
    return None


def _resources(walled: Walled) -> str | None:
    cap(resource.RLIMIT_CORE, 0)
    limit_processor(walled.limits, walled.seeds)
    cap(resource.RLIMIT_FSIZE, walled.limits.file_mb << 20)
    cap(resource.RLIMIT_NOFILE, OPEN_FILES)
    return None


def _processes(_: Walled) -> str | None:
    # The limit counts all threads of the user, so it must lie above what runs already. It does not hold for root.
    with contextlib.suppress(OSError, ValueError, IndexError):
        with open("/proc/loadavg", "rb") as file:
            running = int(file.read().split()[3].split(b"/")[1])
        cap(resource.RLIMIT_NPROC, running + SPARE_PROCESSES)
    return None


def _memory(walled: Walled) -> str | None:
    if not LINUX:
        return "Memory is not limited on this system."
    if walled.device != "cpu":
        return "Memory is not limited where a GPU is used: its driver reserves more addresses than there is memory."
    with open("/proc/self/statm", "rb") as file:
        size = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    cap(resource.RLIMIT_AS, size + (walled.limits.memory_mb << 20))
    return None


def _fence(walled: Walled) -> str | None:
    if LINUX:
        kernel.restrict_self(walled.fence.rulesets)
    return " ".join(walled.fence.missing) or None


def _capabilities(_: Walled) -> str | None:
    kernel.drop_capabilities()
    return None


def _system_calls(walled: Walled) -> str | None:
    return walled.calls.enter()


WALLS: tuple[Callable[[Walled], str | None], ...] = (
    _die_with_server, _resources, _processes, _memory, _fence, _capabilities, _system_calls,
)  # fmt: skip


def build_fence(allowed: Allowed, scratch: str) -> Fence:
    """The Landlock rulesets: files as ``allowed`` says and the scratch folder; no TCP; no signals to the outside."""
    if not LINUX:
        return Fence((), ("Files and network are not walled off: that needs Landlock, which only Linux has.",))
    try:
        from landlock import landlock_abi_version

        ctypes.set_errno(0)
        version = landlock_abi_version()
        files = _file_ruleset(allowed, scratch)
        outer = kernel.outer_ruleset(version)
    except (ImportError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        return Fence((), (f"Files, network and signals are not walled off: Landlock is not available ({reason}).",))
    missing = []
    if version < 4:
        missing.append("TCP connections are not walled off: that needs Linux 6.7.")
    if version < 6:
        missing.append("Signals to other processes are not walled off: that needs Linux 6.12.")
    return Fence((files, *outer), tuple(missing))


def _file_ruleset(allowed: Allowed, scratch: str) -> int:
    from landlock import FSAccess, Ruleset

    ctypes.set_errno(0)  # the package takes a stale errno for a failure
    rules = Ruleset()
    look = FSAccess.READ_FILE | FSAccess.READ_DIR
    device = FSAccess.READ_FILE | FSAccess.WRITE_FILE | (FSAccess.all_file() & FSAccess.IOCTL_DEV)
    for path in allowed.read:
        _allow(rules, path, look if os.path.isdir(path) else FSAccess.READ_FILE)
    for path in allowed.listed:
        _allow(rules, path, FSAccess.READ_DIR)
    for path in allowed.write:
        _allow(rules, path, device)
    # No EXECUTE anywhere: a learner's process starts no program.
    special = FSAccess.EXECUTE | FSAccess.MAKE_CHAR | FSAccess.MAKE_BLOCK | FSAccess.IOCTL_DEV
    _allow(rules, scratch, FSAccess.all() & ~special)
    return int(rules._fd)


def _allow(rules: object, path: str, access: int) -> None:
    ctypes.set_errno(0)
    # A file that is no longer there needs no rule.
    with contextlib.suppress(FileNotFoundError, PermissionError):
        rules.allow(path, rules=access)  # type: ignore[attr-defined]


def cap(which: int, soft: int, hard: int | None = None) -> None:
    """Set a resource limit, never above the one that holds already."""
    ceiling = resource.getrlimit(which)[1]
    hard = soft if hard is None else hard
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(which, (soft, hard))
