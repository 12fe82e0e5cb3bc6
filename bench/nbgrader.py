"""How fast nbgrader's autograder judges the same notebooks as ours: `python -m bench.nbgrader [NOTEBOOKS]`.

Makes an environment of its own with nbgrader, and a course whose one notebook has our statement's function and ten
asserts. Both judge the same submitted notebooks with two processes, in this same run. nbgrader, which starts a kernel
for each, is given the first NOTEBOOKS of them; `torch-judge grade` judges those, then a class of ten times as many, of
which they are a part. Prints Markdown: rates of whole commands, starts included, and ours beyond the start, which is
the second class less the first.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.classroom import PROBLEM, TEN_ASSERTS, WORKERS, sources
from torch_judge.bank import find_bank


def notebook(source: str) -> str:
    """A notebook of nbgrader's with the work in its first cell and the asserts in its second."""
    common = {"schema_version": 3, "task": False}
    work = {"grade": False, "grade_id": "work", "locked": False, "solution": True, **common}
    test = {"grade": True, "grade_id": "test", "locked": True, "solution": False, "points": 10, **common}
    blank = {"cell_type": "code", "outputs": [], "execution_count": None}
    cells = [
        {**blank, "id": about["grade_id"], "metadata": {"nbgrader": about}, "source": "import torch\n" + text}
        for about, text in ((work, source), (test, TEN_ASSERTS))
    ]
    spec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return json.dumps({"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5})


def course(root: Path, count: int) -> list[str]:
    """A course with ``count`` students' notebooks; their ids."""
    (root / "source" / "hw").mkdir(parents=True)
    (root / "source" / "hw" / "07_batchnorm.ipynb").write_text(notebook(find_bank().get(PROBLEM).solution))
    ids = [f"half{k % WORKERS}_{k:03d}" for k in range(count)]  # autograde takes a glob: each process takes one half
    for id, text in zip(ids, sources(count), strict=True):
        (root / "submitted" / id / "hw").mkdir(parents=True)
        (root / "submitted" / id / "hw" / "07_batchnorm.ipynb").write_text(notebook(text))
    (root / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'bench'\n")
    return ids


def environment(root: Path) -> Path:
    """Python with nbgrader, and with the torch that this Python has."""
    subprocess.run([sys.executable, "-m", "venv", root / "venv"], check=True)
    python = root / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "nbgrader"], check=True, capture_output=True)
    (packages,) = (root / "venv" / "lib").glob("python3*/site-packages")
    import torch

    (packages / "torch.pth").write_text(str(Path(torch.__file__).resolve().parents[1]))
    return python


def theirs(root: Path, python: Path, ids: list[str]) -> float:
    """Notebooks a second, two processes of `nbgrader autograde`."""
    nbgrader = [str(python), "-m", "nbgrader"]
    environ = {**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}  # it calls alembic by name
    subprocess.run([*nbgrader, "generate_assignment", "hw"], cwd=root, check=True, capture_output=True, env=environ)
    for k in range(WORKERS):  # each with a gradebook of its own, so that neither waits for the other's lock
        (root / f"gradebook{k}.db").write_bytes((root / "gradebook.db").read_bytes())
    started = time.perf_counter()
    running = []
    for k in range(WORKERS):
        command = [*nbgrader, "autograde", "hw", f"--db=sqlite:///gradebook{k}.db", f"--student=half{k}_*"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        running.append(subprocess.Popen(command, cwd=root, env=environ, **quiet))
    for process in running:
        process.wait()
    seconds = time.perf_counter() - started
    graded = len(list((root / "autograded").glob("*/hw/*.ipynb")))
    if not graded:
        raise SystemExit("nbgrader graded nothing; see what `nbgrader autograde` says in such a course.")
    print(f"nbgrader graded {graded} of {len(ids)} notebooks.", file=sys.stderr)
    return graded / seconds


def ours(root: Path) -> float:
    """Seconds of the whole `torch-judge grade` over a course's submissions, its start included."""
    command = [sys.executable, "-m", "torch_judge", "grade", str(root / "submitted"), "--problem", PROBLEM]
    started = time.perf_counter()
    subprocess.run(
        [*command, "--workers", str(WORKERS), "--out", str(root / "grades")], check=True, capture_output=True
    )
    return time.perf_counter() - started


def main() -> None:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with tempfile.TemporaryDirectory() as scratch:
        root, larger = Path(scratch, "course"), Path(scratch, "class")
        ids = course(root, count)
        many = len(course(larger, 10 * count))
        python = environment(Path(scratch))
        slow, few_s, many_s = theirs(root, python, ids), ours(root), ours(larger)
    rates = {
        f"torch-judge grade, {count}": count / few_s,
        f"torch-judge grade, {many}": many / many_s,
        "torch-judge grade, beyond its start": (many - count) / (many_s - few_s),
    }
    print(f"Notebooks of {PROBLEM}, {WORKERS} processes each:\n")
    print("| | notebooks a second | times |\n| --- | ---: | ---: |")
    print(f"| nbgrader autograde, {count} | {slow:.2f} | 1 |")
    for what, rate in rates.items():
        print(f"| {what} | {rate:.1f} | {rate / slow:.0f} |")


if __name__ == "__main__":
    main()
