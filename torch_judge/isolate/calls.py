"""Which system calls a learner's process may not make: what Landlock does not cover, and what no building block needs.

They fail with EPERM, so that a clumsy program reads an error. Threads may be started, processes may not: what limits
one process limits the whole job.
"""

from __future__ import annotations

import errno
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch_judge.isolate.kernel import LINUX

if TYPE_CHECKING:
    from seccompy import Filter

DENIED = {
    "a process of its own": "fork vfork execve execveat",
    "other processes": """
        ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_open pidfd_getfd
        pidfd_send_signal move_pages migrate_pages setpriority ioprio_set sched_setscheduler sched_setparam
        sched_setattr""",
    "sockets": """
        socket socketpair connect bind listen accept accept4 sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg
        setsockopt""",
    "memory that is in no file and outlives a process, or that no limit counts": """
        shmget shmat shmctl shmdt semget semop semtimedop semctl msgget msgsnd msgrcv msgctl mq_open mq_unlink
        mq_timedsend mq_timedreceive mq_notify mq_getsetattr add_key request_key keyctl memfd_create memfd_secret
        io_setup io_submit""",
    "ways around the kernel's own checks": """
        io_uring_setup io_uring_enter io_uring_register userfaultfd bpf perf_event_open modify_ldt personality
        name_to_handle_at open_by_handle_at lookup_dcookie""",
    "namespaces and mounts": """
        unshare setns mount umount2 pivot_root chroot move_mount open_tree open_tree_attr fsopen fsconfig fsmount fspick
        mount_setattr statmount listmount listns""",
    "what belongs to files": """
        chmod fchmod fchmodat fchmodat2 chown lchown fchown fchownat utime utimes futimesat utimensat setxattr lsetxattr
        fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat file_setattr""",
    "the machine": """
        reboot swapon swapoff quotactl quotactl_fd acct syslog sethostname setdomainname settimeofday clock_settime
        adjtimex clock_adjtime init_module finit_module delete_module kexec_load kexec_file_load iopl ioperm vhangup
        fanotify_init""",
}

_CLONE_THREAD = 0x1_0000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_X32 = 0x4000_0000
_ONLY_X32 = range(512, 548)


@dataclass(frozen=True)
class CallFilter:
    """The filter, compiled once by the server and entered by each of its children; or why there is none."""

    filter: Filter | None
    missing: str | None = None

    def enter(self) -> str | None:
        """Put it around this process and all its threads to come; returns the sentence that says what is missing."""
        if self.filter is None:
            return self.missing
        try:
            self.filter.load()
        except OSError as error:
            return _missing(str(error))
        return None


def build_call_filter() -> CallFilter:
    """The filter for this machine: x86-64 and 64-bit Arm have one."""
    if not LINUX:
        return CallFilter(None)  # the fence says what is missing
    try:
        import seccompy

        if not seccompy.supported():
            return CallFilter(None, _missing("this kernel has no seccomp"))
        calls = _filled(seccompy.Filter())
        calls.program  # noqa: B018 (compiled here, once, and not in every child)
    except (ImportError, OSError) as error:
        return CallFilter(None, _missing(str(error)))
    return CallFilter(calls)


def _filled(calls: Filter) -> Filter:
    from seccompy import ArgCmp, CmpOp, syscall_nr

    numbers = []
    for name in " ".join(DENIED.values()).split():
        try:
            numbers.append(syscall_nr(name))
        except ValueError:  # 64-bit Arm has no fork, chmod, …: only their successors
            continue
    for number in numbers:
        calls.errno(number, errno.EPERM)
    # libc starts a thread with clone3, whose flags no filter can read; where there is none, with clone.
    calls.errno("clone3", errno.ENOSYS)
    calls.errno("clone", errno.EPERM, args=[ArgCmp(0, CmpOp.MASKED_EQ, 0, _CLONE_THREAD)])
    for name in ("prlimit64", "sched_setaffinity"):  # its own (0) it may lower
        calls.errno(name, errno.EPERM, args=[ArgCmp(0, CmpOp.NE, 0)])
    for option in (_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE):  # it dies with its server, which sees its open files
        calls.errno("prctl", errno.EPERM, args={0: option})
    if platform.machine().lower() in ("x86_64", "amd64"):
        # The same kernel answers calls of another numbering, if it was built so: none of them either.
        for number in {*numbers, *map(syscall_nr, ("clone", "clone3", "prlimit64", "prctl")), *_ONLY_X32}:
            calls.errno(_X32 | number, errno.EPERM)
    return calls


def _missing(why: str) -> str:
    return f"System calls are not filtered: {why}."
