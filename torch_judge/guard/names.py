"""What the names in a learner's code mean: definitions of their own, or objects of a library."""

from __future__ import annotations

import ast
import linecache
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from torch_judge.cases.frames import is_learners
from torch_judge.submission import Program
from torch_judge.submission.magics import parsed

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


@dataclass(frozen=True)
class Defined:
    """A top-level definition of the learner's: its node, and the file or cell that it stands in."""

    node: Definition
    filename: str
    source: str


class Names(Protocol):
    """What a global name of the learner's code means."""

    def definition(self, name: str) -> Defined | None:
        """The learner's own definition of ``name``."""

    def dotted(self, name: str) -> str | None:
        """The dotted name of the library object that ``name`` is bound to, e.g. "torch.nn.functional"."""


class ProgramNames:
    """Names of a submission read from a file; nothing is executed.

    Files that come along are read first: where a cell binds the same name, the cell's counts.
    """

    def __init__(self, program: Program) -> None:
        self._definitions: dict[str, Defined] = {}
        self._imports: dict[str, str] = {}
        self.trees: list[tuple[str, str, ast.Module]] = []
        modules = [file for file in program.files if file.path.endswith(".py")]
        self._modules = {file.path.removesuffix(".py").split("/")[0] for file in modules}
        texts = [(file.path, file.text) for file in modules] + [(cell.label, cell.source) for cell in program.cells]
        for label, source in texts:
            tree = parse(source)
            if tree is None:
                continue
            self.trees.append((label, source, tree))
            for node in ast.walk(tree):
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    self._imports.update(imported(node))
            for statement in _top_level(tree):
                for name in _targets(statement):
                    self._definitions[name] = Defined(statement, label, source)  # type: ignore[arg-type]

    def definition(self, name: str) -> Defined | None:
        """The last top-level definition of ``name``, which may be dotted or imported from a file of the learner's."""
        dotted = self._imports.get(name, name)
        if dotted.split(".")[0] in self._modules:
            name = dotted.rpartition(".")[2]
        return self._definitions.get(name)

    def dotted(self, name: str) -> str | None:
        """What an import bound ``name`` to."""
        return self._imports.get(name)


class LiveNames:
    """Names of a live object's globals: whatever the notebook holds now, not what old cells said."""

    def __init__(self, candidate: object) -> None:
        self._globals = globals_of(candidate)

    def definition(self, name: str) -> Defined | None:
        """Where the function or class that ``name`` holds now was defined."""
        return defined(self._globals.get(name))

    def dotted(self, name: str) -> str | None:
        """The library object that ``name`` is bound to now."""
        value = self._globals.get(name)
        if isinstance(value, types.ModuleType):
            return value.__name__
        module, bare = getattr(value, "__module__", None), getattr(value, "__name__", None)
        if isinstance(bare, str) and (isinstance(module, str) or callable(value)):
            root = module if isinstance(module, str) else _torch_home(value, bare)
            return f"{root}.{bare}" if root else None
        return None


@lru_cache(maxsize=32)  # a tree is hundreds of objects, which the collector goes through
def parse(source: str) -> ast.Module | None:
    """The tree of a source, or None if it has a syntax error or is nested too deeply."""
    return parsed(source)


def imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    """The names that an import statement binds, with what they are bound to."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield (alias.asname, alias.name) if alias.asname else (alias.name.split(".")[0],) * 2
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for alias in node.names:
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _top_level(tree: ast.Module) -> Iterator[ast.stmt]:
    """Statements of a module, those within if, try, with and for included."""
    work: list[ast.AST] = list(reversed(tree.body))
    while work:
        node = work.pop()
        if isinstance(node, ast.stmt):
            yield node
        if isinstance(node, (ast.If, ast.Try, ast.With, ast.For, ast.While, ast.ExceptHandler)):
            work += reversed(list(ast.iter_child_nodes(node)))


def _targets(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield statement.name
    elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        yield from (n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name))


def globals_of(candidate: object) -> dict[str, Any]:
    """The names around a live function or class: its module's, or the notebook's."""
    function = _function_of(candidate)
    return getattr(function, "__globals__", {})


def _function_of(value: object) -> types.FunctionType | None:
    """A function whose code tells where ``value`` was defined: itself, or a method of the class (which has no file)."""
    if isinstance(value, type):
        methods = [m.__func__ if isinstance(m, (staticmethod, classmethod)) else m for m in vars(value).values()]
        return next(
            (m for m in methods if isinstance(m, types.FunctionType) and is_learners(m.__code__.co_filename)),
            None,
        )
    value = getattr(value, "__wrapped__", value)
    value = getattr(value, "__func__", value)
    return value if isinstance(value, types.FunctionType) else None


def defined(value: object) -> Defined | None:
    """Where a live function or class of the learner's stands; None if it is none, or has no source."""
    function = _function_of(value)
    if function is None or not is_learners(function.__code__.co_filename):
        return None
    filename, line = function.__code__.co_filename, function.__code__.co_firstlineno
    source = "".join(linecache.getlines(filename))
    tree = parse(source)
    if tree is None:
        return None
    for node in _top_level(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign)):
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            if first <= line <= (node.end_lineno or first):
                return Defined(node, filename, source)
    return None


def _torch_home(value: object, name: str) -> str | None:
    torch = sys.modules.get("torch")
    return "torch" if torch is not None and getattr(torch, name, None) is value else None


def source_of(candidate: object) -> str:
    """The text of a live candidate's own definition; "" if it has none."""
    found = defined(candidate)
    return (ast.get_source_segment(found.source, found.node) or "") if found else ""
