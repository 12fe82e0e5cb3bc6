"""Mutants of a claim: a claim that stays the same whatever is changed in it proves nothing."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator

OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def opposite(claim: str) -> str:
    """The claim that is False where this one is True; NaN makes both of them False."""
    tree = ast.parse(claim, mode="eval").body
    if isinstance(tree, ast.Compare) and len(tree.ops) == 1:
        tree.ops = [OPPOSITE[type(tree.ops[0])]()]
        return ast.unparse(tree)
    return f"not ({claim})"


def mutants(comparison: str) -> Iterator[str]:
    """A comparison with one number, text or truth value changed, or with the two sides of an order swapped.

    None of anything else: of `keeps_rows(nn.LayerNorm(4))` the 4 means nothing.
    """
    tree = ast.parse(comparison, mode="eval").body
    if not isinstance(tree, ast.Compare) or len(tree.ops) != 1:
        return
    if isinstance(tree.ops[0], ORDERS):
        yield ast.unparse(ast.Compare(tree.comparators[0], tree.ops, [tree.left]))
    for index, node in enumerate(ast.walk(tree)):
        if isinstance(node, ast.Constant) and (new := _other(node.value)) is not None:
            changed = copy.deepcopy(tree)
            twin = list(ast.walk(changed))[index]
            assert isinstance(twin, ast.Constant)
            twin.value = new
            yield ast.unparse(changed)


def _other(value: object) -> int | float | str | bool | None:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}?" if isinstance(value, str) else None


def weakness(claim: str, evaluate: Callable[[str], object]) -> str:
    """Why a claim proves nothing, "" if it can come out either way; ``evaluate`` gives the value of an expression."""
    tree = ast.parse(claim, mode="eval").body
    if isinstance(tree, ast.BoolOp):
        return next(filter(None, (weakness(ast.unparse(part), evaluate) for part in tree.values)), "")
    if not any(isinstance(node, ast.Name) for node in ast.walk(tree)):
        return "it speaks of nothing that was run"
    value = evaluate(claim)
    if _safely(evaluate, opposite(claim)) is value:
        return f"its opposite `{opposite(claim)}` is {value}, too"
    changed = list(mutants(claim))
    if value is True and changed and all(_safely(evaluate, mutant) is True for mutant in changed):
        return f"it is still True as `{changed[0]}`"
    return ""


def _safely(evaluate: Callable[[str], object], claim: str) -> object:
    try:
        return evaluate(claim)
    except Exception as error:
        return error
