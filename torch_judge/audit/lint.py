"""Rules for cases.py, by its syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from torch_judge.bank import Problem
from torch_judge.guard.concepts import matcher
from torch_judge.guard.names import imported

MAX_LINES = 300
RANDOM = re.compile(
    r"torch\.(rand\w*|normal|bernoulli|multinomial|poisson|manual_seed|seed|nn\.init\.\w+)|random\.\w+|numpy\.random\.\w+"
)
FILLERS = {"normal_", "uniform_", "random_", "bernoulli_", "exponential_", "log_normal_", "cauchy_", "geometric_"}


def lint_cases(problem: Problem) -> list[str]:
    """What is wrong with cases.py: randomness that is not the draw's, forbidden APIs, length."""
    lines = len(problem.cases.splitlines())
    long = [f"cases.py has {lines} lines, more than {MAX_LINES}. Merge cases, or share helpers."]
    return [*(long if lines > MAX_LINES else []), *_calls(problem)]


def _calls(problem: Problem) -> Iterator[str]:
    tree = ast.parse(problem.cases)
    names = dict(pair for node in ast.walk(tree) for pair in imported(node))
    matches = matcher(problem.forbidden)
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Attribute, ast.Name)):
            continue
        dotted = _dotted(node, names)
        last = node.attr if isinstance(node, ast.Attribute) else ""
        if RANDOM.fullmatch(dotted) or last in FILLERS:
            yield f"cases.py, line {node.lineno}: `{dotted or last}` is randomness of its own. Use the draw."
        if dotted.startswith("torch.") and matches(dotted.rpartition(".")[2]):
            yield f"cases.py, line {node.lineno}: `{dotted}` is forbidden, so the guard would blame the learner."


def _dotted(node: ast.AST, names: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value, names)
        return f"{base}.{node.attr}" if base else ""
    return ""
