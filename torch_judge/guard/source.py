"""The source scan: forbidden names that code reachable from the entry uses, aliases and imports resolved.

Only what the entry reaches counts, so a debug cell may compare with torch's own layer. Strings, comments and
docstrings are never looked at.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from torch_judge.cases.frames import place
from torch_judge.guard.concepts import LIBRARIES, Matcher
from torch_judge.guard.names import Defined, LiveNames, Names, ProgramNames, defined, imported
from torch_judge.report import Violation
from torch_judge.submission import Program

PUBLIC = {
    "authoring",
    "check",
    "hint",
    "status",
    "solution",
    "replay",
    "reset_progress",
    "judge",
    "Report",
    "__version__",
}
RECURSION = 50_000  # Python parses at most 6,000 levels, each of which is a few calls here
REACHES_IN = (
    "gc.get_objects", "gc.get_referrers", "gc.get_referents", "sys._getframe", "sys._current_frames", "sys.settrace",
    "sys.setprofile", "inspect.stack", "inspect.currentframe", "inspect.getouterframes", "ctypes",
)  # fmt: skip
SWITCHES_OFF = (
    "torch._C._disable", "torch._C.Disable", "torch._C._Disable", "torch._C._len_torch", "torch._C._pop_torch",
    "torch._C._set_torch", "torch.utils._python_dispatch._disable", "torch.autograd._disable_profiler",
    "torch.overrides._disable",
)  # fmt: skip
"""Dotted names that reach into the judge, and beginnings of those that switch its witnesses off."""


@dataclass
class Findings:
    """What the scan found: violations, dotted names that were imported but never used by the entry, and where the
    entry is defined.
    """

    violations: list[Violation] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    entry: Defined | None = None

    def add(self, api: str, where: Defined, node: ast.AST) -> None:
        """Record the use of ``api`` at ``node``; each API counts once."""
        line = getattr(node, "lineno", 1)
        if all(v.api != api for v in self.violations):
            lines = where.source.splitlines()
            code = lines[line - 1].strip() if line <= len(lines) else ""
            self.violations.append(Violation(api, "source", f"{place(where.filename, line)}: `{code}`"))


def scan_program(program: Program, entry: str, matches: Matcher) -> Findings:
    """Scan a submission read from a file: what ``entry`` reaches for forbidden APIs, everything for tampering."""
    with deep_recursion():
        return _scan_program(program, entry, matches)


def _scan_program(program: Program, entry: str, matches: Matcher) -> Findings:
    names, findings = ProgramNames(program), Findings()
    findings.entry = names.definition(entry)
    used = _scan(names, names.definition(entry), matches, findings)
    if names.definition(entry) is None and (dotted := names.dotted(entry)) and _forbidden(dotted, matches):
        findings.violations.append(Violation(dotted, "source"))
    for label, source, tree in names.trees:
        whole = Defined(tree, label, source)  # type: ignore[arg-type]
        _Use(names, lambda _: False, findings, whole).visit(tree)
        for node in (node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))):
            for _, dotted in imported(node):
                if "." in dotted and _forbidden(dotted, matches) and dotted not in used:
                    findings.notes.append(f"`{dotted}` is imported but your solution does not use it.")
    return findings


def scan_live(candidate: object, matches: Matcher) -> Findings:
    """Scan what a live candidate reaches now. Objects without a source (built at run time) are passed over."""
    findings = Findings(entry=defined(candidate))
    with deep_recursion():
        _scan(LiveNames(candidate), defined(candidate), matches, findings)
    return findings


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Room for visiting what Python itself could parse: 600 `elif` are as many levels."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, RECURSION))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _scan(names: Names, start: Defined | None, matches: Matcher, findings: Findings) -> set[str]:
    """Visit every definition reachable from ``start``; returns the dotted names that were used."""
    work: list[Defined | None] = [start]
    done: set[tuple[str, int]] = set()
    used: set[str] = set()
    while work:
        defined = work.pop()
        if defined is None or (key := (defined.filename, defined.node.lineno)) in done:
            continue
        done.add(key)
        use = _Use(names, matches, findings, defined)
        use.visit(defined.node)
        used |= use.used
        work += [names.definition(name) for name in sorted(use.reached | use.used)]
    return used


class _Use(ast.NodeVisitor):
    """Uses of names within one definition, with local scopes respected."""

    def __init__(self, names: Names, matches: Callable[[str], bool], findings: Findings, where: Defined) -> None:
        self.names, self.matches, self.findings, self.where = names, matches, findings, where
        self.reached: set[str] = set()
        self.used: set[str] = set()
        self._scopes: list[dict[str, str | None]] = []

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:  # noqa: N802
        decorators = getattr(node, "decorator_list", [])
        for part in (*decorators, *node.args.defaults, *[d for d in node.args.kw_defaults if d]):
            self.visit(part)
        self._scopes.append(_locals(node))
        for part in node.body if isinstance(node.body, list) else [node.body]:
            self.visit(part)
        self._scopes.pop()

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815
    visit_Lambda = visit_FunctionDef  # noqa: N815

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:  # noqa: N802
        if node.value is not None:
            self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:  # noqa: N802
        if isinstance(node.func, ast.Name) and node.func.id == "getattr" and len(node.args) >= 2:
            base, name = self._resolve(node.args[0]), _text(node.args[1])
            if base and name:
                self._use(f"{base}.{name}", node)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:  # noqa: N802
        dotted = self._resolve(node)
        if dotted is None:
            self.visit(node.value)
        else:
            self._use(dotted, node)
            self._reach(node)

    def visit_Name(self, node: ast.Name) -> None:  # noqa: N802
        if isinstance(node.ctx, ast.Load):
            if dotted := self._resolve(node):
                self._use(dotted, node)
            self._reach(node)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:  # noqa: N802
        for _, dotted in imported(node):
            if _tampers(dotted):
                self.findings.add(dotted, self.where, node)

    visit_ImportFrom = visit_Import  # noqa: N815

    def _reach(self, node: ast.AST) -> None:
        while isinstance(node, ast.Attribute):
            node = node.value
        if isinstance(node, ast.Name) and not any(node.id in scope for scope in self._scopes):
            self.reached.add(node.id)

    def _use(self, dotted: str, node: ast.AST) -> None:
        self.used.add(dotted)
        if _forbidden(dotted, self.matches) or _tampers(dotted):
            self.findings.add(dotted, self.where, node)

    def _resolve(self, node: ast.AST) -> str | None:
        """The dotted name of a library object that an expression spells out, if it does."""
        if isinstance(node, ast.Attribute):
            base = self._resolve(node.value)
            return f"{base}.{node.attr}" if base else None
        if not isinstance(node, ast.Name):
            return None
        for scope in reversed(self._scopes):
            if node.id in scope:
                return scope[node.id]
        if self.names.definition(node.id) is not None:
            return None
        return self.names.dotted(node.id)


def _forbidden(dotted: str, matches: Callable[[str], bool]) -> bool:
    root, *rest = dotted.split(".")
    return root in LIBRARIES and (any(matches(part) for part in rest) or (root != "torch" and matches(root)))


def _tampers(dotted: str) -> bool:
    if dotted.startswith("torch_judge."):
        return dotted.removeprefix("torch_judge.").removeprefix("cases.").split(".")[0] not in PUBLIC
    reaches = any(dotted == name or dotted.startswith(f"{name}.") for name in REACHES_IN)
    return reaches or dotted.startswith(SWITCHES_OFF)


def _locals(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> dict[str, str | None]:
    """Names that a function binds itself: None, or the dotted name if a local import binds them."""
    arguments = function.args
    scope: dict[str, str | None] = {
        a.arg: None for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    }
    scope |= {a.arg: None for a in (arguments.vararg, arguments.kwarg) if a}
    body = function.body if isinstance(function.body, list) else [function.body]
    outer: set[str] = set()
    for node in (n for part in body for n in ast.walk(part)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            scope[node.id] = None
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            scope[node.name] = None
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            outer.update(node.names)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            scope.update(imported(node))
    return {name: dotted for name, dotted in scope.items() if name not in outer}


def _text(node: ast.AST) -> str | None:
    """The string that an expression of constants spells, e.g. "batch" + "_norm"."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        return left + right if left is not None and right is not None else None
    return None
