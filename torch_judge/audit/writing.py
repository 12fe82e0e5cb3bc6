"""What an author still has to write: placeholders, a signature of something else, no variants."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from torch_judge.audit.findings import Exam
from torch_judge.bank import Problem
from torch_judge.bank.scaffold import PLACEHOLDER

WRITTEN = ("statement.md", "notes.md", "problem.toml")
Parameters = list[tuple[str, str]]


def check_writing(exam: Exam) -> list[str]:
    """What is missing, a sentence each."""
    problem = exam.problem
    faults = [*_placeholders(problem), *_signature(problem)]
    if not exam.known.accepted():
        faults.append("No variant is accepted: variants.py has none. Write at least five other ways, `@accepted` each.")
    return faults


def _placeholders(problem: Problem) -> Iterator[str]:
    for name in filter(lambda name: (problem.folder / name).is_file(), WRITTEN):
        for found in re.finditer(re.escape(PLACEHOLDER) + r"[^\]]*\]?", problem.text(name)):
            yield f"{name} still has the placeholder {found[0]!r}. Write what it asks for."


def _signature(problem: Problem) -> Iterator[str]:
    """The entry's name and parameters under "Signature" are those of the reference."""
    if not (problem.folder / "statement.md").is_file():
        return  # told by whatever shows it
    section = re.search(r"^## Signature\n(.*?)(?=^## |\Z)", problem.statement, re.M | re.S)
    text, entry = section[1] if section else "", problem.entry
    if not re.search(rf"\b{re.escape(entry)}\b", text):
        yield f"The signature of `{entry}` is not in statement.md. Print it under the heading Signature."
        return
    shown, real = _shown(entry, text), _defined(problem)
    if shown is None or real is None or shown == real:
        return
    if [name for name, _ in shown] != [name for name, _ in real]:
        names = ", ".join(name for name, _ in real)
        yield f"statement.md prints another signature of `{entry}`: the reference takes ({names}). Mend one of them."
    else:
        other = next(f"`{a[0]}`" for a, b in zip(shown, real, strict=True) if a != b)
        yield f"statement.md prints another default of {other} than the reference has. Mend one of them."


def _shown(entry: str, section: str) -> Parameters | None:
    """The parameters of the first definition or call of ``entry``, else of the first ``__init__``; None if none is."""
    for start, of_class in ((rf"(?<!class )\b{re.escape(entry)}\(", False), (r"\b__init__\(", True)):
        for found in re.finditer(start, section):
            depth, at = 1, found.end()
            while depth and at < len(section):
                depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(section[at], 0)
                at += 1
            try:
                (function,) = ast.parse(f"def f({section[found.end() : at - 1]}): pass").body
            except SyntaxError:
                continue
            assert isinstance(function, ast.FunctionDef)
            parameters = _parameters(function.args)
            return parameters[1:] if of_class else parameters
    return None


def _defined(problem: Problem) -> Parameters | None:
    """The parameters of the reference's function, or of its class's ``__init__``; None if it is made another way."""
    for node in ast.parse(problem.solution).body:
        if isinstance(node, ast.FunctionDef) and node.name == problem.entry:
            return _parameters(node.args)
        if isinstance(node, ast.ClassDef) and node.name == problem.entry:
            inits = (n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__")
            return next((_parameters(n.args)[1:] for n in inits), None)
    return None


def _parameters(args: ast.arguments) -> Parameters:
    """Name and default of each parameter; annotations are the author's to print or not."""
    plain = [*args.posonlyargs, *args.args]
    defaults = [None] * (len(plain) - len(args.defaults)) + [*args.defaults]
    pairs = [*zip(plain, defaults, strict=True), *zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    return [(arg.arg, "" if value is None else _text(value)) for arg, value in pairs]


def _text(default: ast.expr) -> str:
    try:
        return repr(ast.literal_eval(default))
    except ValueError:
        return ast.unparse(default)
