"""`torch-judge grade` as an instructor runs it: real hand-ins, real processes, kills, shares, a cluster, pages."""

from __future__ import annotations

import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from torch_judge.bank import find_bank
from torch_judge.classroom.demo import PROBLEMS, write_class
from torch_judge.classroom.grading import load_class
from torch_judge.classroom.marks import Mark
from torch_judge.classroom.words import STATUSES

pytestmark = pytest.mark.slow

KILLS = 50
SMALL = 8


def run(*words: str | Path, status: int | None = 0, **environment: str) -> str:
    command = [sys.executable, "-m", "torch_judge", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})
    assert status is None or done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def marks(folder: Path) -> dict[tuple[str, str], tuple[str, float | None]]:
    return {(m.student, m.problem): (m.status, m.points) for m in load_class(folder).marks}


class Demo:
    """The demonstration class on disk."""

    def __init__(self, folder: Path, students: int) -> None:
        self.folder = folder
        self.sources = write_class(folder, find_bank(), students)

    def grade(self, out: Path, *more: str | Path, status: int = 0) -> str:
        rules = ("--assignment", self.folder / "assignment.toml", "--roster", self.folder / "roster.csv")
        return run("grade", *self.sources, *rules, "--out", out, *more, status=status)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The whole class."""
    return Demo(tmp_path_factory.mktemp("class"), 60)


@pytest.fixture(scope="module")
def graded(demo: Demo) -> Path:
    """Its grades."""
    out = demo.folder / "grades"
    demo.grade(out)
    return out


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A student for each lay-out, hostile ones among them."""
    return Demo(tmp_path_factory.mktemp("small"), SMALL)


@pytest.fixture(scope="module")
def undisturbed(small: Demo) -> Path:
    """The small class's grades, from one run."""
    out = small.folder / "undisturbed"
    small.grade(out)
    return out


def expected(mark: Mark) -> set[str]:
    """What may come of a hostile hand-in: its own mark is lost, and that is all."""
    return {"rejected", "crashed", "over limit", "missing entry", "missing"}


def test_every_status_occurs_and_hostility_costs_only_its_own_mark(graded: Path) -> None:
    found = load_class(graded).marks
    counts = Counter(mark.status for mark in found)
    assert counts.keys() >= set(STATUSES) - {"not judged"} and not counts["not judged"]
    hostile = {f"s{n:02d}" for n in range(7)}
    for mark in found:
        if mark.student in hostile and mark.problem == "batchnorm":
            assert mark.status in expected(mark), mark
        assert (mark.points is None) == (mark.status in ("missing", "unreadable"))
        assert mark.points or mark.status != "accepted"
    assert counts["accepted"] > 60 and counts["rejected"] > 60


def test_a_second_run_judges_nothing_and_a_changed_notebook_one(demo: Demo, graded: Path) -> None:
    before = marks(graded)
    assert "\n0 to judge.\n" in demo.grade(graded)
    changed = next(p for p in sorted((demo.folder / "folders").rglob("*.py")))
    text = changed.read_text()
    try:
        changed.write_text(text + "\n# handed in again\n")
        assert "\n1 to judge.\n" in demo.grade(graded)
    finally:
        changed.write_text(text)
    assert marks(graded) == before, "a comment changes no verdict"
    assert re.search(r"\n\d+ to judge\.\n", demo.grade(graded, "--again", "attention", "--dry-run")) is None
    assert "no hand-in is of such" in demo.grade(graded, "--again", "poetry", status=2)


def test_a_mark_set_by_hand_stays(demo: Demo, graded: Path) -> None:
    said = run("grade", "--out", graded, "--set", "s10", "softmax", "3.5", "--because", "shown in the lab")
    assert "Class page" in said and marks(graded)["s10", "softmax"][1] == 3.5
    demo.grade(graded)
    assert marks(graded)["s10", "softmax"][1] == 3.5
    assert "with its reason" in run("grade", "--out", graded, "--set", "s10", "softmax", "3.5", status=2)


def test_pages_are_whole_and_feedback_leaks_nothing(graded: Path) -> None:
    page = (graded / "class.html").read_text()
    assert "<script" not in page and "http" not in re.sub(r"http://www\.w3\.org/\S+", "", page)
    found = load_class(graded)
    shown = {path.name: path.read_text() for path in (graded / "feedback").iterdir()}
    assert len(shown) == len(found.recognition.students)
    text = "\n".join(shown.values())
    for mark in found.marks:
        for case in mark.report.cases if mark.report else ():
            for mismatch in case.mismatches:
                for value in (mismatch.expected, mismatch.actual):
                    if value and len(digits := re.sub(r"\D", "", value)) >= 4:
                        assert value not in text and digits not in text, (mark.student, case.name, value)
    for id in PROBLEMS:  # a single line may well be the student's own, which is shown where it raised
        lines = [line.strip() for line in find_bank().get(id).solution.splitlines() if line.strip()]
        assert not [pair for pair in zip(lines, lines[1:], strict=False) if all(line in text for line in pair)], id


