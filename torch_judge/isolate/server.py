"""The small process behind every learner's process: torch imported, one thread.

``python -m torch_judge.isolate.server FD SCRATCH``, started by `torch_judge.isolate.client`. It speaks lines of JSON
over the socket FD: a job's three descriptors (the job, its answer, and a pipe on which the judge asks for the next
seed) come with a "run" line, "kill" ends the job early, and its answers are
"ready", "started", "ended" and "clean". It reads neither jobs nor results: nothing of one learner's is there for the
next.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys

from torch_judge.isolate import kernel
from torch_judge.isolate.control import Request, pass_on, receive, say


def main() -> None:
    """Serve until the judge closes the socket."""
    control = socket.socket(fileno=int(sys.argv[1]))
    # Before torch is imported: a user namespace can only be entered by a process of a single thread.
    missing = kernel.leave_network()
    kernel.adopt_orphans()
    Server(control, sys.argv[2]).serve([missing] if missing else [])


class Server:
    """Has a copy of itself do the jobs that forbid the same, and another the next that forbid something else.

    To take away what is forbidden costs as much as a job's cases do, and the next job mostly forbids the same.
    """

    def __init__(self, control: socket.socket, scratch: str) -> None:
        self._control = control
        self._scratch = scratch
        # A signal handler of Python's own makes SIGCHLD readable on this pipe.
        self._wake, wake = os.pipe()
        for fd in (self._wake, wake):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self, missing: list[str]) -> None:
        """Import what every job needs, then do jobs one after the other."""
        from torch_judge.isolate.warm import warm_up

        warm_up()
        say(self._control, ready=True, missing=missing)
        request = receive(self._control)
        while True:
            request = self._by_a_copy(request) if request[0]["do"] == "run" else receive(self._control)

    def _by_a_copy(self, request: Request) -> Request:
        """Have a copy of this process do a job and those that forbid the same; returns the first that does not."""
        from torch_judge.isolate.forking import prepare

        prepare(request[0]["forbidden"])
        server = os.getpid()
        ours, theirs = socket.socketpair()
        if os.fork() == 0:
            with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
                ours.close()
                kernel.adopt_orphans()
                kernel.die_with_parent(signal.SIGKILL)
                if os.getppid() == server:
                    self._serve_alike(request, theirs)
            os._exit(0)
        theirs.close()
        for fd in request[1]:
            os.close(fd)
        with ours:
            return receive(ours)  # its end, if the copy was killed or the judge has closed the socket

    def _serve_alike(self, request: Request, server: socket.socket) -> None:
        from torch_judge.isolate.forking import Copy

        copy = Copy(self._control, self._scratch, self._wake, request[0]["forbidden"])
        pass_on(server, copy.serve(request))


if __name__ == "__main__":
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        main()
    os._exit(0)
