"""A syntax tree with places to put something else, and what operators ask of its nodes."""

from __future__ import annotations

import ast
import builtins
import copy
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Spot:
    """A node, where it hangs, and what is above it (outermost first)."""

    node: ast.AST
    parent: ast.AST
    field: str
    index: int | None
    above: tuple[ast.AST, ...]

    def put(self, node: ast.AST) -> None:
        """Let ``node`` hang here."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def is_docstring(node: ast.AST) -> bool:
    """Whether a statement is a bare string."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def number(node: ast.AST) -> int | float | None:
    """The value of a literal number, its sign included."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = number(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value  # type: ignore[return-value]
    return None


def literal(value: int | float) -> ast.expr:
    """A literal number; a negative one as a minus before it, so that `(-2) ** x` keeps its parentheses."""
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)


def changed(node: ast.AST, **fields: Any) -> Any:
    """A copy of ``node`` with other ``fields``."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def without(items: list[Any], index: int) -> list[Any]:
    """The list without one item."""
    return items[:index] + items[index + 1 :]


def called(node: ast.AST) -> str:
    """The last name of what a call calls, "" if ``node`` is no call by name."""
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def is_builtin(name: str) -> bool:
    """Whether a bare name is one of Python's functions."""
    return hasattr(builtins, name)
