"""What the cases try: whether their inputs vary with the seed, and which values of the numeric arguments they judge."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Iterator
from typing import Any

import torch

from torch_judge.audit.findings import Exam, Findings
from torch_judge.audit.survivors import like
from torch_judge.cases.authoring import Case
from torch_judge.cases.observations import TensorLeaf, identical
from torch_judge.observe import Setting, clean_state
from torch_judge.verdict.one_case import mismatches_of

OTHERS = range(1, 9)
"""Seeds that are compared with seed 0. A size that is chosen among three is the same at all of them once in 6,500."""
GRADIENT = "gradient of "
"""What `Draw.gradients` begins their names with."""
WAS = "argument"
CHANGES: dict[str, Callable[[float], float]] = {
    "squared": lambda value: value * abs(value),
    "its root": lambda value: math.copysign(math.sqrt(abs(value)), value),
    "at most 1": lambda value: min(value, 1.0),
}
"""How a solution may misuse a float. Extreme values do not show it: a temperature of 0.02 or 40 may be squared."""


def check_seeds(exam: Exam) -> Findings:
    """Every case sees other inputs or results at another seed, and what is right at one seed is wrong at another."""
    found = Findings()
    passing = []
    with clean_state():
        for case in exam.known.cases:
            passing.append(_passes_elsewhere(exam, case))
            found.note(_fixed(exam, case) if passing[-1] else [])
    if passing and all(passing):
        found.failures.append(
            "What the reference observes at seed 0 passes at another seed in every case: a table of answers would be "
            "accepted. Draw the inputs."
        )
    return found


def _passes_elsewhere(exam: Exam, case: Case) -> bool:
    """Whether what the reference observes at seed 0 is accepted at all the other seeds."""
    first = exam.known.expected(case, 0)
    return not any(
        mismatches_of(case, first, exam.known.expected(case, seed), Setting(exam.problem.id, seed)) for seed in OTHERS
    )


def _fixed(exam: Exam, case: Case) -> Iterator[str]:
    first = exam.known.expected(case, 0)
    for seed in OTHERS:
        other = exam.known.expected(case, seed)
        if first.before.keys() != other.before.keys():
            return
        if not all(identical(leaf, other.before[path]) for path, leaf in first.before.items()):
            return
    yield (
        f"Case {case.name!r} is the same at every seed, so its answer can be written down. Draw its inputs; sizes and "
        "numbers too (`integer`, `number`, `choice` of torch_judge.authoring)."
    )


def check_float64(exam: Exam) -> Findings:
    """Where gradients are judged, and what is computed in float64, a gradient in float64 is judged, too."""
    found = Findings()
    seen = [exam.known.expected(case, 0).observations for case in exam.known.cases]
    leaves = [(path, leaf.data.dtype) for paths in seen for path, leaf in paths.items() if isinstance(leaf, TensorLeaf)]
    gradients = {dtype for path, dtype in leaves if GRADIENT in path}
    others = {dtype for path, dtype in leaves if GRADIENT not in path}
    if gradients and torch.float64 in others - gradients:
        found.failures.append(
            "Gradients are judged, and values in float64, but no gradient in float64: a backward that loses digits in "
            "float32 is accepted. Add a case (`verify=nine_digits` of torch_judge.authoring)."
        )
    return found


def check_arguments(exam: Exam) -> Findings:
    """A float argument that is squared, rooted or cut off at 1 before it is used must fail a case, or be listed."""
    found = Findings()
    reference = exam.known.reference()
    tried = _tried(exam, reference)
    wanted = [(name, change) for name in tried for change in CHANGES]
    for name, change in wanted:
        misuse = _changed(reference, name, CHANGES[change])
        with clean_state():
            rejected = any(exam.rejecting(misuse, exam.known.cases, seed) for seed in (0, 1))
        listed = any(e.was == WAS and like(e, WAS, f"{name} {change}") for e in exam.problem.equivalent)
        found.note(_complaints(name, change, sorted(tried[name]), rejected, listed))
    names = [f"{name} {change}" for name, change in wanted]
    for record in exam.problem.equivalent:
        if record.was == WAS and not any(like(record, WAS, name) for name in names):
            found.failures.append(f"problem.toml lists the argument `{record.now}`; there is none. Remove the record.")
    return found


def _complaints(name: str, change: str, tried: list[float], rejected: bool, listed: bool) -> Iterator[str]:
    if rejected and listed:
        yield f"The argument `{name} {change}` is listed as equivalent, but is rejected. Remove the record."
    if not rejected and not listed:
        values = ", ".join(f"{value:g}" for value in tried[:12])
        yield (
            f"`{name}`, {change}, is accepted: the cases try {values}. Try other values (ordinary ones, and above 1), "
            f"or, if that is right here, list it in problem.toml:\n"
            f"[[equivalent]]\nwas = '{WAS}'\nnow = '{name} {change}'\nwhy = \"…\""
        )


def _tried(exam: Exam, reference: Any) -> dict[str, set[float]]:
    """The float arguments of the entry, and the values that the cases give them at two seeds."""
    tried: dict[str, set[float]] = {}

    def note(name: str, value: float) -> float:
        tried.setdefault(name, set()).add(value)
        return value

    watched = _around(reference, note)
    with clean_state():
        for seed in (0, 1):
            exam.rejecting(watched, exam.known.cases, seed)
    return tried


def _changed(reference: Any, wanted: str, change: Callable[[float], float]) -> Any:
    return _around(reference, lambda name, value: change(value) if name == wanted else value)


def _around(reference: Any, each: Callable[[str, float], float]) -> Any:
    """The reference, of which every float argument (or tuple of them, like betas) passes through ``each`` first."""
    signature = inspect.signature(reference)

    def mapped(args: Any, kwargs: Any) -> dict[str, Any]:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return {name: _each(name, value, each) for name, value in bound.arguments.items()}

    if isinstance(reference, type):
        begin = reference.__init__  # type: ignore[misc]

        @functools.wraps(begin)
        def initialise(self: Any, *args: Any, **kwargs: Any) -> None:
            begin(self, **mapped(args, kwargs))

        return type(reference.__name__, (reference,), {"__init__": initialise})

    @functools.wraps(reference)
    def call(*args: Any, **kwargs: Any) -> Any:
        return reference(**mapped(args, kwargs))

    return call


def _each(name: str, value: Any, each: Callable[[str, float], float]) -> Any:
    if type(value) is float and math.isfinite(value):
        return each(name, value)
    if type(value) is tuple and value and all(type(item) is float for item in value):
        return tuple(each(name, item) for item in value)
    return value