def test_wide_marks_have_every_student_of_the_roster(graded: Path) -> None:
    rows = list(csv.DictReader((graded / "marks.csv").open(encoding="utf-8")))
    assert len(rows) == 61 and next(r for r in rows if r["student"] == "s99")["sum"] == ""


def test_shares_concatenate_to_the_same_marks(small: Demo, undisturbed: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    for k in range(1, 5):
        out = tmp_path / f"part{k}"
        small.grade(out, "--shard", f"{k}/4")
        whole.mkdir(exist_ok=True)
        shutil.copy(out / "class.json", whole)
        with (whole / "ledger.jsonl").open("ab") as file:
            file.write((out / f"ledger-{k}-of-4.jsonl").read_bytes())
    assert marks(whole) == marks(undisturbed)


def test_killed_at_any_moment_it_goes_on_where_it_stopped(small: Demo, undisturbed: Path, tmp_path: Path) -> None:
    chance, out, killed = random.Random(5), tmp_path / "grades", 0
    rules = ["--assignment", small.folder / "assignment.toml", "--roster", small.folder / "roster.csv"]
    command = [sys.executable, "-m", "torch_judge", "grade", *small.sources, *rules, "--out", out, "--workers", "1"]
    for _ in range(KILLS):
        process = subprocess.Popen(
            [str(word) for word in command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(chance.uniform(0.2, 3.0))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
        if (out / "ledger.jsonl").exists() and chance.random() < 0.2:
            with (out / "ledger.jsonl").open("ab") as file:
                file.write(b'{"version": 1, "what": "judgem')  # and once more in the middle of a line
        if (out / "class.json").exists() and len(load_class(out).ledger.judgements) > 20:
            shutil.rmtree(out)  # it is nearly done: begin anew, so that later kills meet work
    assert killed >= KILLS // 2
    small.grade(out)
    assert marks(out) == marks(undisturbed)


DRIVER = """
import os, sys, threading, time
import psutil, ray
from torch_judge.cli.main import main

def kill_one():
    '''SIGKILL an actor once it is at work.'''
    while True:
        time.sleep(0.5)
        for process in psutil.Process(os.getpid()).children(recursive=True):
            if "ray::Grader" in " ".join(process.cmdline()):
                time.sleep(3)
                process.kill()
                print("killed one", flush=True)
                return

ray.init(num_cpus=2, log_to_driver=False, include_dashboard=False)
threading.Thread(target=kill_one, daemon=True).start()
main(sys.argv[1:])
"""


def test_a_ray_cluster_gives_the_same_marks_and_loses_nothing(small: Demo, undisturbed: Path, tmp_path: Path) -> None:
    driver = tmp_path / "driver.py"
    driver.write_text(DRIVER)
    out = tmp_path / "grades"
    rules = ["--assignment", small.folder / "assignment.toml", "--roster", small.folder / "roster.csv"]
    command = [sys.executable, driver, "grade", *small.sources, *rules, "--out", out, "--on", "ray"]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "killed one" in done.stdout, done.stdout + done.stderr
    assert marks(out) == marks(undisturbed)


BAD: dict[str, tuple[list[str], str]] = {
    "an empty folder": (["empty"], "No hand-in was recognised."),
    "foreign notebooks": (["foreign"], "No hand-in was recognised."),
    "nothing there": (["nowhere"], "does not exist"),
    "no sources": ([], "Name a folder or a zip"),
    "no such share": (["empty", "--shard", "5/4"], "is no share"),
    "an unknown problem": (["empty", "--problem", "poetry"], "There is no problem `poetry`."),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_one_clear_sentence(tmp_path: Path, name: str) -> None:
    words, told = BAD[name]
    (tmp_path / "empty").mkdir()
    (tmp_path / "foreign").mkdir()
    plain = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "foreign" / "plan.ipynb").write_text(json.dumps(plain))
    chosen = [tmp_path / word if word in ("empty", "foreign", "nowhere") else word for word in words]
    said = run("grade", *chosen, "--out", tmp_path / "out", status=2)
    assert told in said and "Traceback" not in said


def test_a_private_bank_works_through_all_of_it(tmp_path: Path) -> None:
    bank = tmp_path / "bank"
    run("new", "my_norm", "--problems", bank)
    folder = bank / "my_norm"
    solution = (folder / "solution.py").read_text()
    (tmp_path / "in" / "ada").mkdir(parents=True)
    (tmp_path / "in" / "ada" / "my_norm.py").write_text(solution)
    said = run("grade", tmp_path / "in", "--problems", bank, "--out", tmp_path / "out")
    assert "1 accepted" in said
    assert "my_norm" in run("export", tmp_path / "out", "--csv", "--problems", bank)
