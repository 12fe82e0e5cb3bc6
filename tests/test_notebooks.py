"""The generated notebooks: what is in them, that they are current, that they run."""

import json
import math
import re
import tomllib
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from torch_judge.bank import Bank, find_bank
from torch_judge.errors import JudgeError
from torch_judge.notebooks.build import solution, stale, template, welcome, write_all
from torch_judge.notebooks.colab import install
from torch_judge.notebooks.settings import set_repository
from torch_judge.notebooks.welcome import plan
from torch_judge.submission import defined_names, find_problem, read_program

RECORD = """\
number = {number}
title = "Implement {id}"
difficulty = "Easy"
topic = "Fundamentals"
entry = "my_{id}"
hints = ["a", "b", "c"]
{more}
"""
STATEMENT = "## Why and what\n\nWrite `my_{id}` — in one line.\n"
STARTER = """\
def my_{id}(x):
    ...  # your code


# %% debug
print(my_{id}(1))

# %%
%% not a mark
"""
SOLUTION = '"""The reference."""\n\n\ndef my_{id}(x):\n    return max(x, 0)\n'
NOTES = """\
Why it works.

```python
not_a_cell()
```

## The shape

Look:

```python cell
y = my_{id}(-1)
assert y == 0
```

The kink is at zero.
"""


def add(root: Path, number: int, id: str, more: str = "", notes: str = NOTES, starter: str = STARTER) -> None:
    folder = root / "problems" / id
    folder.mkdir(parents=True)
    (folder / "problem.toml").write_text(RECORD.format(number=number, id=id, more=more))
    texts = {"statement.md": STATEMENT, "starter.py": starter, "solution.py": SOLUTION, "notes.md": notes}
    for name, text in texts.items():
        (folder / name).write_text(text.replace("{id}", id), encoding="utf-8")


def bank_of(root: Path) -> Bank:
    return Bank((root / "problems",))


@pytest.fixture
def root(tmp_path) -> Path:
    add(tmp_path, 1, "relu")
    add(tmp_path, 6, "mha", 'notebook = "multihead_attention"')
    return tmp_path


@pytest.fixture
def relu(root):
    return bank_of(root).get("relu")


def sources(notebook) -> dict[str, str]:
    return {cell.id: cell.source for cell in notebook.cells}


def roles(notebook) -> list[str | None]:
    return [cell.metadata.get("torch_judge", {}).get("role") for cell in notebook.cells]


def test_template(relu):
    made = template(relu)
    assert sources(made) == {
        "statement": "# 01 · Implement relu\n\n**Easy** · Fundamentals\n\n"
        "## Why and what\n\nWrite `my_relu` — in one line.",
        "install": install(None).rstrip(),
        "starter-1": "def my_relu(x):\n    ...  # your code",
        "debug-1": "print(my_relu(1))",
        "debug-2": "%% not a mark",
        "check": 'from torch_judge import check, hint\n\ncheck("relu")',
        "hint": '# hint("relu")',
    }
    assert roles(made) == [None, "install", "starter", "debug", "debug", "check", "hint"]
    assert made.metadata.torch_judge == {
        "problem": "relu",
        "generated": "torch-judge notebooks; edit problems/relu/ instead",
    }


def test_solution_shows_its_plots_after_the_code_they_use(relu):
    made = solution(relu)
    assert sources(made) == {
        "notes": "# 01 · Implement relu: solution\n\n**Easy** · Fundamentals\n\nWhy it works.\n\n"
        "```python\nnot_a_cell()\n```",
        "install": install(None).rstrip(),
        "solution": SOLUTION.replace("{id}", "relu").rstrip(),
        "notes-0": "## The shape\n\nLook:",
        "plot-1": "y = my_relu(-1)\nassert y == 0",
        "notes-2": "The kink is at zero.",
        "check": 'from torch_judge import check, hint\n\ncheck("relu")',
    }
    assert roles(made) == [None, "install", "solution", None, "plot", None, "check"]


@pytest.mark.parametrize(
    ("notes", "ids"),
    [
        ("Prose.\n\n## More\n\nProse.", ["notes", "install", "solution", "check"]),
        ("Prose.\n\n```python cell\nx = 1\n```", ["notes", "install", "solution", "plot-1", "check"]),
        ("```python cells\nx = 1\n```", ["notes", "install", "solution", "check"]),
        (
            "## A\n\n```python cell\nx\n```\n```python cell\ny\n```",
            ["notes", "install", "solution", "notes-0", "plot-1", "plot-3", "check"],
        ),
    ],
)
def test_notes_become_cells(tmp_path, notes, ids):
    add(tmp_path, 1, "relu", notes=notes)
    assert list(sources(solution(bank_of(tmp_path).get("relu")))) == ids


