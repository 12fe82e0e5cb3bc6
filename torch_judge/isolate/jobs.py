"""What a worker is asked to do, and what came of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from torch_judge.cases.observations import Seen
from torch_judge.isolate.fields import from_json, to_json
from torch_judge.report import ExceptionInfo
from torch_judge.submission import Cell, File, Program


@dataclass(frozen=True)
class Limits:
    """What one job may use.

    ``wall_s`` and ``cpu_s`` are for each of its seeds, ``case_s`` for one case, ``memory_mb`` for one process.
    """

    wall_s: float = 40.0
    cpu_s: int = 20
    memory_mb: int = 2048
    file_mb: int = 16
    case_s: float = 5.0


@dataclass(frozen=True)
class Job:
    """One submission to observe: loaded once, then seen in all cases at each of ``seeds``, one after the other.

    The source of cases.py is told to the server: a job's process can read no problem folder.
    ``protected`` names folders that stay unreadable even where a library folder contains them.
    """

    program: Program
    entry: str
    problem: str
    cases_source: str
    case_names: tuple[str, ...]
    seeds: tuple[int, ...] = (0,)
    device: str = "cpu"
    forbidden: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    protected: tuple[str, ...] = ()


@dataclass
class Outcome:
    """What a job observed: one Seen for every case, in order, at each seed, and how executing the program went.

    ``missing`` holds the names that the program defined if the entry is not among them (``load_error`` is then the
    first error that a cell raised, if any did); otherwise both are None. ``output`` is what the program printed
    before the first case. ``peak_kb`` is the most memory that the process held at once (``ru_maxrss``; what it shares
    with its server counts). ``server_gone`` says that the server ended with it.
    """

    runs: list[list[Seen]]
    notes: list[str] = field(default_factory=list)
    missing: tuple[str, ...] | None = None
    load_error: ExceptionInfo | None = None
    output: str = ""
    peak_kb: int = 0
    server_gone: bool = False

    @property
    def seen(self) -> list[Seen]:
        """What was observed at the first seed."""
        return self.runs[0]


def encode_job(job: Job, key: bytes) -> bytes:
    """A job, all but its cases.py, and the key of the frames that answer it, as JSON."""
    return to_json({**asdict(job), "cases_source": "", "key": key.hex()})


def decode_job(data: bytes) -> tuple[Job, bytes]:
    """Read back what `encode_job` wrote. It comes from the judge: nothing is doubted."""
    fields = from_json(data)
    key = bytes.fromhex(fields.pop("key"))
    program = fields.pop("program")
    cells = tuple(Cell(**cell) for cell in program.pop("cells"))
    files = tuple(File(**file) for file in program.pop("files"))
    program = Program(**{**program, "cells": cells, "notes": tuple(program["notes"]), "files": files})
    limits = Limits(**fields.pop("limits"))
    tuples: dict[str, Any] = {
        name: tuple(fields.pop(name)) for name in ("case_names", "seeds", "forbidden", "protected")
    }
    return Job(program, limits=limits, **tuples, **fields), key
