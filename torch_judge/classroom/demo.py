"""A demonstration class: sixty invented students, four problems, every lay-out, every kind of hand-in.

``python -m torch_judge.classroom.demo FOLDER`` writes it; `make class` grades it. Students are numbers and signs, not
people; what they hand in are the bank's own solutions, variants' cousins and mistakes.
"""

from __future__ import annotations

import json
import random
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from torch_judge.bank import Bank, Problem, find_bank

PROBLEMS = ("softmax", "layernorm", "batchnorm", "attention")
STUDENTS = 60
SIGNS = ("é", "🙂", "O'Neil", "李雷", 'the "quoted"', "a b")
ASSIGNMENT = """title = "Demonstration class"
due = 2026-03-01T12:00:00+00:00

[points]
softmax = 5
layernorm = 5
batchnorm = 10
attention = 10

[late]
per_day = 0.1
cutoff = "7d"
"""
HOSTILE = {
    "endless loop": "def {entry}(*args, **kwargs):\n    while True:\n        pass\n",
    "memory": "def {entry}(*args, **kwargs):\n    return bytearray(1 << 36)\n",
    "exit at import": "import os\nos._exit(0)\n",
    "kills its parent": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n",
    "fork bomb": "import os\nwhile True:\n    os.fork()\n",
    "closes descriptors": "import os\nos.closerange(0, 256)\n",
    "prints a gigabyte": "for _ in range(1 << 14):\n    print('x' * (1 << 16))\n",
}


@dataclass(frozen=True)
class _Work:
    """What one student hands in for one problem: a file's ending and its text."""

    problem: Problem
    suffix: str
    text: str