@pytest.mark.parametrize("make", [template, solution])
def test_notebooks_are_valid_and_without_results(relu, make):
    made = make(relu)
    nbformat.validate(made)
    for cell in made.cells:
        assert cell.get("outputs", []) == [] and cell.get("execution_count") is None


@pytest.mark.parametrize("make", [template, solution])
def test_badge_only_with_a_repository(relu, make):
    assert "http" not in make(relu).cells[0].source
    name = {template: "templates/01_relu", solution: "solutions/01_relu_solution"}[make]
    link = f"(https://colab.research.google.com/github/me/judge/blob/main/{name}.ipynb)"
    assert link in make(relu, "me/judge").cells[0].source


def test_write_all_writes_what_changed(root):
    names = ["templates/01_relu", "solutions/01_relu_solution"]
    names += ["templates/06_multihead_attention", "solutions/06_multihead_attention_solution"]
    paths = [root / f"{name}.ipynb" for name in ["templates/00_welcome", *names]]
    assert stale(bank_of(root), root) == sorted(paths)
    assert write_all(bank_of(root), root) == paths
    assert stale(bank_of(root), root) == []
    assert write_all(bank_of(root), root) == []
    (root / "problems/mha/notes.md").write_text("Other.")
    assert stale(bank_of(root), root) == paths[4:]
    assert write_all(bank_of(root), root) == paths[4:]


def test_stale_finds_missing_different_and_orphaned_files(root):
    bank = bank_of(root)
    write_all(bank, root)
    (root / "templates/06_multihead_attention.ipynb").unlink()
    edited = root / "templates/01_relu.ipynb"
    edited.write_bytes(edited.read_bytes().replace(b"\n", b"\r\n"))
    (root / "solutions/01_relu_solution.ipynb").write_bytes(b"\xff")
    orphan = root / "solutions/09_gone_solution.ipynb"
    orphan.write_text("{}")
    (root / "templates/.ipynb_checkpoints").mkdir()
    (root / "templates/.ipynb_checkpoints/01_relu.ipynb").write_text("{}")
    (root / "templates/mine.py").write_text("")
    found = [str(path.relative_to(root)) for path in stale(bank, root)]
    assert found == [
        "solutions/01_relu_solution.ipynb",
        "solutions/09_gone_solution.ipynb",
        "templates/01_relu.ipynb",
        "templates/06_multihead_attention.ipynb",
    ]
    write_all(bank, root)
    assert stale(bank, root) == [orphan]


def test_saving_again_changes_nothing(root, tmp_path):
    for path in write_all(bank_of(root), root):
        again = tmp_path / "again.ipynb"
        nbformat.write(nbformat.read(path, as_version=4), again)
        assert again.read_bytes() == path.read_bytes()
        assert path.read_text(encoding="utf-8").startswith('{\n "cells": [\n')
        assert path.read_bytes().endswith(b"}\n") and b"\\u" not in path.read_bytes()


def test_repository_is_read_from_pyproject(root):
    (root / "pyproject.toml").write_text('[tool.torch-judge]\nrepository = "me/judge"\n')
    path = write_all(bank_of(root), root)[1]
    assert "github/me/judge/" in path.read_text()
    assert stale(bank_of(root), root) == []
    assert path in stale(bank_of(root), root, "you/judge")


@pytest.mark.parametrize(
    "before",
    [
        '[project]\nname = "x"\n',
        '[tool.torch-judge]\nrepository = "you/other"\nmore = 1\n\n[tool.x]\nrepository = "kept"\n',
        "[tool.torch-judge]\n# a comment\n",
    ],
)
def test_the_repository_is_set_and_all_else_kept(tmp_path, before):
    file = tmp_path / "pyproject.toml"
    file.write_text(before)
    wanted = tomllib.loads(before)
    wanted.setdefault("tool", {}).setdefault("torch-judge", {})["repository"] = "me/judge"
    set_repository(tmp_path, "me/judge")
    assert tomllib.loads(file.read_text()) == wanted
    written = file.read_text()
    with pytest.raises(JudgeError, match="OWNER/NAME"):
        set_repository(tmp_path, "no name")
    assert file.read_text() == written


@pytest.mark.parametrize("text", ["[tool.torch-judge]\nrepository = 3", '[tool.torch-judge]\nrepository = "x"', "["])
def test_bad_repository_is_refused(root, text):
    (root / "pyproject.toml").write_text(text)
    with pytest.raises(JudgeError):
        write_all(bank_of(root), root)


