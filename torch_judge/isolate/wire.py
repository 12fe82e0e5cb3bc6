"""What crosses between the judge and the process that runs a learner's code, as the payloads of frames (`framing.py`).

Observations go as JSON and the bytes of their tensors; nothing is unpickled. Whatever arrives is doubted: what does
not decode, to the last field, is a WireError and never another exception.
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import asdict, dataclass
from typing import Any

import torch

from torch_judge.cases.observations import (
    DTYPES,
    MAX_BITS,
    MAX_DIMS,
    MAX_LEAVES,
    MAX_NUMEL,
    Bound,
    Container,
    Fingerprint,
    Leaf,
    Marker,
    Seen,
    TensorLeaf,
    bytes_of,
    fingerprint,
    identical,
)
from torch_judge.isolate.fields import (
    MAX_ITEMS,
    MAX_TEXT,
    WireError,
    a_dict,
    a_list,
    a_text,
    expect,
    from_json,
    record,
    shortened,
    strictly,
    strings,
    texts,
    to_json,
)
from torch_judge.isolate.framing import MAX_FRAME
from torch_judge.report import ExceptionInfo, Frame, Violation

MAX_HEADER = 2 << 20
"""Of a frame, what is JSON: what takes the judge longest to read."""
MAX_PATH = 10_000
MAX_DIGEST = 32

_CONTAINERS = ("dict", "list", "tuple")
_DEVICE = re.compile(r"[a-z]{1,16}")
_FLOAT = re.compile(r"-?(0x[01]\.[0-9a-f]+p[+-]\d{1,4}|inf)|nan")
_INT = re.compile(r"-?[0-9a-f]+")
_ALIGNMENT = 16
_SAME = "same"
"""Stands for a leaf that is after the call as it was before."""
_DTYPES = {str(dtype): dtype for dtype in DTYPES}


@dataclass(frozen=True)
class Loaded:
    """How executing a program went. ``missing`` holds the names that it defined if the entry is not among them."""

    notes: tuple[str, ...] = ()
    output: str = ""
    missing: tuple[str, ...] | None = None
    error: ExceptionInfo | None = None


def encode_seen(seen: Seen) -> bytes:
    """One case's observations as a JSON header and the bytes of the tensors, in the order in which it names them.

    Of a tensor that the draw made itself goes its fingerprint only: the judge draws the same.
    """
    tensors: list[bytes] = []
    drawn = {path: _digest(seen.before.get(path)) for path in sorted(seen.drawn)}
    header = {
        "case": seen.case,
        "observations": _encode_leaves(seen.observations, {}, tensors),
        "before": _encode_leaves({p: leaf for p, leaf in seen.before.items() if not drawn.get(p)}, {}, tensors),
        "after": _encode_leaves(seen.after, seen.before, tensors),
        "drawn": drawn,
        "exception": None if seen.exception is None else shortened(asdict(seen.exception)),
        "output": seen.output[:MAX_TEXT],
        "seconds": seen.seconds,
        "evidence": shortened([asdict(v) for v in seen.evidence]),
        "stopped": seen.stopped,
    }
    text = to_json(header)
    return b"".join((struct.pack(">I", len(text)), text, *tensors))


def too_large(data: bytes) -> str:
    """Why what `encode_seen` wrote does not go over the wire, "" if it does."""
    (header,) = struct.unpack_from(">I", data)
    if len(data) > MAX_FRAME:
        return f"the case returned more than {MAX_FRAME >> 20} MB"
    return "the case returned too many values" if header > MAX_HEADER else ""


def decode_seen(data: bytes) -> Seen:
    """Read back what `encode_seen` wrote; raises WireError for anything else."""
    return strictly(_decode_seen, data)


def encode_loaded(loaded: Loaded) -> bytes:
    """How executing a program went, as JSON."""
    return to_json(shortened(asdict(loaded)))


def decode_loaded(data: bytes) -> Loaded:
    """Read back what `encode_loaded` wrote; raises WireError for anything else."""
    return strictly(_decode_loaded, data)


def encode_texts(sentences: list[str]) -> bytes:
    """A list of sentences, as JSON."""
    return to_json(shortened(sentences))


def decode_texts(data: bytes) -> tuple[str, ...]:
    """Read back what `encode_texts` wrote; raises WireError for anything else."""
    return strictly(lambda d: texts(from_json(d)), data)


def _encode_leaves(leaves: dict[str, Leaf], before: dict[str, Leaf], tensors: list[bytes]) -> dict[str, Any]:
    return {
        path: _SAME if path in before and identical(before[path], leaf) else _encode_leaf(leaf, tensors)
        for path, leaf in leaves.items()
        if len(path) <= MAX_PATH
    }


def _digest(leaf: Leaf) -> str:
    return fingerprint(leaf.data).digest if isinstance(leaf, TensorLeaf) else ""


def _encode_leaf(leaf: Leaf, tensors: list[bytes]) -> Any:
    if leaf is None or isinstance(leaf, bool):
        return leaf
    match leaf:
        case TensorLeaf(data, device):
            values = bytes_of(data)
            tensors.append(values + bytes(-len(values) % _ALIGNMENT))
            return ["tensor", str(data.dtype), list(data.shape), device]
        case Container(kind, length):
            return ["container", kind, length]
        case Bound(value, limit):
            parts = _encode_number(value), _encode_number(limit)
            return ["bound", *parts] if all(p[0] != "marker" for p in parts) else ["marker", "a bound without numbers"]
        case Marker(says):
            return ["marker", says[:MAX_TEXT]]
        case str():
            return ["str", leaf] if len(leaf) <= MAX_TEXT else ["marker", f"a string of {len(leaf)} characters"]
    return _encode_number(leaf)


def _encode_number(value: object) -> list[Any]:
    if isinstance(value, float):
        return ["float", float(value).hex()]
    if isinstance(value, int):
        bits = value.bit_length()
        return ["int", format(int(value), "x")] if bits <= MAX_BITS else ["marker", f"an integer of {bits} bits"]
    return ["marker", f"a `{type(value).__name__}`"]


def _decode_seen(data: bytes) -> Seen:
    (size,) = struct.unpack_from(">I", data)
    expect(size <= MAX_HEADER)
    header = record(from_json(data[4 : 4 + size]), Seen)
    tensors = _Tensors(data[4 + size :])
    drawn = {a_text(path, MAX_PATH): a_text(digest, MAX_DIGEST) for path, digest in a_dict(header["drawn"]).items()}
    expect(len(drawn) <= MAX_LEAVES + 1)
    observations, before = (_leaves(header[part], {}, tensors) for part in ("observations", "before"))
    before |= {path: Fingerprint(digest) for path, digest in drawn.items() if digest}
    after = _leaves(header["after"], before, tensors)
    tensors.finish()
    seconds = header["seconds"]
    expect(type(seconds) is float and math.isfinite(seconds) and seconds >= 0)
    evidence = tuple(Violation(**strings(v, Violation)) for v in a_list(header["evidence"], MAX_ITEMS))
    return Seen(
        a_text(header["case"], MAX_PATH), observations, before, after, frozenset(drawn),
        _exception(header["exception"]), a_text(header["output"]), seconds, evidence, a_text(header["stopped"]),
    )  # fmt: skip


def _decode_loaded(data: bytes) -> Loaded:
    header = record(from_json(data), Loaded)
    missing = None if header["missing"] is None else texts(header["missing"])
    return Loaded(texts(header["notes"]), a_text(header["output"]), missing, _exception(header["error"]))


class _Tensors:
    """The bytes of a frame's tensors, taken one tensor after the other."""

    def __init__(self, data: bytes) -> None:
        self._all = bytearray(data)
        self._at = 0

    def take(self, dtype: torch.dtype, shape: list[Any]) -> torch.Tensor:
        """The next tensor, in a part of the storage that is its own."""
        expect(len(shape) <= MAX_DIMS and all(type(n) is int and n >= 0 for n in shape))
        count, start = math.prod(shape), self._at
        expect(count <= MAX_NUMEL)
        if not count:
            return torch.empty(shape, dtype=dtype)
        self._at -= -count * dtype.itemsize // _ALIGNMENT * _ALIGNMENT
        expect(self._at <= len(self._all))
        return torch.frombuffer(self._all, dtype=dtype, count=count, offset=start).reshape(shape)

    def finish(self) -> None:
        """Raise WireError if anything is left."""
        expect(self._at == len(self._all))


