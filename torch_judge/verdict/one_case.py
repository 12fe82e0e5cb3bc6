"""One case's verdict: what a candidate observed, against what the reference observed."""

from __future__ import annotations

import ast
from dataclasses import replace

from torch_judge.bank import Problem
from torch_judge.cases.authoring import Case, CheckFailed, Observed
from torch_judge.cases.compare import compare_kept, compare_seen
from torch_judge.cases.frames import CASE
from torch_judge.cases.heat import pictured
from torch_judge.cases.observations import Seen
from torch_judge.observe import NOT_RUN, Setting, draw_for
from torch_judge.report import CaseResult, ExceptionInfo, Frame, Mismatch

RAISES = "raises"


def mismatches_of(case: Case, seen: Seen, expected: Seen, setting: Setting) -> tuple[Mismatch, ...]:
    """How the observations of a case that ran to its end differ from what is right, the plainest first.

    An argument that was changed, or a gradient that does not arrive, explains wrong numbers elsewhere.
    """
    if case.verify is None:
        found = compare_seen(seen, expected, device=setting.device, widen=case.widen)
    else:
        found = (*_check(case, seen, expected, setting), *compare_kept(seen, expected, widen=case.widen))
    return tuple(sorted(found, key=_rank)) if len(found) > 1 else found


def wrong_in(case: Case, seen: Seen, expected: Seen, setting: Setting) -> frozenset[str]:
    """The names of what is wrong in a case: observations, checks of a verify, or `RAISES`."""
    if seen.exception is not None or seen.stopped:
        return frozenset({RAISES})
    return frozenset(m.observation for m in mismatches_of(case, seen, expected, setting))


def _rank(mismatch: Mismatch) -> int:
    if mismatch.what == "changed":
        return 0
    return 1 if mismatch.actual == "no gradient" else 2


def _check(case: Case, seen: Seen, expected: Seen, setting: Setting) -> tuple[Mismatch, ...]:
    assert case.verify is not None
    try:
        # Verify runs on the judge's side, on CPU observations, with a fresh draw of the same seed.
        draw = draw_for(case, Setting(setting.problem, setting.seed))
        case.verify(Observed.of(seen.observations), Observed.of(expected.observations), draw)
    except CheckFailed as failed:
        return (Mismatch(failed.what, "check", failed.message),)
    except Exception as error:
        text = f"What the case saw could not be read ({type(error).__name__}: {error}); check types and shapes."
        return (Mismatch("observations", "check", text),)
    return ()


def judge_case(case: Case, seen: Seen, expected: Seen, setting: Setting, problem: Problem) -> CaseResult:
    """The result of one case as the report shows it."""
    return drawn(plain_result(case, seen, expected, setting, problem), case, seen, expected)


def drawn(row: CaseResult, case: Case, seen: Seen, expected: Seen) -> CaseResult:
    """The result with pictures of wrong matrices."""
    return replace(row, mismatches=pictured(row.mismatches, seen, expected, case.widen)) if row.mismatches else row


def plain_result(case: Case, seen: Seen, expected: Seen, setting: Setting, problem: Problem) -> CaseResult:
    """The result of one case without pictures, which cost as much again: most rows are only weighed."""
    found: tuple[Mismatch, ...] = ()
    if seen.stopped:
        message = f"{seen.stopped[0].upper()}{seen.stopped[1:]}."
    elif seen.exception is not None:
        message = _raised(seen.exception, problem)
    else:
        found = mismatches_of(case, seen, expected, setting)
        message = found[0].message if found else ""
    return CaseResult(
        name=case.name,
        kind=case.kind,
        passed=not message,
        seconds=seen.seconds,
        message=message,
        mismatches=found,
        exception=seen.exception,
        output=seen.output,
        ran=not seen.stopped.startswith(NOT_RUN),
    )


def _raised(exception: ExceptionInfo, problem: Problem) -> str:
    last = exception.frames[-1] if exception.frames else Frame("", "")
    if exception.type == "SystemExit":
        return "Your code asked Python to exit. Return the result instead."
    if last.place in ("", CASE) and len(exception.frames) < 2:
        return _unusable(exception, last.code, problem)
    where = f" in {last.place}" if last.place else ""
    what = exception.message or f"`{last.code}`"
    return f"Your code raised `{exception.type}`{where}: {what}"


def _unusable(exception: ExceptionInfo, line: str, problem: Problem) -> str:
    """The case itself raised: at the call, or on what came back."""
    used = f" in its line `{line}`" if line else ""
    if "'NoneType' object" in exception.message:
        own = next((name for name in ("eval", "train", "to") if f".{name}(" in line), "")
        hint = (
            f"a method `{own}` of your own must end with `return self`" if own else "end it with `return` and a value"
        )
        return f"Your code gave `None`, and the case could not go on{used}: {hint}. ({exception.message})"
    if exception.type in ("TypeError", "AttributeError"):
        return f"The call failed: {exception.message}. The statement asks for `{signature(problem)}`."
    return f"The case could not go on with what your code gave it{used}: `{exception.type}`: {exception.message}"


def signature(problem: Problem) -> str:
    """The entry's signature as the starter writes it: ``f(x, eps=1e-5)`` or ``class C: __init__(self, p)``."""
    for node in ast.parse(problem.starter).body:
        if isinstance(node, ast.FunctionDef) and node.name == problem.entry:
            return f"{node.name}({ast.unparse(node.args)})"
        if isinstance(node, ast.ClassDef) and node.name == problem.entry:
            methods = [
                f"{m.name}({ast.unparse(m.args)})"
                for m in node.body
                if isinstance(m, ast.FunctionDef) and (m.name == "__init__" or not m.name.startswith("_"))
            ]
            return f"class {node.name}: {', '.join(methods)}"
    return problem.entry
