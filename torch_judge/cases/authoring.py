"""What an author imports: `case` for cases.py, `mistake` and `accepted` for variants.py, helpers of a verify."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

import torch

from torch_judge.cases.compare import compare_leaf, has_digits_of_float32
from torch_judge.cases.draw import Draw
from torch_judge.cases.observations import Leaf, TensorLeaf, leaf_of
from torch_judge.errors import ProblemError
from torch_judge.report import KINDS

__all__ = [
    "BY_LOGSUMEXP",
    "ROUNDED_SCORES",
    "Case",
    "CheckFailed",
    "Draw",
    "accepted",
    "attempt",
    "case",
    "load_what_fits",
    "mistake",
    "nine_digits",
    "refusal",
    "require",
    "same",
    "weighed",
]

# Reasons to widen a case that several problems share: @case(..., **ROUNDED_SCORES).
BY_LOGSUMEXP: dict[str, Any] = {
    "widen": 10.0,
    "because": "what goes through logsumexp is right too, and keeps half a float32 step of 500 to 1000: 6e-5 at most",
}
ROUNDED_SCORES: dict[str, Any] = {
    "widen": 100.0,
    "because": "a rounding error of a score near 500 is a relative error of 1e-4 of its weight",
}

T = TypeVar("T")
Verify = Callable[["Observed", "Observed", Draw], None]


@dataclass(frozen=True)
class Case:
    """A hidden test: ``run(solve, draw)`` uses a candidate and returns what it observed.

    ``verify(seen, expected, draw)`` replaces the comparison with the reference where the right answer is not unique.
    ``widen`` multiplies the allowed difference, for the reason that ``because`` states.
    """

    name: str
    kind: str
    run: Callable[[Any, Draw], dict[str, Any]]
    verify: Verify | None = None
    widen: float = 1.0
    float64: bool = False


@dataclass(frozen=True)
class Weighing:
    """A case that the official verdict runs alone in a process, whose memory is seen from outside.

    The process may hold ``spare_mb`` more at its peak than the reference's.
    """

    case: Case
    spare_mb: int


class CheckFailed(Exception):
    """A check of a verify failed. ``what`` is the check's identity: two failures of one check are alike."""

    def __init__(self, what: str, message: str) -> None:
        super().__init__(message)
        self.what = what
        self.message = message


class Observed(dict[str, Any]):
    """What a case saw, by path; tensors as tensors. A path that was not observed fails the check."""

    @classmethod
    def of(cls, leaves: dict[str, Leaf]) -> Observed:
        """Observations as a verify reads them."""
        return cls({path: leaf.data if isinstance(leaf, TensorLeaf) else leaf for path, leaf in leaves.items()})

    def __missing__(self, path: str) -> Any:
        raise CheckFailed(f"{path} missing", f"`{path}` is missing.")


def case(
    name: str,
    *,
    kind: str,
    verify: Verify | None = None,
    widen: float = 1.0,
    because: str = "",
    float64: bool = False,
) -> Callable[[Callable[[Any, Draw], dict[str, Any]]], Case]:
    """Make a hidden case of a function ``run(solve, draw)``.

    Parameters
    ----------
    name: what the learner sees, e.g. "training: output and running statistics".
    kind: one of `torch_judge.report.KINDS`.
    verify: judges the observations where the right answer is not unique; runs on the judge's side.
    widen: multiplies the allowed difference; needs ``because``, the reason.
    float64: the case draws float64 (skipped on MPS, which has none).
    """
    if kind not in KINDS:
        raise ProblemError(f"Case {name!r} has the unknown kind {kind!r}.", f"Use one of {', '.join(KINDS)}.")
    if widen != 1.0 and not because:
        raise ProblemError(f"Case {name!r} widens its tolerance without a reason.", "Say why in `because`.")

    def decorate(run: Callable[[Any, Draw], dict[str, Any]]) -> Case:
        return Case(name, kind, run, verify, widen, float64)

    return decorate


def weighed(name: str, *, spare_mb: int) -> Callable[[Callable[[Any, Draw], dict[str, Any]]], Weighing]:
    """Make a `Weighing` of a function ``run(solve, draw)``, at a size where what must not be there shows.

    Leave room for what a learner imports, a hundred megabytes and more: half of what must not be there is a good limit.
    """

    def decorate(run: Callable[[Any, Draw], dict[str, Any]]) -> Weighing:
        return Weighing(Case(name, "cost", run, widen=10.0), spare_mb)

    return decorate


