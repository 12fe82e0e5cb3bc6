"""Faults of every problem alike, each a fact that was seen: nothing written, an argument changed, no gradient."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from torch_judge.bank import Problem
from torch_judge.guard.names import Defined, parse
from torch_judge.report import CaseResult, Diagnosis

Function = ast.FunctionDef | ast.AsyncFunctionDef


def unwritten(problem: Problem, written: Defined, results: Sequence[CaseResult]) -> Diagnosis | None:
    """An empty body, or one without `return` where the reference has one, as the source shows."""
    theirs = _functions(written.node, problem.entry)
    ours = _functions(_entry(problem.solution, problem.entry), problem.entry)
    shared = [name for name in ours if name in theirs and not _blank(ours[name])]
    empty = [name for name in shared if _blank(theirs[name])]
    silent = [n for n in shared if n not in empty and _returns(ours[n]) and not _returns(theirs[n])]
    failing = tuple(r.name for r in results if not r.passed)
    whole = failing if len(empty) == len(shared) or "forward" in empty else ()
    if empty:
        has = f"{_listed(empty)} {'is' if len(empty) == 1 else 'are'} still empty."
        return Diagnosis("empty", f"{has} {_write(any(_returns(ours[name]) for name in empty))}", whole)
    if silent:
        text = f"{_listed(silent)} {'has' if len(silent) == 1 else 'have'} no `return`, so the result is `None`."
        return Diagnosis("returns_nothing", f"{text} End with `return` and the result.", failing)
    return None


def returned_nothing(results: Sequence[CaseResult]) -> tuple[Diagnosis, ...]:
    """The same where the source does not show it: no case passes, and wherever values were compared one is None."""
    compared = [r for r in results if r.mismatches]
    nothing = all(any(m.what == "type" and m.actual == "None" for m in r.mismatches) for r in compared)
    if not compared or not nothing or any(r.passed or r.exception for r in results):
        return ()
    message = "Your code returns `None`. End it with `return` and the result, whichever way it takes."
    return (Diagnosis("returns_nothing", message, tuple(r.name for r in results)),)


def seen_facts(results: Sequence[CaseResult]) -> Iterator[Diagnosis]:
    """Arguments that were changed, then gradients that do not arrive."""
    changed = _found(results, "changed", "")
    values = [name for name in changed if "." not in name]
    if values:
        verb = "is" if len(values) == 1 else "are"
        yield Diagnosis(
            "changes_argument",
            f"Your code changes {_listed(values)}, which {verb} the caller's. Leave out the in-place steps (`*=`, "
            "`+=`, `x[...] = `, methods whose names end in `_`), or work on a copy: `.clone()`.",
            _cases(results, changed),
        )
    missing = _found([r for r in results if not _no_tensor(r)], "type", "no gradient")
    if missing:
        names = [name.removeprefix("gradient of ") for name in missing]
        verb = "gets" if len(names) == 1 else "get"
        yield Diagnosis(
            "no_gradient",
            f"{_listed(names)} {verb} no gradient. Either the result does not depend on {_it(names)}, or the graph "
            "is cut on the way: look for `detach()`, `.data`, `.item()`, `torch.tensor(...)`, `no_grad`.",
            _cases(results, missing),
        )


def _no_tensor(result: CaseResult) -> bool:
    """Whether something else than a gradient is of the wrong type: then there is nothing to ask a gradient of."""
    return any(m.what == "type" and m.actual != "no gradient" for m in result.mismatches)


def _found(results: Sequence[CaseResult], what: str, actual: str) -> dict[str, list[str]]:
    """Observation to the cases in which it is so."""
    found: dict[str, list[str]] = {}
    for result in results:
        for m in result.mismatches:
            if m.what == what and (not actual or m.actual == actual):
                found.setdefault(m.observation, []).append(result.name)
    return found


def _cases(results: Sequence[CaseResult], found: dict[str, list[str]]) -> tuple[str, ...]:
    names = {name for cases in found.values() for name in cases}
    return tuple(r.name for r in results if r.name in names)


def _functions(node: ast.AST | None, entry: str) -> dict[str, Function]:
    """A function, called as the entry is, or the methods of a class by their names."""
    if isinstance(node, Function):
        return {entry: node}
    if isinstance(node, ast.ClassDef):
        return {f.name: f for f in node.body if isinstance(f, Function)}
    return {}


def _entry(source: str, name: str) -> ast.AST | None:
    tree = parse(source)
    return next((n for n in tree.body if getattr(n, "name", "") == name), None) if tree else None


def _blank(function: Function) -> bool:
    return all(
        isinstance(node, ast.Pass)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.Raise) and "NotImplemented" in ast.unparse(node))
        for node in function.body
    )


def _returns(function: Function) -> bool:
    """Whether it returns or yields something itself, inner functions apart."""
    work: list[ast.AST] = list(function.body)
    while work:
        node = work.pop()
        if isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) != "None":
            return True
        if isinstance(node, (ast.Yield, ast.YieldFrom, ast.Await)):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            work += ast.iter_child_nodes(node)
    return False


def _write(returning: bool) -> str:
    return "Write its body, and end it with `return` and the result." if returning else "Write its body."


def _it(names: Sequence[str]) -> str:
    return "it" if len(names) == 1 else "them"


def _listed(names: Sequence[str] | dict[str, list[str]]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
