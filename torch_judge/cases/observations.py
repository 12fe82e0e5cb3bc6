"""What a case saw: nested returns flattened into paths, each with a leaf that can be compared and sent."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import torch

from torch_judge.report import ExceptionInfo, Violation

MAX_DEPTH = 20
MAX_LEAVES = 20_000
MAX_NUMEL = 1 << 24
MAX_DIMS = 64
"""Of a tensor: of more, torch and NumPy can do little but reshape them."""
DTYPES = frozenset((
    torch.bool, torch.uint8, torch.uint16, torch.uint32, torch.uint64, torch.int8, torch.int16, torch.int32,
    torch.int64, torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128,
))  # fmt: skip
"""Of tensors that can be compared: for others (8-bit floats, ints of a few bits) torch cannot say what is equal."""
MAX_BITS = 1023
"""Of an int: what is larger has no place among floats, which comparisons and messages need."""
_WITHOUT_NUMPY = frozenset((torch.bfloat16, torch.complex64, torch.complex128))
"""NumPy has no bfloat16, and no conjugate that is only marked as one."""


@dataclass(frozen=True)
class TensorLeaf:
    """A tensor's values (detached, on the CPU, in storage of its own) and the device that it was on."""

    data: torch.Tensor
    device: str = "cpu"


@dataclass(frozen=True)
class Fingerprint:
    """Stands for a tensor that whoever reads has too: ``digest`` is of its dtype, its shape and its values."""

    digest: str


@dataclass(frozen=True)
class Container:
    """A dict, list or tuple and its length; its items follow under their own paths."""

    type: str
    length: int


@dataclass(frozen=True)
class Bound:
    """A number that must not exceed ``limit`` (the reference's limit counts, not the learner's)."""

    value: float
    limit: float


@dataclass(frozen=True)
class Marker:
    """Stands for an object that cannot cross: ``says`` tells what it was."""

    says: str


Leaf = TensorLeaf | Fingerprint | Container | Bound | Marker | float | int | bool | str | None


def identical(a: Leaf, b: Leaf) -> bool:
    """Bit-equal: same type, shape, dtype and values, NaN equal to NaN."""
    if a is b:
        return True
    if isinstance(a, TensorLeaf) and isinstance(b, TensorLeaf):
        if a.data.shape != b.data.shape or a.data.dtype != b.data.dtype:
            return False
        return torch.equal(a.data, b.data) or bool(
            ((a.data == b.data) | ((a.data != a.data) & (b.data != b.data))).all()
        )
    return type(a) is type(b) and a == b


@dataclass(frozen=True)
class Seen:
    """Everything that one case observed of one candidate. ``stopped`` says why the case did not end, if so.

    ``before`` and ``after`` hold the watched arguments around the call; ``drawn`` names those of them that the draw
    made itself, so that their "before" is known bit for bit.
    """

    case: str
    observations: dict[str, Leaf] = field(default_factory=dict)
    before: dict[str, Leaf] = field(default_factory=dict)
    after: dict[str, Leaf] = field(default_factory=dict)
    drawn: frozenset[str] = frozenset()
    exception: ExceptionInfo | None = None
    output: str = ""
    seconds: float = 0.0
    evidence: tuple[Violation, ...] = ()
    stopped: str = ""

    @cached_property
    def touched(self) -> frozenset[str]:
        """The paths of the watched arguments that the call changed."""
        absent = Marker("absent")
        return frozenset(p for p, leaf in self.after.items() if not identical(self.before.get(p, absent), leaf))


def bytes_of(tensor: torch.Tensor) -> bytes:
    """The values of a detached tensor on the CPU, as they lie in memory."""
    if tensor.dtype in _WITHOUT_NUMPY:
        tensor = tensor.resolve_conj().resolve_neg().reshape(-1).view(torch.uint8)
    return tensor.numpy().tobytes()


def fingerprint(tensor: torch.Tensor) -> Fingerprint:
    """The fingerprint of a detached tensor on the CPU."""
    digest = hashlib.blake2b(f"{tensor.dtype} {list(tensor.shape)} ".encode(), digest_size=16)
    digest.update(bytes_of(tensor))
    return Fingerprint(digest.hexdigest())


def with_tensors(seen: Seen, known: Mapping[str, Leaf]) -> Seen:
    """With the ``known`` tensors in place of their fingerprints; where these are of others, that is all one knows."""
    leaves = {path: known.get(path) for path, leaf in seen.before.items() if isinstance(leaf, Fingerprint)}
    if not leaves:
        return seen
    tensors: dict[str, Leaf] = {}
    for path, leaf in leaves.items():
        same = isinstance(leaf, TensorLeaf) and fingerprint(leaf.data) == seen.before[path]
        tensors[path] = leaf if same else Marker("other values than were drawn")
    after = {path: tensors[path] if isinstance(leaf, Fingerprint) else leaf for path, leaf in seen.after.items()}
    return replace(seen, before={**seen.before, **tensors}, after=after)


def same_seen(one: Seen, other: Seen) -> bool:
    """Whether two runs of a case observed the same, bit for bit."""
    pairs = (one.observations, other.observations), (one.before, other.before), (one.after, other.after)
    alike = all(a.keys() == b.keys() and all(identical(a[path], b[path]) for path in a) for a, b in pairs)
    return alike and one.drawn == other.drawn


