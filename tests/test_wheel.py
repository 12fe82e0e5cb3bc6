"""The wheel in an empty environment: it holds everything, and works without the checkout."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient import NotebookClient

import torch_judge
from torch_judge.bank import find_bank
from torch_judge.learner.shared import start_notebook
from torch_judge.notebooks import carried
from torch_judge.notebooks.welcome import INTRODUCTION

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str | Path, cwd: Path, status: int = 0) -> str:
    """Run a command and return what it printed."""
    done = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the tree as it is."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("torch_exercise_judge-*.whl")
    return built


def test_the_wheel_holds_every_problem_and_lesson_and_nothing_else_of_the_tree(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in (ROOT / "problems").iterdir():
        assert f"torch_judge/problems/{folder.name}/cases.py" in names
    for path in (ROOT / "lessons").glob("*/*.*"):
        assert f"torch_judge/lessons/{path.parent.name}/{path.name}" in names
    assert "torch_judge/py.typed" in names and "torch_judge/show/style.css" in names
    assert not [n for n in names if n.startswith(("tests/", "bench/", "problems/", "lessons/")) or "__pycache__" in n]


@pytest.fixture(scope="module")
def colab(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine like Colab's: an environment with torch, a kernel and `google.colab`, and our wheel in the folder."""
    root = tmp_path_factory.mktemp("colab")
    python = root / "venv" / "bin" / "python"
    run(sys.executable, "-m", "venv", root / "venv", cwd=root)
    run(python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", "torch", "ipykernel", cwd=root)
    (packages,) = (root / "venv" / "lib").glob("python3*/site-packages")
    stand_in = packages / "google" / "colab"
    stand_in.mkdir(parents=True)
    (stand_in / "__init__.py").write_text("")
    (stand_in / "drive.py").write_text("import os\ndef mount(at):\n    os.makedirs(at + '/MyDrive', exist_ok=True)\n")
    (root / "content").mkdir()
    shutil.copy(wheel, root / "content")
    return root


TEMPLATE = ROOT / "templates" / "07_batchnorm.ipynb"


def run_notebook(root: Path, *first: str, path: Path = TEMPLATE) -> str:
    """The text that the batchnorm notebook, with a solution put in and cells before it, shows in a fresh kernel."""
    notebook = nbformat.read(path, as_version=4)
    roles = {cell.metadata.get("torch_judge", {}).get("role"): cell for cell in notebook.cells}
    roles["starter"].source = (ROOT / "problems" / "batchnorm" / "solution.py").read_text()
    notebook.cells[0:0] = [nbformat.v4.new_code_cell(source) for source in first]
    spec = KernelSpec(argv=[str(root / "venv/bin/python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"])
    manager = AsyncKernelManager(kernel_name="")
    manager._kernel_spec = spec
    client = NotebookClient(notebook, km=manager, timeout=300, resources={"metadata": {"path": root / "content"}})
    client.execute()
    return json.dumps(roles["check"].outputs)


def test_a_template_runs_in_colab_and_progress_outlives_the_runtime(colab: Path) -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", INTRODUCTION, re.DOTALL)
    mount = snippet.replace("/content", str(colab / "content"))
    python, torch = colab / "venv/bin/python", "import torch; print(torch.__version__, torch.__file__)"
    before = run(python, "-c", torch, cwd=colab)
    assert "accepted" in (seen := run_notebook(colab, mount)).lower(), seen
    assert "Solved again" in run_notebook(colab, mount)
    assert (colab / "content/drive/MyDrive/torch-judge/progress.sqlite3").is_file()
    assert run(python, "-c", torch, cwd=colab) == before


def test_a_notebook_that_carries_the_judge_runs_alone(colab: Path, tmp_path: Path) -> None:
    python = colab / "venv/bin/python"
    notebook = start_notebook(find_bank().get("batchnorm"), tmp_path, carried=True)
    assert notebook.stat().st_size < 800_000
    run(python, "-m", "pip", "uninstall", "--quiet", "--yes", "torch-exercise-judge", cwd=tmp_path)
    for wheel in (colab / "content").glob("*.whl"):
        wheel.rename(tmp_path / wheel.name)
    try:
        home = f"import os\nos.environ['TORCH_JUDGE_HOME'] = {str(tmp_path)!r}"
        first = run_notebook(colab, home, path=notebook)
        # The second time its dependencies are there, and pip is not asked.
        closed = f"{home}\nos.environ |= {{'PIP_NO_INDEX': '1', 'PIP_FIND_LINKS': '/nowhere'}}"
        second = run_notebook(colab, closed, path=notebook)
    finally:
        for wheel in tmp_path.glob("*.whl"):
            wheel.rename(colab / "content" / wheel.name)
    assert "accepted" in first and "Solved again" in second
    assert "torch-exercise-judge" not in run(python, "-m", "pip", "list", cwd=tmp_path)


def test_the_wheel_that_is_carried_can_be_installed(colab: Path, tmp_path: Path) -> None:
    python = colab / "venv/bin/python"
    wheel = tmp_path / f"torch_exercise_judge-{torch_judge.__version__}-py3-none-any.whl"
    wheel.write_bytes(carried.wheel(find_bank().get("relu")))
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--target", tmp_path / "there", wheel, cwd=tmp_path)
    assert [folder.name for folder in (tmp_path / "there/torch_judge/problems").iterdir()] == ["relu"]


def test_installed_in_an_empty_environment(wheel: Path, colab: Path, tmp_path: Path) -> None:
    python = colab / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", wheel, cwd=tmp_path)
    shutil.copy(ROOT / "solutions" / "07_batchnorm_solution.ipynb", tmp_path / "work.ipynb")
    judge = python.parent / "torch-judge"
    assert "batchnorm" in run(judge, "list", cwd=tmp_path)
    report = json.loads(run(judge, "check", "work.ipynb", "--format", "json", cwd=tmp_path))
    assert report["accepted"] and report["isolated"], report
    wrong = "from torch_judge import judge\nprint(judge('relu', lambda x: abs(x)).accepted)"
    assert run(python, "-c", wrong, cwd=tmp_path).strip() == "False"
    assert "started" in run(judge, "start", "relu", cwd=tmp_path).lower() or (tmp_path / "01_relu.ipynb").is_file()
