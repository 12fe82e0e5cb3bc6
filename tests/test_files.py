"""Files that come along with a submission: what must be there in the official verdict, and what must stay out."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from torch_judge.bank import find_bank
from torch_judge.errors import SubmissionError
from torch_judge.isolate import Worker
from torch_judge.report import Report
from torch_judge.submission import read_program
from torch_judge.submission.files import MAX_BYTES, MAX_FILES
from torch_judge.verdict.official import judge_file

RELU = "import torch\ndef relu(x):\n    return x * (x > 0)\n"
CHEAT = "import torch\ndef relu(x):\n    return torch.relu(x)\n"
READS = "exec(open('helper.py').read())"


def submission(folder: Path, *cells: str, files: dict[str, str] | None = None) -> Path:
    for name, text in (files or {}).items():
        path = folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    made = [{"cell_type": "code", "source": cell, "metadata": {}} for cell in cells]
    target = folder / "hw.ipynb"
    metadata = {"torch_judge": {"problem": "relu"}}
    target.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": made}))
    return target


def judged(path: Path, worker: Worker) -> Report:
    return judge_file(path, problem="relu", bank=find_bank(), worker=worker)


COMES_ALONG = {
    "written, then imported": ([f"%%writefile helper.py\n{RELU}", "from helper import relu"], {}),
    "written in two parts": (
        ["%%writefile helper.py\nimport torch\n", "%%writefile -a helper.py\n" + RELU, "from helper import *"],
        {},
    ),
    "written twice": (["%%file helper.py\n1 / 0", f"%%file helper.py\n{RELU}", "from helper import relu"], {}),
    "written on Colab": ([f"%%writefile /content/helper.py\n{RELU}", "from helper import relu"], {}),
    "written to a folder": ([f"%%writefile lib/helper.py\n{RELU}", "from lib.helper import relu"], {}),
    "written and run": ([f"%%writefile helper.py\n{RELU}", "%run helper.py"], {}),
    "written by Python": ([f"open('helper.py', 'w').write({RELU!r})", "from helper import relu"], {}),
    "beside, imported": (["from helper import relu"], {"helper": RELU}),
    "beside, under another name": (["import helper as h\nrelu = h.relu"], {"helper": RELU}),
    "beside, in the call": (
        ["import helper\ndef relu(x):\n    return helper.f(x)"],
        {"helper": "def f(x): return x * (x > 0)"},
    ),
    "beside, executed": ([READS], {"helper": RELU}),
    "beside, run": (["%run -i ./helper.py"], {"helper": RELU}),
    "beside, through autoreload": (["%load_ext autoreload\n%aimport helper", "relu = helper.relu"], {"helper": RELU}),
    "beside, through another": (
        ["from helper import relu"],
        {"helper": "from other import relu", "other": RELU},
    ),
    "a package": (
        ["from lib import relu"],
        {"lib/__init__": "from .inner import relu", "lib/inner": RELU},
    ),
    "by importlib": (["import importlib\nrelu = importlib.import_module('helper').relu"], {"helper": RELU}),
}  # fmt: skip


@pytest.mark.parametrize("name", COMES_ALONG)
def test_what_comes_along(name: str, tmp_path: Path, worker: Worker) -> None:
    cells, files = COMES_ALONG[name]
    report = judged(submission(tmp_path, *cells, files=files), worker)
    assert report.accepted, (report.notes, report.error, [c.message for c in report.failed])
    assert any("came along" in note.lower() for note in report.notes) == bool(files)


FORBIDDEN = {
    "written": ([f"%%writefile helper.py\n{CHEAT}", "from helper import relu"], {}),
    "beside": (["from helper import relu"], {"helper": CHEAT}),
    "beside, in the call": (
        ["import helper\ndef relu(x):\n    return helper.f(x)"],
        {"helper": "import torch\ndef f(x): return torch.relu(x)"},
    ),
    "executed": ([READS], {"helper": CHEAT}),
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_code_in_a_file_is_the_learners(name: str, tmp_path: Path, worker: Worker) -> None:
    cells, files = FORBIDDEN[name]
    report = judged(submission(tmp_path, *cells, files=files), worker)
    assert not report.accepted
    assert any(v.witness == "source" and "helper.py, line " in v.line for v in report.violations), report.violations


def test_what_a_file_does_not_do_in_the_call_is_no_violation(tmp_path: Path, worker: Worker) -> None:
    other = RELU + "def debug(x):\n    return torch.relu(x)\n"
    assert judged(submission(tmp_path, "from helper import relu", files={"helper": other}), worker).accepted


STAYS_OUT = {
    "a link": lambda f: (f / "helper.py").symlink_to(f.parent / "secret.py"),
    "a folder that is a link": lambda f: (f / "helper").symlink_to(f.parent),
    "a fifo": lambda f: os.mkfifo(f / "helper.py"),
    "no text": lambda f: (f / "helper.py").write_bytes(b"x = '\xe9'"),
    "too large": lambda f: (f / "helper.py").write_text("#" * (MAX_BYTES + 1)),
    "not named": lambda f: (f / "unnamed.py").write_text("secret = 1"),
    "nothing there": lambda f: None,
}


@pytest.mark.parametrize("name", STAYS_OUT)
def test_what_stays_out(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("secret = 1")
    folder = tmp_path / "hand-in"
    folder.mkdir()
    STAYS_OUT[name](folder)
    names = "import helper, hw\nopen('../secret.py')\nopen('/etc/passwd.py')\nimport random"
    assert read_program(submission(folder, names, "%%writefile ../up.py\nx = 1")).files == ()


def test_there_is_an_end_to_it(tmp_path: Path) -> None:
    names = [f"m{i}" for i in range(MAX_FILES + 5)]
    program = read_program(submission(tmp_path, f"import {', '.join(names)}", files=dict.fromkeys(names, "x = 1")))
    assert len(program.files) == MAX_FILES
    assert any("more than 50 files" in note for note in program.notes)


def test_too_much_code_is_refused_unread(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="too much code"):
        read_program(submission(tmp_path, "import helper", files={"helper": "x = 1\n" * 40_000}))


LOST = {
    "%store -r helper": "`%store -r` is not run here",
    "%pylab inline": "`%pylab` is not run here",
    "%run other.ipynb": "`%run` is not run here",
    "if True:\n    %pylab": "`%pylab` is not run here",
}


@pytest.mark.parametrize("source", LOST)
def test_a_magic_that_would_bind_names_is_noted(source: str, tmp_path: Path) -> None:
    (note,) = read_program(submission(tmp_path, source)).notes
    assert note == f"cell 1: {LOST[source]}: the names that it would bind are missing."


@pytest.mark.parametrize(
    "source", ["%store x", "%matplotlib inline", "%cd ..", "s = '''\n%pylab\n'''\n%time", "%run a.py"]
)
def test_other_magics_are_not(source: str, tmp_path: Path) -> None:
    assert read_program(submission(tmp_path, source)).notes == ()


NEEDS = "import torch\nimport no_such_package as nsp\n"
LOSES = {
    "an annotation": (NEEDS, "def relu(x: nsp.Float):\n    return x * (x > 0)"),
    "a decorator": (NEEDS, "@nsp.typed\ndef relu(x):\n    return x * (x > 0)"),
    "a base class": (NEEDS, "class relu(nsp.Module):\n    pass"),
    "a default": (NEEDS, "def relu(x, zero=nsp.zero):\n    return x * (x > 0)"),
    "an assignment": (NEEDS, "relu = nsp.relu"),
}


@pytest.mark.parametrize("name", LOSES)
def test_a_lost_definition_says_what_it_lost(name: str, tmp_path: Path, worker: Worker) -> None:
    report = judged(submission(tmp_path, *LOSES[name]), worker)
    assert report.error is not None and report.error.startswith(
        "`relu` is not defined: its definition (cell 2, line 1)"
    )
    assert "raised `NameError: name 'nsp' is not defined`. Not installed here: `no_such_package`." in report.error


def test_another_error_is_not_taken_for_it(tmp_path: Path, worker: Worker) -> None:
    report = judged(submission(tmp_path, NEEDS, "def my_relu(x):\n    return x"), worker)
    assert report.error is not None and "nothing at the top level" in report.error
