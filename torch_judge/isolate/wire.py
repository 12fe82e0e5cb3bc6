"""What crosses between the judge and the process that runs a learner's code, as the payloads of frames (`framing.py`).

Observations go as JSON and safetensors; nothing is unpickled. Whatever arrives is doubted: what does not decode, to
the last field, is a WireError and never another exception.
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import asdict, dataclass
from typing import Any

import safetensors.torch
import torch

from torch_judge.cases.observations import MAX_LEAVES, MAX_NUMEL, Bound, Container, Leaf, Marker, Seen, TensorLeaf
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
# Beyond this many bits Python refuses to print an int (4300 digits), so no message could show it.
MAX_BITS = 14_000

_CONTAINERS = ("dict", "list", "tuple")
_REALS = {torch.complex32: torch.float16, torch.complex64: torch.float32, torch.complex128: torch.float64}
_PLAIN = (
    torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64,
    torch.float16, torch.bfloat16, torch.float32, torch.float64,
)  # fmt: skip
_DTYPES = {str(d): d for d in vars(torch).values() if isinstance(d, torch.dtype)}


@dataclass(frozen=True)
class Loaded:
    """How executing a program went. ``missing`` holds the names that it defined if the entry is not among them."""

    notes: tuple[str, ...] = ()
    output: str = ""
    missing: tuple[str, ...] | None = None
    error: ExceptionInfo | None = None


def encode_seen(seen: Seen) -> bytes:
    """One case's observations as a JSON header and safetensors."""
    tensors: dict[str, torch.Tensor] = {}
    header = {
        "case": seen.case,
        **{part: _encode_leaves(getattr(seen, part), tensors) for part in ("observations", "before", "after")},
        "drawn": sorted(seen.drawn),
        "exception": None if seen.exception is None else shortened(asdict(seen.exception)),
        "output": seen.output[:MAX_TEXT],
        "seconds": seen.seconds,
        "evidence": shortened([asdict(v) for v in seen.evidence]),
        "stopped": seen.stopped,
    }
    text = to_json(header)
    return struct.pack(">I", len(text)) + text + safetensors.torch.save(tensors)


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


def _encode_leaves(leaves: dict[str, Leaf], tensors: dict[str, torch.Tensor]) -> dict[str, list[Any]]:
    return {path: _encode_leaf(leaf, tensors) for path, leaf in leaves.items() if len(path) <= MAX_PATH}


def _encode_leaf(leaf: Leaf, tensors: dict[str, torch.Tensor]) -> list[Any]:
    match leaf:
        case TensorLeaf(data, device):
            name = str(len(tensors))
            tensors[name] = _portable(data)
            return ["tensor", name, str(data.dtype), list(data.shape), device]
        case Container(kind, length):
            return ["container", kind, length]
        case Bound(value, limit):
            parts = _encode_number(value), _encode_number(limit)
            return ["bound", *parts] if all(p[0] != "marker" for p in parts) else ["marker", "a bound without numbers"]
        case Marker(says):
            return ["marker", says[:MAX_TEXT]]
        case str():
            return ["str", leaf] if len(leaf) <= MAX_TEXT else ["marker", f"a string of {len(leaf)} characters"]
        case None | bool():
            return ["plain", leaf]
    return _encode_number(leaf)


def _encode_number(value: object) -> list[Any]:
    if isinstance(value, float):
        return ["float", float(value).hex()]
    if isinstance(value, int):
        bits = value.bit_length()
        return ["int", format(int(value), "x")] if bits <= MAX_BITS else ["marker", f"an integer of {bits} bits"]
    return ["marker", f"a `{type(value).__name__}`"]


def _portable(tensor: torch.Tensor) -> torch.Tensor:
    """In storage of its own and in a dtype that safetensors has: complex as pairs, rare dtypes as bytes."""
    own = tensor.detach().resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format)
    if own.dtype in _REALS:
        return torch.view_as_real(own)
    return own if own.dtype in _PLAIN else own.reshape(-1).view(torch.uint8)


def _decode_seen(data: bytes) -> Seen:
    (size,) = struct.unpack_from(">I", data)
    expect(size <= MAX_HEADER)
    header = record(from_json(data[4 : 4 + size]), Seen)
    tensors = safetensors.torch.load(data[4 + size :])
    observations, before, after = (_leaves(header[p], tensors) for p in ("observations", "before", "after"))
    expect(not tensors)
    drawn = texts(header["drawn"], MAX_LEAVES + 1, MAX_PATH)
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


def _leaves(value: Any, tensors: dict[str, torch.Tensor]) -> dict[str, Leaf]:
    leaves = a_dict(value)
    expect(len(leaves) <= MAX_LEAVES + 1)
    return {a_text(path, MAX_PATH): _leaf(leaf, tensors) for path, leaf in leaves.items()}


def _leaf(value: Any, tensors: dict[str, torch.Tensor]) -> Leaf:
    match value:
        case ["tensor", str(name), str(dtype), list(shape), str(device)]:
            return _tensor(tensors.pop(name), _DTYPES[dtype], shape, device)
        case ["container", str(kind), int(length)]:
            expect(kind in _CONTAINERS and type(length) is int and length >= 0)
            return Container(kind, length)
        case ["bound", limited, limit]:
            return Bound(_number(limited), _number(limit))
        case ["marker", str(says)]:
            return Marker(a_text(says))
        case ["str", str(text)]:
            return a_text(text)
        case ["plain", None | bool() as plain]:
            return plain
    return _number(value)


def _number(value: Any) -> float | int:
    match value:
        case ["float", str(text)] if re.fullmatch(r"-?(0x[01]\.[0-9a-f]+p[+-]\d{1,4}|inf)|nan", text):
            return float.fromhex(text)
        case ["int", str(text)] if re.fullmatch(r"-?[0-9a-f]+", text) and len(text) <= MAX_BITS // 4 + 2:
            return int(text, 16)
    raise WireError("a value of no known form")


def _tensor(sent: torch.Tensor, dtype: torch.dtype, shape: list[Any], device: str) -> TensorLeaf:
    expect(bool(re.fullmatch(r"[a-z]{1,16}", device)))
    expect(all(type(n) is int and n >= 0 for n in shape) and math.prod(shape) <= MAX_NUMEL)
    if dtype in _REALS:
        expect(sent.dtype is _REALS[dtype])
        sent = torch.view_as_complex(sent)
    elif dtype not in _PLAIN:
        expect(sent.dtype is torch.uint8)
        sent = sent.view(dtype).reshape(shape)
    expect(sent.dtype is dtype and list(sent.shape) == shape)
    return TensorLeaf(sent.clone(), device)


def _exception(value: Any) -> ExceptionInfo | None:
    if value is None:
        return None
    data = record(value, ExceptionInfo)
    frames = tuple(Frame(**strings(f, Frame)) for f in a_list(data["frames"], MAX_ITEMS))
    return ExceptionInfo(a_text(data["type"]), a_text(data["message"]), frames)