def test_generated_notebooks_are_submissions(root):
    bank = bank_of(root)
    for path in write_all(bank, root)[1:]:
        program = read_program(path)
        assert find_problem(program, bank) == ("relu" if "relu" in path.name else "mha")
        assert bank.get(find_problem(program, bank)).entry in defined_names(program)


# The welcome notebook


def test_the_welcome_notebook_links_every_problem_of_the_bank_and_no_other():
    bank = find_bank()
    texts = {cell.id: cell.source for cell in welcome(bank).cells}
    notebooks = {f"{problem.notebook}.ipynb" for problem in bank.problems()}
    for cell in ("problems", "plan"):
        assert set(re.findall(r"\((\d\d_\w+\.ipynb)\)", texts[cell])) == notebooks
    assert "http" not in "".join(texts.values())
    assert "github/me/judge/blob/main/templates/01_relu.ipynb" in welcome(bank, "me/judge").cells[4].source


def test_the_plan_brings_two_problems_a_day_and_each_back_twice_where_it_is_long_enough():
    bank = find_bank()
    rows = [line.split("|")[3:5] for line in plan(bank).splitlines() if re.match(r"\| \d", line)]
    days = len(rows)
    assert days == 6 * math.ceil(len(bank.problems()) / 10)
    assert all(len(re.findall(r"`(\w+)`", new)) <= 2 for new, _ in rows)
    fresh = {id: day for day, (new, _) in enumerate(rows) for id in re.findall(r"`(\w+)`", new)}
    again = [(id, day) for day, (_, old) in enumerate(rows) for id in re.findall(r"`(\w+)`", old)]
    assert set(fresh) == {problem.id for problem in bank.problems()}
    assert sorted(again) == sorted((id, day + gap) for id, day in fresh.items() for gap in (3, 10) if day + gap < days)


# The install cell


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A place where torch_judge is not installed; what pip would have been called with, and its exit status."""
    pip = SimpleNamespace(calls=[], returncode=0)

    def run(command, **_):
        pip.calls.append(command)
        return pip

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("subprocess.run", run)
    monkeypatch.chdir(tmp_path)
    return pip


def test_install_cell_does_nothing_where_the_judge_is(monkeypatch):
    monkeypatch.setattr("subprocess.run", None)
    exec(install(None), {})


def test_install_cell_says_what_to_do_without_a_wheel(bare):
    with pytest.raises(RuntimeError, match="put its wheel .* beside this notebook"):
        exec(install(None), {})
    assert not bare.calls


def test_install_cell_installs_the_wheel_beside_it_and_keeps_torch(bare, tmp_path):
    from importlib.metadata import version

    wheel = tmp_path / "torch_exercise_judge-0.1.0-py3-none-any.whl"
    wheel.write_bytes(b"")
    exec(install(None), {})
    assert bare.calls[0][1:] == ["-m", "pip", "install", "--quiet", str(wheel), f"torch=={version('torch')}"]
    bare.returncode = 1
    with pytest.raises(RuntimeError, match="pip could not install"):
        exec(install(None), {})


def test_install_cell_prefers_a_wheel_to_the_repository(bare, tmp_path):
    exec(install("me/judge"), {})
    (tmp_path / "torch_exercise_judge-0.1.0-py3-none-any.whl").write_bytes(b"")
    exec(install("me/judge"), {})
    assert [call[5] for call in bare.calls] == [
        "git+https://github.com/me/judge",
        str(tmp_path / "torch_exercise_judge-0.1.0-py3-none-any.whl"),
    ]


def test_no_notebook_installs_the_incumbent(relu):
    for made in (template(relu), solution(relu)):
        text = json.dumps(made).replace("torch_judge", "").replace("torch-judge notebooks", "")
        assert "torch-judge" not in text


@pytest.mark.slow
@pytest.mark.parametrize("make", [template, solution])
def test_notebooks_run_in_a_kernel(tmp_path, monkeypatch, make):
    from nbclient import NotebookClient

    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    add(tmp_path, 1, "relu", starter=STARTER.partition("# %%\n")[0])
    made = make(bank_of(tmp_path).get("relu"))
    made.cells = [cell for cell in made.cells if cell.id not in ("check", "hint")]
    NotebookClient(made, timeout=60, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    ran = [cell.id for cell in made.cells if cell.get("execution_count")]
    assert ran == (["install", "starter-1", "debug-1"] if make is template else ["install", "solution", "plot-1"])
