"""The house rules that a machine can keep."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from torch_judge.bank import HEADINGS, find_bank
from torch_judge.guard.concepts import matcher
from torch_judge.verdict.known import known

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted((ROOT / "torch_judge").rglob("*.py"))
PROBLEMS = find_bank().problems()
IDS = [problem.id for problem in PROBLEMS]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 300, "is it two rooms?"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - node.lineno < 50, node.name


# From the top of the house to its ground floor: a module may import from its own wing and from those further down.
WINGS = (
    "cli", "classroom", "study", "learner", "audit", "verdict", "isolate", "observe", "surroundings", "guard", "notebooks", "submission",
    "cases", "show", "bank", "report", "home", "errors",
)  # fmt: skip
DOORS = {"authoring": "cases", "meters": "cases"}  # old paths on which problem folders, also private ones, lean


def wing_of(module: str) -> str:
    first = module.split(".")[1] if "." in module else ""
    return DOORS.get(first, first)


def imported(path: Path) -> set[str]:
    """What a module imports of ours, wherever in it; what only the type checker sees counts too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            plain = node.module == "torch_judge"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} if plain else {node.module}
    return {name for name in found if name.startswith("torch_judge.") and name != "torch_judge.__version__"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_wing_leans_on_a_higher_one(path: Path) -> None:
    own = wing_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
    if own.startswith("__"):
        return  # the two front doors: `import torch_judge` and `python -m torch_judge`
    upward = {name for name in imported(path) if WINGS.index(wing_of(name)) < WINGS.index(own)}
    assert not upward, f"{own} stands below {', '.join(sorted(upward))}"


def public_names(tree: ast.Module) -> list[ast.FunctionDef | ast.ClassDef]:
    """Public functions and classes of a module, and the public methods of its public classes."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    top = [node for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")]
    methods = [m for c in top if isinstance(c, ast.ClassDef) for m in c.body if isinstance(m, ast.FunctionDef)]
    return [*top, *(m for m in methods if not m.name.startswith(("_", "visit_")))]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_public_name_is_documented(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree) or not tree.body, "the module says nothing of itself"
    assert not [node.name for node in public_names(tree) if not ast.get_docstring(node)]


@pytest.mark.parametrize("id", IDS)
def test_every_statement_has_the_headings(id: str) -> None:
    found = re.findall(r"^## (.+)$", find_bank().get(id).statement, re.MULTILINE)
    assert tuple(found) == HEADINGS


@pytest.mark.parametrize("id", IDS)
def test_a_problem_is_complete(id: str) -> None:
    problem = find_bank().get(id)
    solutions = known(problem)
    assert len(solutions.mistakes) >= 8 and len(solutions.accepted()) >= 5
    assert "```python cell" in problem.notes and problem.starter.startswith("# %%")
    assert matcher(problem.forbidden)
    for text in (*problem.hints, *(m.message for m in solutions.mistakes), *(r.note for r in problem.readings)):
        assert text.rstrip("`)")[-1] in ".?" and text.count("`") % 2 == 0, text


def test_numbers_and_names_are_unique() -> None:
    numbers = [problem.number for problem in PROBLEMS]
    assert len(set(numbers)) == len(numbers) and len({p.entry for p in PROBLEMS}) == len(PROBLEMS)


# In brackets where this file itself would be found.
FOREIGN = r"(?<![\w~])/[w]ork/|\b[T]ODO\b|\b[F]IXME\b|[p]ypi\.org|[p]ythonhosted|[r]egistry\.(npmjs|yarnpkg)|[d]eb\.debian\.org"
FOREIGN += r"|[p]ip install torch-judge\b"


def test_no_word_of_machines_registries_or_unfinished_work() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (path := ROOT / name).is_file():
            found = re.search(FOREIGN, path.read_text(encoding="utf-8", errors="replace"))
            assert not found, f"{name}: {found and found[0]}"


def test_the_readme_s_picture_loads_nothing() -> None:
    picture = (ROOT / "docs" / "report.svg").read_text(encoding="utf-8")
    links = re.findall(r"https?://[^\s\"']+", picture)
    assert set(links) <= {"http://www.w3.org/2000/svg"}