def _leaves(value: Any, before: dict[str, Leaf], tensors: _Tensors) -> dict[str, Leaf]:
    leaves = a_dict(value)
    expect(len(leaves) <= MAX_LEAVES + 1)
    return {
        a_text(path, MAX_PATH): before[path] if leaf == _SAME else _leaf(leaf, tensors) for path, leaf in leaves.items()
    }


def _leaf(value: Any, tensors: _Tensors) -> Leaf:
    if value is None or type(value) is bool:
        return value
    kind, *parts = a_list(value)
    if kind == "tensor":
        dtype, shape, device = parts
        expect(device == "cpu" or bool(_DEVICE.fullmatch(device)))
        return TensorLeaf(tensors.take(_DTYPES[dtype], a_list(shape)), device)
    match kind, *parts:
        case "container", str(container), int(length):
            expect(container in _CONTAINERS and type(length) is int and length >= 0)
            return Container(container, length)
        case "bound", limited, limit:
            return Bound(_number(limited), _number(limit))
        case "marker", str(says):
            return Marker(a_text(says))
        case "str", str(text):
            return a_text(text)
    return _number(value)


def _number(value: Any) -> float | int:
    match value:
        case ["float", str(text)] if _FLOAT.fullmatch(text):
            return float.fromhex(text)
        case ["int", str(text)] if _INT.fullmatch(text) and len(text) <= MAX_BITS // 4 + 2:
            number = int(text, 16)
            expect(number.bit_length() <= MAX_BITS)
            return number
    raise WireError("a value of no known form")


def _exception(value: Any) -> ExceptionInfo | None:
    if value is None:
        return None
    data = record(value, ExceptionInfo)
    frames = tuple(Frame(**strings(f, Frame)) for f in a_list(data["frames"], MAX_ITEMS))
    return ExceptionInfo(a_text(data["type"]), a_text(data["message"]), frames)
