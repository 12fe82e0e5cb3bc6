"""What the server and its copies hear from the judge, and say to it: lines of JSON over a socket, with descriptors."""

from __future__ import annotations

import json
import socket
from typing import Any

DESCRIPTORS = 3

Request = tuple[dict[str, Any], list[int]]


def receive(control: socket.socket) -> Request:
    """The next line and the descriptors that came with it. Raises EOFError."""
    data, fds, _, _ = socket.recv_fds(control, 1 << 16, DESCRIPTORS)
    while data and not data.endswith(b"\n"):
        data += control.recv(1 << 16)
    if not data:
        raise EOFError
    # A "kill" that came too late, for a job that had ended by itself, may stand before it.
    return json.loads(data.splitlines()[-1]), list(fds)


def pass_on(control: socket.socket, request: Request) -> None:
    """Send a line and its descriptors to another process of ours."""
    line, fds = request
    socket.send_fds(control, [json.dumps(line).encode() + b"\n"], fds)


def say(control: socket.socket, **words: Any) -> None:
    """Say a line to the judge."""
    control.sendall(json.dumps(words).encode() + b"\n")
