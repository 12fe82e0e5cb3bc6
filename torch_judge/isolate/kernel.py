"""System calls that Python has no name for. Imports no torch: some only work while the process has one thread."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import struct
import sys
from collections.abc import Callable
from functools import lru_cache

LINUX = sys.platform == "linux"

_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 24, 36, 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x1000_0000, 0x4000_0000
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_CAPABILITIES = 64
_MADV_COLLAPSE = 25
_ANONYMOUS = re.compile(r" rw-p 0+ 00:00 0 +(\[heap\])?\n")
"""In /proc/self/maps, what is backed by no file; the stack is left alone."""
_BIND_AND_CONNECT, _SOCKETS_AND_SIGNALS = 0b11, 0b11


def outer_ruleset(version: int) -> list[int]:
    """A Landlock ruleset that the package cannot express yet: no TCP (version 4), no signals to the outside (6)."""
    if version < 4:
        return []
    attributes = struct.pack("=QQQ", 0, _BIND_AND_CONNECT, _SOCKETS_AND_SIGNALS)
    ruleset = _libc().syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(24 if version >= 6 else 16), 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "Landlock makes no ruleset")
    return [ruleset]


def restrict_self(rulesets: tuple[int, ...]) -> None:
    """Enter Landlock rulesets for good, and close them. Raises OSError if the kernel refuses."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    for ruleset in rulesets:
        if _libc().syscall(_RESTRICT_SELF, ruleset, 0) != 0:
            raise OSError(ctypes.get_errno(), "Landlock refuses its ruleset")
        os.close(ruleset)


def die_with_parent(signal: int) -> None:
    """Ask for ``signal`` when the parent ends."""
    if LINUX:
        _prctl(_PR_SET_PDEATHSIG, signal)


def adopt_orphans() -> None:
    """Become the parent of every descendant that loses its own, so that none escapes the clean-up."""
    if LINUX:
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def drop_capabilities() -> None:
    """Give up root's privileges: limits cannot be raised again, nothing mounted, no other user's process touched."""
    if LINUX:
        for number in range(_CAPABILITIES):
            _prctl(_PR_CAPBSET_DROP, number)
        version_3_of_this_process = struct.pack("=Ii", 0x2008_0522, 0)
        _libc().capset(version_3_of_this_process, bytes(24))


def use_huge_pages() -> None:
    """Gather this process's own memory in huge pages, where the kernel can (6.1).

    A fork copies the table of pages and an end gives it back, entry by entry: with small pages that is most of what a
    job costs the system.
    """
    if not LINUX:
        return
    with contextlib.suppress(OSError, ValueError):
        with open("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", encoding="ascii") as file:
            size = int(file.read())
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
            own = [line.split()[0] for line in file if _ANONYMOUS.search(line)]
        for ends in own:
            start, end = (int(end, 16) for end in ends.split("-"))
            start, end = -(-start // size) * size, end // size * size
            if start < end:
                _libc().madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_COLLAPSE)


def leave_network() -> str | None:
    """Move this process into a network of its own, where there is nothing to reach. Needs a single thread.

    Returns None, or the sentence that says what is missing.
    """
    if not LINUX or _libc().unshare(_CLONE_NEWNET) == 0:
        return None  # elsewhere the fence says it
    if os.getuid() == 0 or not _works_in_fork(_own_user_and_network):
        return "Network other than TCP is not walled off: that needs network namespaces."
    _own_user_and_network()
    return None


def _own_user_and_network() -> None:
    user, group = os.getuid(), os.getgid()
    if _libc().unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "no user namespace")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def _works_in_fork(action: Callable[[], None]) -> bool:
    """Whether ``action`` works, tried in a process that then ends: half a namespace cannot be undone."""
    pid = os.fork()
    if pid == 0:
        try:
            action()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


@lru_cache(maxsize=1)
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, value: int) -> None:
    _libc().prctl(option, ctypes.c_ulong(value), 0, 0, 0)