def flatten(value: object, path: str = "") -> dict[str, Leaf]:
    """All leaves of ``value`` by path, e.g. ``merges[2][0]`` or ``cache.k``. Never raises on a learner's object."""
    leaves: dict[str, Leaf] = {}
    for where, leaf in _walk(value, path, 0):
        if len(leaves) == MAX_LEAVES:
            leaves[where] = Marker(f"more than {MAX_LEAVES} values")
            break
        leaves[where] = leaf
    return leaves


def join(path: str, key: object) -> str:
    """The path of the item ``key`` of the container at ``path``."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    text = str(key)
    if not path:
        return text
    return f"{path}.{text}" if re.fullmatch(r"[\w .:→-]+", text) else f"{path}[{text!r}]"


def leaf_of(value: object) -> Leaf:
    """The leaf of one value that is no container."""
    kind = type(value)
    if kind is torch.Tensor or kind is torch.nn.Parameter:
        return _tensor_leaf(value)  # type: ignore[arg-type]
    if kind is int and value.bit_length() > MAX_BITS:  # type: ignore[attr-defined]
        return Marker(f"an integer of {value.bit_length()} bits")  # type: ignore[attr-defined]
    if value is None or kind in (bool, int, float, str) or isinstance(value, (Bound, Marker)):
        return value  # type: ignore[return-value]
    if kind.__module__ == "numpy" and isinstance(value, (bool, int, float)):
        return float(value)
    if issubclass(kind, torch.Tensor):
        return Marker(f"a `{kind.__name__}`, which is a subclass of `torch.Tensor`")
    return Marker(f"a `{_qualified(kind)}`")


def _tensor_leaf(tensor: torch.Tensor) -> Leaf:
    if tensor.layout is not torch.strided or tensor.is_meta:
        return Marker(f"a tensor of layout `{tensor.layout}` on `{tensor.device}`")
    if tensor.is_nested:
        return Marker("a nested tensor")
    if tensor.dtype not in DTYPES:
        return Marker(f"a tensor of dtype `{tensor.dtype}`")
    if tensor.numel() > MAX_NUMEL:
        return Marker(f"a tensor of {tensor.numel()} elements")
    if tensor.dim() > MAX_DIMS:
        return Marker(f"a tensor of {tensor.dim()} dimensions")
    try:
        data = tensor.detach().clone(memory_format=torch.contiguous_format)
    except RuntimeError:
        if not torch._C._functorch.is_batchedtensor(tensor):
            raise
        return Marker("a tensor that was kept from within `vmap`")
    return TensorLeaf(data) if data.is_cpu else TensorLeaf(data.cpu(), tensor.device.type)


def _walk(value: object, path: str, depth: int) -> Iterator[tuple[str, Leaf]]:
    items: list[tuple[object, Any]] | None = None
    if isinstance(value, dict):
        items, name = list(dict.items(value)), "dict"
    elif isinstance(value, list):
        items, name = list(enumerate(list.__iter__(value))), "list"
    elif isinstance(value, tuple):
        items, name = list(enumerate(tuple.__iter__(value))), "tuple"
    if items is None:
        yield path, leaf_of(value)
    elif depth == MAX_DEPTH:
        yield path, Marker(f"a {name} nested more than {MAX_DEPTH} deep")
    else:
        if path:
            yield path, Container(name, len(items))
        for key, item in items:
            yield from _walk(item, join(path, key), depth + 1)


def snapshot(name: str, thing: object, before: Mapping[str, Leaf]) -> dict[str, Leaf]:
    """Everything that a call may change about ``thing``: values, flags, gradients of tensors, modules, containers.

    A tensor that is as it was ``before`` is that leaf itself, and no copy.
    """
    if isinstance(thing, torch.nn.Module):
        leaves: dict[str, Leaf] = {f"{name}.training": thing.training}
        for path, tensor in (*thing.named_parameters(), *thing.named_buffers()):
            leaves.update(_tensor_state(f"{name}.{path}", tensor, before))
        return leaves
    if isinstance(thing, torch.Tensor):
        return _tensor_state(name, thing, before)
    if isinstance(thing, (list, tuple)):
        leaves = {name: Container("list", len(thing))}
        for index, item in enumerate(thing):
            leaves.update(snapshot(f"{name}[{index}]", item, before))
        return leaves
    if isinstance(thing, Mapping):
        leaves = {name: Container("dict", len(thing))}
        for key, item in thing.items():
            leaves.update(snapshot(join(name, key), item, before))
        return leaves
    return {name: leaf_of(thing)}


def _tensor_state(name: str, tensor: torch.Tensor, before: Mapping[str, Leaf]) -> dict[str, Leaf]:
    tracked, is_leaf = tensor.requires_grad, tensor.is_leaf
    leaves: dict[str, Leaf] = {name: _as_before(tensor, before.get(name)), f"{name}.requires_grad": tracked}
    if tracked and is_leaf:
        leaves[f"{name}.grad"] = leaf_of(tensor.grad)
    else:
        leaves[f"{name}.is_leaf"] = is_leaf
    return leaves


def _as_before(tensor: torch.Tensor, before: Leaf) -> Leaf:
    if isinstance(before, TensorLeaf) and type(tensor) in (torch.Tensor, torch.nn.Parameter):
        same = tensor.is_cpu and tensor.layout == torch.strided and tensor.dtype == before.data.dtype
        if same and before.device == "cpu" and torch.equal(tensor.detach(), before.data):
            return before
    return leaf_of(tensor)


def _qualified(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
