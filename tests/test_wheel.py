"""The wheel in an empty environment: it holds everything, and works without the checkout."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

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


def test_the_wheel_holds_every_problem_and_nothing_else_of_the_tree(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in (ROOT / "problems").iterdir():
        assert f"torch_judge/problems/{folder.name}/cases.py" in names
    assert "torch_judge/py.typed" in names and "torch_judge/show/style.css" in names
    assert not [n for n in names if n.startswith(("tests/", "bench/", "problems/")) or "__pycache__" in n]


def test_installed_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    run(python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", wheel, cwd=tmp_path)
    shutil.copy(ROOT / "solutions" / "07_batchnorm_solution.ipynb", tmp_path / "work.ipynb")
    judge = python.parent / "torch-judge"
    assert "batchnorm" in run(judge, "list", cwd=tmp_path)
    report = json.loads(run(judge, "check", "work.ipynb", "--format", "json", cwd=tmp_path))
    assert report["accepted"] and report["isolated"], report
    wrong = "from torch_judge import judge\nprint(judge('relu', lambda x: abs(x)).accepted)"
    assert run(python, "-c", wrong, cwd=tmp_path).strip() == "False"
    assert "started" in run(judge, "start", "relu", cwd=tmp_path).lower() or (tmp_path / "01_relu.ipynb").is_file()
