"""Reading JSON that cannot be trusted: each helper returns a value of the type that it names, or raises WireError."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

T = TypeVar("T")

MAX_TEXT = 1 << 20
MAX_ITEMS = 1_000


class WireError(Exception):
    """What arrived is not what our own code sends."""


def to_json(value: Any) -> bytes:
    """JSON as bytes. A learner's strings may hold lone surrogates, which plain UTF-8 refuses."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass")


def from_json(data: bytes) -> Any:
    """Read back what `to_json` wrote."""
    return json.loads(data.decode("utf-8", "surrogatepass"))


def shortened(value: Any) -> Any:
    """Nested records as `dataclasses.asdict` gives them, with every string cut to MAX_TEXT characters."""
    if isinstance(value, str):
        return value[:MAX_TEXT]
    if isinstance(value, dict):
        return {name: shortened(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [shortened(item) for item in value[:MAX_ITEMS]]
    return value


def strictly(decode: Callable[[bytes], T], data: bytes) -> T:
    """``decode(data)``, where any exception means that the data are not ours."""
    try:
        return decode(data)
    except WireError:
        raise
    except Exception as error:
        raise WireError(f"cannot be decoded ({type(error).__name__})") from error


def expect(holds: bool) -> None:
    """Raise WireError unless ``holds``."""
    if not holds:
        raise WireError("a field is not as our own code writes it")


def a_text(value: Any, limit: int = MAX_TEXT) -> str:
    """A string of at most ``limit`` characters."""
    expect(type(value) is str and len(value) <= limit)
    return str(value)


def a_list(value: Any, limit: int = MAX_ITEMS) -> list[Any]:
    """A list of at most ``limit`` items."""
    expect(type(value) is list and len(value) <= limit)
    return list(value)


def texts(value: Any, limit: int = MAX_ITEMS, length: int = MAX_TEXT) -> tuple[str, ...]:
    """A list of strings."""
    return tuple(a_text(v, length) for v in a_list(value, limit))


def a_dict(value: Any) -> dict[str, Any]:
    """A JSON object."""
    expect(type(value) is dict)
    return dict(value)


def record(value: Any, kind: Any) -> dict[str, Any]:
    """A JSON object with exactly the fields of the dataclass ``kind``."""
    data = a_dict(value)
    expect(data.keys() == {f.name for f in fields(kind)})
    return data


def strings(value: Any, kind: Any) -> dict[str, str]:
    """A JSON object with exactly the fields of the dataclass ``kind``, each a string."""
    return {name: a_text(item) for name, item in record(value, kind).items()}
