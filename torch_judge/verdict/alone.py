"""State that outlives a call: a failing case that passes when nothing ran before it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from torch_judge.cases.authoring import Case
from torch_judge.cases.observations import Seen
from torch_judge.guard.names import Defined, parse
from torch_judge.observe import Setting, clean_state, observe_case
from torch_judge.report import Diagnosis, Report
from torch_judge.submission import Cell, Program
from torch_judge.verdict.known import Known
from torch_judge.verdict.one_case import plain_result

TRIED = 4
"""How many failing cases are tried again, at most."""
ANEW = """
def {entry}(*args, _code=compile({source!r}, "<anew>", "exec"), **kwargs):
    namespace = {{
        name: type(value)() if type(value) in (dict, list, set) and not name.startswith("_") else value
        for name, value in globals().items()
    }}
    exec(_code, namespace)
    return namespace[{entry!r}](*args, **kwargs)
"""
_EMPTY = ("dict", "list", "set", "defaultdict", "Counter", "OrderedDict", "deque", "zeros", "ones", "tensor", "empty")


def told_alone(
    report: Report, known: Known, setting: Setting, written: Defined | None, observed: Callable[[Case], Seen | None]
) -> Report:
    """The report, with shared state named, if a failing case that is not explained passes as ``observed`` sees it.

    ``observed`` gives what a case sees of an entry that is defined anew at every call.

    Where a case was stopped nothing is tried again: what ran into a limit once would run into it each time.
    """
    explained = {name for diagnosis in report.diagnosis for name in diagnosis.cases}
    failing = [row for row in report.failed if row.name in {case.name for case in known.cases}]
    stopped = any(row.exception is None and not row.mismatches for row in failing)
    if report.accepted or stopped or len(report.cases) < 2 or {row.name for row in failing} <= explained:
        return report
    passing = []
    for case in (known.case(row.name) for row in failing[:TRIED]):
        seen = observed(case)
        if seen is None:
            return report
        if plain_result(case, seen, known.expected(case, setting.seed), setting, known.problem).passed:
            passing.append(case.name)
    if not passing:
        return report
    others = (diagnosis for diagnosis in report.diagnosis if not set(diagnosis.cases) & set(passing))
    return replace(report, diagnosis=(Diagnosis("shared_state", _message(written), tuple(passing)), *others))


def _message(written: Defined | None) -> str:
    names = [f"`{name}`" for name in dict.fromkeys(_kept(written.node) if written else ())]
    where = f" Look at {' and '.join(names)}." if names else ""
    return (
        "Your code keeps something that outlives a call: where nothing was called before, it is right. Look for a "
        f"class attribute, a global or a default argument that is changed.{where} "
        "What one object needs belongs on `self`."
    )


def rebuilt(written: Defined, entry: str, around: dict[str, Any]) -> Callable[[Case, Setting], Seen | None]:
    """Observes a case on an entry that is defined anew, by its own cell, at every call (of a class: every object)."""
    text = _anew(written, entry)
    if not text:
        return lambda case, setting: None
    namespace = dict(around)
    exec(compile(text, "<anew>", "exec"), namespace)

    def observed(case: Case, setting: Setting) -> Seen | None:
        with clean_state():
            return observe_case(case, namespace[entry], setting)

    return observed


def rewritten(program: Program, written: Defined, entry: str) -> Program | None:
    """The program with such an entry behind its own; it is evidence for a name, and never what is judged."""
    text = _anew(written, entry)
    return replace(program, cells=(*program.cells, Cell("anew", text))) if text else None


def _anew(written: Defined, entry: str) -> str:
    """The source of a function with the name of the entry: it defines the entry anew and calls it."""
    tree = parse(written.source)
    nodes = [node for node in tree.body if _harmless(node)] if tree else []
    named = [node for node in nodes if getattr(node, "name", "") == entry]
    if not named or named[-1].lineno != written.node.lineno:  # the cell's entry is another one
        return ""
    return ANEW.format(entry=entry, source=ast.unparse(ast.Module(nodes, [])))


def _harmless(node: ast.stmt) -> bool:
    """A definition, an import, or a plain value: nothing that takes long or prints."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
        return True
    if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
        return False
    calls = (call.func for call in ast.walk(node.value) if isinstance(call, ast.Call))
    return all(getattr(call, "attr", getattr(call, "id", "")) in _EMPTY for call in calls)


def _kept(node: ast.AST) -> Iterator[str]:
    """Names that may hold what is shared: class attributes, globals that are set, defaults that can change."""
    for part in ast.walk(node):
        if isinstance(part, ast.Global):
            yield from part.names
        elif isinstance(part, ast.ClassDef):
            for statement in part.body:
                if isinstance(statement, (ast.Assign, ast.AnnAssign)):
                    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                    yield from (target.id for target in targets if isinstance(target, ast.Name))
        elif isinstance(part, ast.FunctionDef):
            given = part.args.args[len(part.args.args) - len(part.args.defaults) :]
            for argument, default in zip(given, part.args.defaults, strict=True):
                if isinstance(default, (ast.Dict, ast.List, ast.Set, ast.Call)):
                    yield argument.arg