def write_class(folder: Path, bank: Bank, students: int = STUDENTS) -> list[Path]:
    """Write the class below ``folder``; the sources to grade. The same class at every call."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "assignment.toml").write_text(ASSIGNMENT, encoding="utf-8")
    chance, layouts = random.Random(7), list(LAYOUTS.items())
    roster = ["id,name,email,canvas_id,moodle_id"]
    for number in range(students):
        name = f"Student {number:02d} {SIGNS[number % len(SIGNS)]}".replace('"', '""')
        roster.append(f's{number:02d},"{name}",s{number:02d}@example.org,{9000 + number},{4000 + number}')
    roster.append('s99,"Student 99, who is absent",s99@example.org,,')
    (folder / "roster.csv").write_text("\n".join(roster) + "\n", encoding="utf-8")
    sources = []
    for k, (name, write) in enumerate(layouts):
        own = range(k, students, len(layouts))
        work = {n: list(_handed_in(n, [bank.get(id) for id in PROBLEMS], chance)) for n in own}
        sources.append(write(folder / name, work))
    return sources


def _handed_in(number: int, problems: list[Problem], chance: random.Random) -> Iterator[_Work]:
    """Better students make fewer mistakes; some hand in nothing, a few harm, a few hand in what is no program."""
    skill = chance.random()
    for place, problem in enumerate(problems):
        luck = chance.random()
        if luck < 0.05:
            continue
        suffix = ".py" if chance.random() < 0.2 else ".ipynb"
        if luck > 0.97:
            yield _Work(problem, suffix, "{ this is no notebook" if suffix == ".ipynb" else "def broken(:\n")
            continue
        yield _Work(problem, suffix, _file(problem, _source(problem, skill - 0.1 * place, number, chance), suffix))


def _source(problem: Problem, skill: float, number: int, chance: random.Random) -> str:
    if number < len(HOSTILE) and problem.id == "batchnorm":
        return list(HOSTILE.values())[number].format(entry=problem.entry)
    if skill > chance.random() * 0.7:
        return problem.solution
    if chance.random() < 0.08:
        return problem.solution.replace(f"def {problem.entry}(", "def my_own_name(")
    mistakes = [m for m in problem.mistakes if m.edits]
    return problem.edited(*chance.choice(mistakes[: 3 + number % 3]).edits)


def _file(problem: Problem, source: str, suffix: str) -> str:
    if suffix == ".py":
        return source
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": f"# {problem.title}", "id": "title"},
        {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None, "id": "work"},
        {"cell_type": "code", "metadata": {}, "source": f'from torch_judge import check\ncheck("{problem.id}")',
         "outputs": [], "execution_count": None, "id": "check"},
    ]  # fmt: skip
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


Work = dict[int, list[_Work]]


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _folders(folder: Path, work: Work) -> Path:
    for number, own in work.items():
        for one in own:
            _put(folder / f"s{number:02d}" / f"{one.problem.notebook}{one.suffix}", one.text)
            _put(folder / f"s{number:02d}" / "notes.txt", "not a hand-in")
    (folder / "s00" / "outside.py").symlink_to("/etc/hostname")
    return folder


def _flat(folder: Path, work: Work) -> Path:
    for number, own in work.items():
        for one in own:
            _put(folder / f"s{number:02d}_{one.problem.id}{one.suffix}", one.text)
            if number % 3 == 0:  # handed in again, better
                _put(
                    folder / f"s{number:02d}_{one.problem.id} (1){one.suffix}",
                    one.problem.solution if one.suffix == ".py" else _file(one.problem, one.problem.solution, ".ipynb"),
                )
    return folder


def _nbgrader(folder: Path, work: Work) -> Path:
    for number, own in work.items():
        for one in own:
            place = folder / "submitted" / f"s{number:02d}" / f"homework_{one.problem.id}"
            _put(place / f"{one.problem.notebook}{one.suffix}", one.text)
            day = 28 if number % 2 else 27  # of February: in time
            late = number % 5 == 0
            _put(
                place / "timestamp.txt",
                f"2026-03-0{1 + number % 4} 15:30:00 UTC" if late else f"2026-02-{day} 15:30:00 UTC",
            )
    return folder


def _canvas(folder: Path, work: Work) -> Path:
    files = {}
    for number, own in work.items():
        late = "LATE_" if number % 4 == 0 else ""
        for one in own:
            file = f"{one.problem.notebook}-{1 + number % 2}{one.suffix}"
            files[f"student{number:02d}_{late}{9000 + number}_{70000 + number}_{file}"] = one.text
    return _zipped(folder.with_suffix(".zip"), files)


def _moodle(folder: Path, work: Work) -> Path:
    files = {}
    for number, own in work.items():
        top = f"Student {number:02d} {SIGNS[number % len(SIGNS)]}_{4000 + number}_assignsubmission_file_"
        for one in own:
            files[f"{top}/{one.problem.notebook}{one.suffix}"] = one.text
    return _zipped(folder.with_suffix(".zip"), files)


def _gradescope(folder: Path, work: Work) -> Path:
    files, facts = {}, ["---"]
    for number, own in work.items():
        name = f"Student {number:02d}"
        facts += [
            f"submission_{500 + number}:",
            "  :submitters:",
            f"  - :name: {name}",
            f"    :sid: s{number:02d}",
            f"    :email: s{number:02d}@example.org",
            "  :created_at: 2026-02-28 09:00:00.000000000 Z",
        ]
        for one in own:
            files[f"export/submission_{500 + number}/{one.problem.notebook}{one.suffix}"] = one.text
    files["export/submission_metadata.yml"] = "\n".join(facts) + "\n"
    return _zipped(folder.with_suffix(".zip"), files)


def _one_notebook(folder: Path, work: Work) -> Path:
    """One notebook with several problems."""
    for number, own in work.items():
        cells = [
            cell
            for one in own
            if one.suffix == ".ipynb" and one.text.startswith('{"')
            for cell in json.loads(one.text)["cells"]
        ]
        cells = [{**cell, "id": f"cell{k}"} for k, cell in enumerate(cells)]
        _put(
            folder / f"s{number:02d}.ipynb",
            json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}),
        )
    return folder


def _nested(folder: Path, work: Work) -> Path:
    """A zip of a zip for each student."""
    inner = {}
    for number, own in work.items():
        files = {f"{one.problem.notebook}{one.suffix}": one.text for one in own}
        path = _zipped(folder.with_name(f".s{number:02d}.zip"), files)
        inner[f"s{number:02d}.zip"] = path.read_bytes()
        path.unlink()
    return _zipped(folder.with_suffix(".zip"), inner)


def _zipped(path: Path, files: dict[str, str] | dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 2, 28, 9, 0, 0)), content)
    return path


LAYOUTS: dict[str, Callable[[Path, Work], Path]] = {
    "folders": _folders,
    "flat": _flat,
    "nbgrader": _nbgrader,
    "canvas": _canvas,
    "moodle": _moodle,
    "gradescope": _gradescope,
    "notebooks": _one_notebook,
    "nested": _nested,
}


if __name__ == "__main__":
    for source in write_class(Path(sys.argv[1]), find_bank()):
        print(source)