def mistake(message: str, varies: str = "") -> Callable[[T], T]:
    """Mark a wrong solution of variants.py; its name is the mistake's id, ``message`` what a teacher would say.

    ``varies`` says that its results depend on more than its arguments: on "history" (the calls before), or on "chance"
    (random numbers, which need not agree with the learner's: other facts that the cases see tell what is wrong).
    """

    def decorate(solution: T) -> T:
        solution.__torch_judge_mistake__ = message, varies  # type: ignore[attr-defined]
        return solution

    return decorate


def accepted(solution: T) -> T:
    """Mark a right solution of variants.py, written in another way than the reference."""
    solution.__torch_judge_accepted__ = True  # type: ignore[attr-defined]
    return solution


def attempt(call: Callable[..., Any], *args: object) -> Any:
    """What ``call(*args)`` returns; "refused" for a ValueError or RuntimeError (torch itself raises now the one, now
    the other); another error's name. So the rest of a case is observed all the same, and messages do not matter.
    """
    try:
        return call(*args)
    except (ValueError, RuntimeError):
        return "refused"
    except Exception as error:
        return f"ended by {type(error).__name__}"


def refusal(call: Callable[..., object], *args: object) -> str:
    """How `attempt` ends where a statement asks for a ValueError: "refused", "accepted", or by another error."""
    result = attempt(call, *args)
    return result if isinstance(result, str) else "accepted"


def load_what_fits(module: torch.nn.Module, state: dict[str, torch.Tensor]) -> str:
    """Load ``state`` as far as names and shapes agree; returns what a strict loading would complain of, in words."""
    own = module.state_dict()
    fits = {name for name in own.keys() & state.keys() if own[name].shape == state[name].shape}
    module.load_state_dict({name: state[name] for name in fits}, strict=False)
    complaints = [f"{name} is missing" for name in sorted(state.keys() - own.keys())]
    complaints += [f"{name} is unknown" for name in sorted(own.keys() - state.keys())]
    complaints += [f"{name} has another shape" for name in sorted((own.keys() & state.keys()) - fits)]
    return "; ".join(complaints) or "every name and shape fits"


def require(condition: bool, what: str, message: str) -> None:
    """Within a verify: fail the check ``what`` with the learner's message unless ``condition`` holds."""
    if not condition:
        raise CheckFailed(what, message)


def same(path: str, actual: Any, expected: Any, message: str = "", widen: float = 1.0) -> None:
    """Within a verify: ``actual`` must be like ``expected`` in type, shape, dtype and values."""
    found = compare_leaf(path, leaf_of(actual), leaf_of(expected), device=None, widen=widen)
    if found is not None:
        raise CheckFailed(f"{path} {found.what}", f"{message} {found.message}".strip())


def nine_digits(seen: Observed, expected: Observed, draw: Draw) -> None:
    """A verify of a float64 case: compares as ever, but what lost its digits in float32 fails alike, however rounded.

    Number by number, no two solutions that lost them would agree, and the mistake would go without its name.
    """
    for path, want in expected.items():
        got = seen[path]
        found = compare_leaf(path, leaf_of(got), leaf_of(want), device=None)
        if found is not None:
            coarse = isinstance(got, torch.Tensor) and got.shape == want.shape and has_digits_of_float32(got, want)
            raise CheckFailed(f"digits of {path}" if coarse else f"{path}: {found.actual}", found.message)


def weighings_of(namespace: dict[str, Any]) -> tuple[Weighing, ...]:
    """The weighings that a cases.py defined."""
    return tuple(value for value in namespace.values() if isinstance(value, Weighing))


def cases_of(namespace: dict[str, Any]) -> tuple[Case, ...]:
    """The cases that a cases.py defined, in its order."""
    return tuple(value for value in namespace.values() if isinstance(value, Case))


def mistakes_of(module: ModuleType) -> dict[str, tuple[str, str, Any]]:
    """The mistakes of a variants.py: id to (message, what it varies by, solution)."""
    return {
        name: (*value.__torch_judge_mistake__, value)
        for name, value in vars(module).items()
        if hasattr(value, "__torch_judge_mistake__")
    }


def accepted_of(module: ModuleType) -> dict[str, Any]:
    """The accepted variants of a variants.py, by name."""
    return {name: value for name, value in vars(module).items() if hasattr(value, "__torch_judge_accepted__")}
