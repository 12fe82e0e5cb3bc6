"""The verdict as a value. Showing, storing and exporting only read it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

SCHEMA = 1

GUARD = "forbidden"
KINDS = ("values", "state", "mode", "gradients", "numerics", "interface", "property", "cost", GUARD)


@dataclass(frozen=True)
class Mismatch:
    """An observation that differs from the reference's: where, and by how much.

    ``what`` names the first check that failed: ``missing``, ``type``, ``length``, ``shape``, ``dtype``,
    ``device``, ``finite``, ``values``, ``changed``, ``unchanged``, ``cost`` or ``check`` (a case's own verify).
    ``differ`` of ``total`` elements lie outside ``allowed``; ``index`` is the worst one's. ``heat`` pictures the matrix
    in which that one lies, a string a row: ``.`` is right, 1 to 9 says how far off.
    """

    observation: str
    what: str
    message: str
    index: tuple[int, ...] | None = None
    actual: str | None = None
    expected: str | None = None
    allowed: float | None = None
    differ: int | None = None
    total: int | None = None
    heat: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Frame:
    """One line of the learner's own code in a traceback. ``place`` reads "cell 3, line 7"."""

    place: str
    code: str
    function: str = ""


@dataclass(frozen=True)
class ExceptionInfo:
    """What the learner's code raised. Only the learner's own frames are kept, outermost first."""

    type: str
    message: str
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True)
class CaseResult:
    """The verdict on one case. ``message`` is the one sentence that says why it failed ("" when it passed).

    ``ran`` is False where an earlier case kept it from being run at all.
    """

    name: str
    kind: str
    passed: bool
    seconds: float = 0.0
    message: str = ""
    mismatches: tuple[Mismatch, ...] = ()
    exception: ExceptionInfo | None = None
    output: str = ""
    skipped: str = ""
    ran: bool = True


@dataclass(frozen=True)
class Violation:
    """A piece of evidence of forbidden API use: the API, which witness saw it, the learner's own line."""

    api: str
    witness: str
    line: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """A known mistake that explains the failing cases; ``cases`` are their names."""

    mistake: str
    message: str
    cases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """Everything that is shown, stored or exported about one judgement.

    ``error`` is the sentence why nothing could be judged (``accepted`` is then False); ``fault`` says whose it is:
    ``"learner"`` (exit status 1) or ``"judge"`` (exit status 2). ``mended``: in a debug problem that is not accepted,
    how many of the starter's bugs are gone, and how many there were. ``yours_s`` and ``reference_s`` tell, of accepted
    work, how long the first case takes with it and with the reference. Among ``cases`` stands the guard's own row, of
    kind "forbidden", which is none of the learner's: it counts neither as failed nor as passed.
    """

    problem: str
    accepted: bool
    seed: int
    device: str = "cpu"
    isolated: bool = False
    duration_s: float = 0.0
    cases: tuple[CaseResult, ...] = ()
    violations: tuple[Violation, ...] = ()
    diagnosis: tuple[Diagnosis, ...] = ()
    notes: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    error: str | None = None
    fault: str | None = None
    exception: ExceptionInfo | None = None
    mended: tuple[int, int] | None = None
    yours_s: float | None = None
    reference_s: float | None = None
    schema: int = SCHEMA

    @property
    def failed(self) -> tuple[CaseResult, ...]:
        """The cases that ran and did not pass, in order."""
        return tuple(case for case in self.counted if not case.passed and case.ran)

    @property
    def counted(self) -> tuple[CaseResult, ...]:
        """The cases that count: all but the skipped ones and the guard's row."""
        return tuple(case for case in self.cases if not case.skipped and case.kind != GUARD)

    @property
    def passed(self) -> int:
        """How many cases passed."""
        return sum(case.passed for case in self.counted)

    def to_json(self, indent: int | None = None) -> str:
        """The report as JSON, schema version 1."""
        return json.dumps(self, default=vars, indent=indent)

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Read back what `to_json` wrote.

        Raises ValueError if the text is no report or of a newer schema.
        """
        return cls.from_data(json.loads(text))

    @classmethod
    def from_data(cls, data: Any) -> Report:
        """Read back what `to_json` wrote, as ``json.loads`` gives it. Raises ValueError likewise."""
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            raise ValueError(f"not a report of schema {SCHEMA}")
        return cls(
            **{
                **data,
                "cases": tuple(_case(c) for c in data["cases"]),
                "violations": tuple(Violation(**v) for v in data["violations"]),
                "diagnosis": tuple(Diagnosis(d["mistake"], d["message"], tuple(d["cases"])) for d in data["diagnosis"]),
                "notes": tuple(data["notes"]),
                "exception": _exception(data["exception"]),
                "mended": tuple(data["mended"]) if data.get("mended") else None,
            }
        )

    def __repr__(self) -> str:
        verdict = "accepted" if self.accepted else "not accepted"
        reason = f", {self.error}" if self.error else f", {self.passed} of {len(self.counted)} cases pass"
        return f"<Report {self.problem}: {verdict}{reason}>"


class ShownReport(Report):
    """A report that has been displayed already: silent as a notebook cell's last value."""

    def _ipython_display_(self) -> None:
        """Display nothing."""


def _case(data: dict[str, Any]) -> CaseResult:
    mismatches = tuple(
        Mismatch(**{**m, "index": _tuple(m["index"]), "heat": _tuple(m.get("heat"))}) for m in data["mismatches"]
    )
    return CaseResult(**{**data, "mismatches": mismatches, "exception": _exception(data["exception"])})


def _tuple(items: list[Any] | None) -> tuple[Any, ...] | None:
    return None if items is None else tuple(items)


def _exception(data: dict[str, Any] | None) -> ExceptionInfo | None:
    if data is None:
        return None
    return ExceptionInfo(data["type"], data["message"], tuple(Frame(**f) for f in data["frames"]))
