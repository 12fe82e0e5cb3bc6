"""Frames between the judge and the process that runs a learner's code: kind, length and a keyed checksum."""

from __future__ import annotations

import hashlib
import os
import struct
from dataclasses import dataclass

from torch_judge.isolate.fields import WireError

READY, LOADED, SEEN, END, FAULT = range(1, 6)
"""Kinds of frames: walls are up; the program was executed; one case's Seen; all done; cases.py itself failed."""

MAX_FRAME = 16 << 20

_HEADER = struct.Struct(">2sBI16s")
_MAGIC = b"tj"


@dataclass(frozen=True)
class Packet:
    """One frame: its kind and its payload."""

    kind: int
    payload: bytes


def write_frame(fd: int, kind: int, payload: bytes, key: bytes = b"") -> None:
    """Write one frame whole; the checksum is keyed, so that other code in the process cannot add frames of its own."""
    data = memoryview(_HEADER.pack(_MAGIC, kind, len(payload), _checksum(kind, payload, key)) + payload)
    while data:
        data = data[os.write(fd, data) :]


class FrameReader:
    """Takes bytes as they come and gives back whole frames.

    Frames that were whole before garbage began are still given; the next call then raises.
    """

    def __init__(self, key: bytes = b"", limit: int = MAX_FRAME) -> None:
        self._key, self._limit = key, limit
        self._buffer = bytearray()
        self._broken = ""

    def feed(self, data: bytes) -> list[Packet]:
        """The frames that ``data`` completes. Raises WireError once the stream holds garbage."""
        if self._broken:
            raise WireError(self._broken)
        self._buffer += data
        packets: list[Packet] = []
        try:
            while (packet := self._next()) is not None:
                packets.append(packet)
        except WireError as error:
            self._broken = str(error)
            if not packets:
                raise
        return packets

    def finish(self) -> None:
        """The stream has ended. Raises WireError if it ended within a frame or held garbage."""
        if self._broken or self._buffer:
            raise WireError(self._broken or "the stream ended within a frame")

    def _next(self) -> Packet | None:
        start = bytes(self._buffer[: len(_MAGIC)])
        if not _MAGIC.startswith(start):
            raise WireError("a frame does not begin as frames do")
        if len(self._buffer) < _HEADER.size:
            return None
        _, kind, length, checksum = _HEADER.unpack_from(self._buffer)
        if length > self._limit:
            raise WireError(f"a frame of {length} bytes")
        if len(self._buffer) < (end := _HEADER.size + length):
            return None
        payload = bytes(self._buffer[_HEADER.size : end])
        if _checksum(kind, payload, self._key) != checksum:
            raise WireError("a frame's checksum is wrong")
        del self._buffer[:end]
        return Packet(kind, payload)


def _checksum(kind: int, payload: bytes, key: bytes) -> bytes:
    return hashlib.blake2b(bytes([kind]) + payload, digest_size=16, key=key).digest()
