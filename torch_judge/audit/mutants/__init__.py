"""First-order mutants of a reference solution: each is the source with one small thing changed.

Only what the entry reaches is changed; docstrings, annotations, imports and error messages are left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from torch_judge.audit.mutants.operators import OPERATORS
from torch_judge.audit.mutants.tree import Spot, is_docstring, number

UNTOUCHED = (ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.JoinedStr)
FIELDS = {"annotation", "returns", "decorator_list", "msg", "ctx"}
"""Fields of a node that are not looked into."""


@dataclass(frozen=True)
class Mutant:
    """One mutant. ``line`` counts in solution.py; ``was`` and ``now`` are its text as ast.unparse writes it."""

    operator: str
    line: int
    was: str
    now: str
    source: str


def mutants(source: str, entry: str) -> list[Mutant]:
    """Every first-order mutant of what ``entry`` reaches in ``source``, in the order of the lines, each source once."""
    tree = ast.parse(source)
    base = ast.unparse(tree)
    found: dict[str, Mutant] = {base: Mutant("", 0, "", "", base)}
    for spot in _spots_of(tree, entry):
        for name, mutate in OPERATORS.items():
            # The tree is changed below: what an operator yields is gathered before.
            for node in list(mutate(spot)):
                spot.put(node)
                text = ast.unparse(tree)
                spot.put(spot.node)
                if text not in found and _compiles(text):
                    found[text] = Mutant(name, _line(spot), *_difference(base, text), text)
    return sorted(list(found.values())[1:], key=lambda m: m.line)


def _difference(base: str, text: str) -> tuple[str, str]:
    """The first line that differs, before and after; ast.unparse gives every simple statement a line of its own."""
    for was, now in zip_longest(base.splitlines(), text.splitlines(), fillvalue=""):
        if was != now:
            return was.strip(), now.strip()
    return "", ""


def _compiles(text: str) -> bool:
    try:
        compile(text, "<mutant>", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _line(spot: Spot) -> int:
    return next((n.lineno for n in (spot.node, *reversed(spot.above)) if hasattr(n, "lineno")), 0)


def _spots_of(tree: ast.Module, entry: str) -> Iterator[Spot]:
    reached = _reached(tree, entry)
    for index, node in enumerate(tree.body):
        if node in reached:
            yield from _spots(Spot(node, tree, "body", index, (tree,)))


def _reached(tree: ast.Module, entry: str) -> list[ast.stmt]:
    """The top-level statements that bind ``entry``, or a name that a reached statement uses."""
    names, size = {entry}, 0
    reached: list[ast.stmt] = []
    while len(names) > size:
        size = len(names)
        reached = [node for node in tree.body if _bound(node) & names]
        names |= {n.id for node in reached for n in ast.walk(node) if isinstance(n, ast.Name)}
    return reached


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {n.id for target in targets if target is not None for n in ast.walk(target) if isinstance(n, ast.Name)}


def _spots(spot: Spot) -> Iterator[Spot]:
    node = spot.node
    if isinstance(node, UNTOUCHED) or is_docstring(node):
        return
    yield spot
    if isinstance(node, ast.Raise) or number(node) is not None:
        return
    for field, value in ast.iter_fields(node):
        if field in FIELDS:
            continue
        children = value if isinstance(value, list) else [value]
        for index, child in enumerate(children):
            if isinstance(child, ast.AST):
                above = (*spot.above, node)
                yield from _spots(Spot(child, node, field, index if isinstance(value, list) else None, above))
