"""What stands in a problem.toml. A bad record is refused with its remedy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch_judge.errors import ProblemError

DIFFICULTIES = ("Easy", "Medium", "Hard")
HINTS = 3
REQUIRED = {"number": int, "title": str, "difficulty": str, "topic": str, "entry": str, "hints": list}
RECORDS = {
    "mistakes": {"id", "message", "edits"},
    "readings": {"id", "note", "edits"},
    "equivalent": {"was", "now", "why"},
    "bugs": {"id", "message", "probe", "edits"},
}
OPTIONAL = {"mistakes": {"common", "varies"}}
CHANCE, HISTORY = "chance", "history"
VARIES = ("", CHANCE, HISTORY)
"""What a mistake's results depend on beside its arguments. By chance: its random numbers need not be the learner's, as
other facts tell what is wrong. By history: on the calls before."""
KEYS = {*REQUIRED, *RECORDS, "forbidden", "notebook"}


def refuse_bad_record(id: str, data: dict[str, Any]) -> None:
    """Refuse a record whose keys or values are not those of a problem."""
    for fact, remedy in _faults(data):
        raise ProblemError(f"problem.toml of `{id}`: {fact};", remedy)


def _faults(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with a record, each with its remedy; later checks rely on earlier ones."""
    for key in sorted(set(data) - KEYS):
        yield f"unknown key `{key}`", f"the keys are {', '.join(sorted(KEYS))}."
    for key, kind in REQUIRED.items():
        if not isinstance(data.get(key), kind):
            yield f"`{key}` is missing or no {kind.__name__}", "add it."
    if data["difficulty"] not in DIFFICULTIES:
        yield f"difficulty {data['difficulty']!r} is unknown", f"use {', '.join(DIFFICULTIES[:-1])} or Hard."
    if len(data["hints"]) != HINTS:
        yield f"{len(data['hints'])} hints", f"write {HINTS}: a nudge, the approach, nearly the answer in words."
    if not data["entry"].isidentifier():
        yield f"entry {data['entry']!r} is no Python name", "give the function's or class's name."
    yield from _faults_of_records(data)


def _faults_of_records(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for table, keys in RECORDS.items():
        for record in data.get(table, ()):
            if set(record) - OPTIONAL.get(table, set()) != keys:
                yield f"a record of `{table}` has the keys {sorted(record)}", f"it needs {sorted(keys)}."
    for record in data.get("mistakes", ()):
        if record.get("varies", "") not in VARIES:
            yield (
                f"the mistake `{record['id']}` varies by {record['varies']!r}",
                f'it may by "{CHANCE}" or "{HISTORY}".',
            )
    ids = [record["id"] for table in ("mistakes", "bugs") for record in data.get(table, ())]
    for id in ids:
        if ids.count(id) > 1:
            yield f"two mistakes have the id {id!r}", "give one of them another: reports and second ways go by it."
