"""The workspace: what is missing is written, what somebody has edited is kept."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from torch_judge.bank import Bank, scaffold
from torch_judge.errors import JudgeError
from torch_judge.notebooks.workspace import Workspace

MINE = b'{"cells": [], "metadata": {"torch_judge": {"problem": "first"}}, "nbformat": 4, "nbformat_minor": 5}'


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    for id in ("first", "second"):
        scaffold.create(tmp_path / "bank", id)
    return Bank((tmp_path / "bank",))


@pytest.fixture
def work(tmp_path: Path, bank: Bank) -> Workspace:
    return Workspace(tmp_path / "work", bank)


def names(paths: list[Path], work: Workspace) -> list[str]:
    return [str(path.relative_to(work.root)) for path in paths]


ALL = [
    "00_welcome.ipynb",
    "01_first.ipynb",
    "solutions/01_first_solution.ipynb",
    "02_second.ipynb",
    "solutions/02_second_solution.ipynb",
]


def test_fill_writes_what_is_missing(work: Workspace) -> None:
    assert names(work.fill(), work) == ALL
    assert work.fill() == []
    (work.root / ALL[1]).unlink()
    assert names(work.fill(), work) == ALL[1:2]


def test_an_upgrade_renews_what_nobody_edited_and_brings_new_problems(work: Workspace, tmp_path: Path) -> None:
    work.fill()
    (work.root / "01_first.ipynb").write_bytes(MINE)
    for id in ("first", "second"):
        (tmp_path / "bank" / id / "starter.py").write_text("# newer\n")
    scaffold.create(tmp_path / "bank", "third")
    upgraded = Workspace(work.root, Bank((tmp_path / "bank",)))
    assert names(upgraded.fill(), work) == [ALL[0], ALL[3], "03_third.ipynb", "solutions/03_third_solution.ipynb"]
    assert (work.root / "01_first.ipynb").read_bytes() == MINE
    assert "# newer" in (work.root / "02_second.ipynb").read_text()


@pytest.mark.parametrize("record", [b"", b"[]", b"{", b'{"01_first.ipynb": 3}'])
def test_a_lost_record_counts_everything_as_edited(work: Workspace, tmp_path: Path, record: bytes) -> None:
    work.fill()
    (work.root / ".torch-judge.json").write_bytes(record)
    (tmp_path / "bank" / "first" / "starter.py").write_text("# newer\n")
    assert Workspace(work.root, Bank((tmp_path / "bank",))).fill() == []


def test_a_foreign_file_of_the_same_name_is_left_alone(work: Workspace, bank: Bank) -> None:
    work.root.mkdir()
    foreign = {"01_first.ipynb": b"not a notebook", "01_first-2.ipynb": MINE.replace(b"first", b"second")}
    for name, content in foreign.items():
        (work.root / name).write_bytes(content)
    first = bank.get("first")
    assert work.existing(first) is None
    assert work.notebook(first).name == "01_first-3.ipynb"
    assert work.notebook(first) == work.existing(first) == work.root / "01_first-3.ipynb"
    assert {name: (work.root / name).read_bytes() for name in foreign} == foreign


def test_reset_keeps_the_old_work_under_a_number(work: Workspace, bank: Bank) -> None:
    first = bank.get("first")
    path = work.notebook(first)
    blank = path.read_bytes()
    for number in (1, 2):
        path.write_bytes(MINE + b" " * number)
        kept = work.reset(path, first)
        assert kept.name == f"01_first-old-{number}.ipynb" and kept.read_bytes() == MINE + b" " * number
        assert path.read_bytes() == blank
    assert not list(work.root.glob(".01*"))


@pytest.mark.parametrize("name", ["../x.ipynb", "/etc/passwd", "link/x.ipynb", "a/../../x.ipynb", "missing.ipynb", "."])
def test_only_files_of_the_workspace_are_found(work: Workspace, tmp_path: Path, name: str) -> None:
    work.fill()
    (tmp_path / "x.ipynb").write_bytes(MINE)
    (work.root / "link").symlink_to(tmp_path)
    assert work.find("solutions/01_first_solution.ipynb").is_file()
    with pytest.raises(JudgeError, match="workspace"):
        work.find(name)


def test_the_solution_lies_beside_the_others(work: Workspace, bank: Bank) -> None:
    path = work.solution(bank.get("second"))
    assert (
        path == work.root / ALL[4] and json.loads(path.read_bytes())["metadata"]["torch_judge"]["problem"] == "second"
    )


def test_a_folder_that_cannot_be_written(tmp_path: Path, bank: Bank) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JudgeError, match=r"`.*file.*` cannot be written: File exists"):
        Workspace(tmp_path / "file", bank).fill()


def test_a_pipe_named_like_a_notebook_blocks_nothing(work: Workspace, bank: Bank) -> None:
    work.root.mkdir(parents=True)
    os.mkfifo(work.root / "01_first.ipynb")
    os.mkfifo(work.root / "00_welcome.ipynb")
    assert work.existing(bank.get("first")) is None
    assert work.notebook(bank.get("first")).name == "01_first-2.ipynb"
    work.fill()
    assert work.existing(bank.get("first")) == work.root / "01_first-2.ipynb"
