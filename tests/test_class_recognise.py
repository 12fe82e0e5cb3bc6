"""Which student handed in what: every lay-out, every odd name, and what is left out with its reason."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from torch_judge.bank import find_bank
from torch_judge.classroom import unpack
from torch_judge.classroom.recognise import Recogniser, share_of
from torch_judge.classroom.roster import read_roster
from torch_judge.classroom.words import Recognition
from torch_judge.errors import JudgeError
from torch_judge.submission import read_program

BANK = find_bank()
SOFTMAX = "def my_softmax(x, dim=-1):\n    return x\n"
RELU = "def relu(x):\n    return x\n"
METADATA = """---
submission_501:
  :submitters:
  - :name: Ada Byron
    :sid: '42'
    :email: ada@example.org
  :created_at: 2026-02-28 09:00:00.000000000 Z
"""


def notebook(*sources: str, problem: str | None = None) -> str:
    cells = [
        {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None, "id": f"c{k}"}
        for k, source in enumerate(sources)
    ]
    metadata = {"torch_judge": {"problem": problem}} if problem else {}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def lay(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def zipped(files: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def recognised(tmp_path: Path, source: Path, **options: Any) -> Recognition:
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    return Recogniser(BANK, scratch, **options).read([source])


def pairs(found: Recognition) -> set[tuple[str, str]]:
    return {(hand_in.student, hand_in.problem) for hand_in in found.hand_ins}


LAYOUTS: dict[str, tuple[dict[str, str | bytes], set[tuple[str, str]]]] = {
    "a folder per student": (
        {"ada/02_softmax.ipynb": notebook(SOFTMAX), "bob/relu.py": RELU},
        {("ada", "softmax"), ("bob", "relu")},
    ),
    "deeper in the student's folder": (
        {"ada/week1/softmax.py": SOFTMAX, "bob/week1/relu.py": RELU},
        {("ada", "softmax"), ("bob", "relu")},
    ),
    "a folder per problem": (
        {"02_softmax/ada.ipynb": notebook(SOFTMAX), "01_relu/ada.py": RELU},
        {("ada", "softmax"), ("ada", "relu")},
    ),
    "flat names": (
        {"ada_softmax.ipynb": notebook(SOFTMAX), "relu-bob.py": RELU, "01_relu_eve.py": RELU},
        {("ada", "softmax"), ("bob", "relu"), ("eve", "relu")},
    ),
    "flat, the student alone": ({"ada.py": RELU, "bob.py": SOFTMAX}, {("ada", "relu"), ("bob", "softmax")}),
    "nbgrader": (
        {
            "submitted/ada/hw1/02_softmax.ipynb": notebook(SOFTMAX),
            "submitted/ada/hw1/timestamp.txt": "2026-02-03 15:30:00 UTC",
            "submitted/bob/hw1/softmax.ipynb": notebook(SOFTMAX),
        },
        {("ada", "softmax"), ("bob", "softmax")},
    ),
    "Canvas": (
        {
            "byronada_4711_99001_02_softmax-1.ipynb": notebook(SOFTMAX),
            "leebob_LATE_4712_99002_02_softmax.ipynb": notebook(SOFTMAX),
        },
        {("4711", "softmax"), ("4712", "softmax")},
    ),
    "Moodle": (
        {
            "Ada Byron_123_assignsubmission_file_/softmax.ipynb": notebook(SOFTMAX),
            "Participant 456_456_assignsubmission_file_/softmax.ipynb": notebook(SOFTMAX),
            "Bob Lee_789_assignsubmission_file_relu.py": RELU,
        },
        {("Ada Byron", "softmax"), ("Participant 456", "softmax"), ("Bob Lee", "relu")},
    ),
    "Gradescope": (
        {"export/submission_metadata.yml": METADATA, "export/submission_501/softmax.py": SOFTMAX},
        {("42", "softmax")},
    ),
    "one notebook, several problems": (
        {"ada.ipynb": notebook(SOFTMAX, 'check("softmax")', RELU, 'check("relu")')},
        {("ada", "softmax"), ("ada", "relu")},
    ),
    "several entries without a check": ({"ada/all.ipynb": notebook(SOFTMAX, RELU)}, {("ada", "softmax"), ("ada", "relu")}),
    "zips inside a folder": (
        {"ada.zip": zipped({"02_softmax.py": SOFTMAX}), "bob.zip": zipped({"in/relu.py": RELU})},
        {("ada", "softmax"), ("bob", "relu")},
    ),
    "odd names": (
        {"李雷/softmax.py": SOFTMAX, "🙂 O'Neil/softmax.py": SOFTMAX, 'the "quoted"/softmax.py': SOFTMAX, "a  b/softmax.py": SOFTMAX},
        {("李雷", "softmax"), ("🙂 O'Neil", "softmax"), ('the "quoted"', "softmax"), ("a  b", "softmax")},
    ),
    "one student alone": ({"ada/softmax.py": SOFTMAX, "ada/relu.py": RELU}, {("ada", "softmax"), ("ada", "relu")}),
    "a folder around all": ({"week 1/ada/softmax.py": SOFTMAX, "week 1/bob/relu.py": RELU}, {("ada", "softmax"), ("bob", "relu")}),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_a_lay_out_is_recognised(tmp_path: Path, name: str, packed: bool) -> None:
    files, expected = LAYOUTS[name]
    source = lay(tmp_path / "submissions", files)
    if packed:
        source = tmp_path / "download.zip"
        source.write_bytes(zipped(files))
    found = recognised(tmp_path, source)
    assert pairs(found) == expected and not found.left_out
    assert all(hand_in.key for hand_in in found.hand_ins)


def test_the_newest_hand_in_counts_and_the_others_are_listed(tmp_path: Path) -> None:
    files = {
        "ada_softmax.py": RELU,
        "ada_softmax (1).py": SOFTMAX,
        "ada_softmax-2.py": SOFTMAX,
        "ada_softmax copy.py": RELU,
    }
    found = recognised(tmp_path, lay(tmp_path / "s", files))
    assert [h.place for h in found.hand_ins] == ["ada_softmax-2.py"] and len(found.older) == 3
    assert {h.student for h in found.older} == {"ada"}


def test_times_and_lateness_are_known_where_the_system_says_them(tmp_path: Path) -> None:
    nbgrader = recognised(tmp_path, lay(tmp_path / "n", LAYOUTS["nbgrader"][0]))
    times = {h.student: h.submitted for h in nbgrader.hand_ins}
    assert times["ada"] is not None and times["ada"].isoformat() == "2026-02-03T15:30:00+00:00" and times["bob"] is None
    canvas = recognised(tmp_path, lay(tmp_path / "c", LAYOUTS["Canvas"][0]))
    assert {h.student: h.late for h in canvas.hand_ins} == {"4711": False, "4712": True}
    (gradescope,) = recognised(tmp_path, lay(tmp_path / "g", LAYOUTS["Gradescope"][0])).hand_ins
    assert gradescope.submitted is not None and gradescope.submitted.hour == 9


def test_names_are_read_by_a_pattern(tmp_path: Path) -> None:
    source = lay(tmp_path / "s", {"x/9-ada/hw-softmax.py": SOFTMAX, "x/7-bob/other.txt.py": RELU})
    found = recognised(tmp_path, source, pattern=r"\d-(?P<student>\w+)/(hw-(?P<problem>\w+))?")
    assert pairs(found) == {("ada", "softmax"), ("bob", "relu")}
    with pytest.raises(JudgeError, match="has no group `student`"):
        recognised(tmp_path, source, pattern="(.*)")
    with pytest.raises(JudgeError, match="no regular expression"):
        recognised(tmp_path, source, pattern="(")


def test_an_assignment_s_problems_are_looked_for_and_no_others(tmp_path: Path) -> None:
    found = recognised(
        tmp_path, lay(tmp_path / "s", {"ada/all.py": SOFTMAX + RELU, "bob/relu.py": RELU}), problems=("softmax",)
    )
    assert pairs(found) == {("ada", "softmax")}
    assert [left.why for left in found.left_out] == ["it solves no problem of the assignment"]


def test_what_is_no_hand_in_is_left_out_with_the_reason(tmp_path: Path) -> None:
    source = lay(tmp_path / "s", {
        "ada/softmax.py": SOFTMAX, "ada/notes.pdf": "%PDF", "bob/plan.ipynb": notebook("x = 1"), "eve/broken.zip": b"PK no",
        "eve/.ipynb_checkpoints/softmax.py": SOFTMAX, "zoe/softmax.ipynb": "{", "zoe/what.ipynb": "{",
    })  # fmt: skip
    os.symlink("/etc", source / "ada" / "outside")
    os.symlink(source / "ada" / "softmax.py", source / "eve" / "softmax.py")
    os.mkfifo(source / "eve" / "pipe.py")
    found = recognised(tmp_path, source)
    assert pairs(found) == {("ada", "softmax"), ("zoe", "softmax")}
    assert next(h for h in found.hand_ins if h.student == "zoe").fault
    why = {left.place: left.why for left in found.left_out}
    assert why.pop("zoe/what.ipynb").endswith("does not say which problem it solves")
    assert why.pop("eve/broken.zip").startswith("a zip that cannot be read")
    assert why == {
        "ada/notes.pdf": "neither a notebook nor a Python file",
        "ada/outside": "a link that leads out of the folder",
        "bob/plan.ipynb": "it solves no problem",
        "eve/softmax.py": "a link; what it leads to is looked at in its own place",
        "eve/pipe.py": "no file",
    }


def link(name: str, target: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o120777 << 16
    return info


def test_a_zip_leads_nowhere_outside_and_stays_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "LARGEST", 1 << 20)
    nested = zipped({"ada/relu.py": RELU})
    for depth in range(5):
        nested = zipped({f"{depth}.zip": nested})
    source = tmp_path / "bad.zip"
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../escape/relu.py", RELU)
        archive.writestr("/etc/relu.py", RELU)
        archive.writestr(link("ada/link.py", "/etc/passwd"), "/etc/passwd")
        archive.writestr("ada/bomb.py", "#" * (2 << 20))
        archive.writestr("deep.zip", nested)
        archive.writestr("ada/softmax.py", SOFTMAX)
    found = recognised(tmp_path, source)
    assert pairs(found) == {("ada", "softmax")}
    assert sorted(left.why for left in found.left_out) == [
        "a link inside a zip", "its path leads out of the zip", "its path leads out of the zip", "larger than 1 MB",
        "zips inside zips, more than 3 deep",
    ]  # fmt: skip
    assert not (tmp_path.parent / "escape").exists()
    monkeypatch.setattr(unpack, "MOST_BYTES", 100)
    assert any("hold more than" in left.why for left in recognised(tmp_path, source).left_out)
    monkeypatch.setattr(unpack, "MOST_FILES", 2)
    assert any("too many" in left.why for left in recognised(tmp_path, source).left_out)


ROSTER = "id,name,email,canvas_id\ns1,Ada Byron,ada@example.org,4711\ns2,Bob Lee,bob@example.org,4712\ns3,Bob Lee,bob2@example.org,\n"
MET = {
    "by a system's number": ("byronada_4711_99001_02_softmax.py", "s1"),
    "by name, as Canvas joins it": ("byronada_1_99001_02_softmax.py", "s1"),
    "by name": ("Ada Byron/softmax.py", "s1"),
    "by e-mail": ("bob@example.org/softmax.py", "s2"),
    "by id": ("s3/softmax.py", "s3"),
    "nobody": ("eve/softmax.py", "eve"),
}


@pytest.mark.parametrize("name", MET)
def test_a_hand_in_finds_its_student_on_the_roster(tmp_path: Path, name: str) -> None:
    place, student = MET[name]
    (tmp_path / "roster.csv").write_text(ROSTER)
    found = recognised(tmp_path, lay(tmp_path / "s", {place: SOFTMAX}), roster=read_roster(tmp_path / "roster.csv"))
    assert pairs(found) == {(student, "softmax")}
    assert bool(found.notes) == (name == "nobody")
    assert {"s1", "s2", "s3"} <= found.students.keys(), "who handed in nothing is a student, too"


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_a_module_beside_a_notebook_comes_along_unless_it_is_another_student_s(tmp_path: Path, packed: bool) -> None:
    work, tools = "from tools import my_softmax\n", "def my_softmax(x, dim=-1):\n    return x\n"
    own = {"ada/softmax.py": work, "ada/tools.py": tools, "bob/relu.py": RELU}
    foreign = {"ada_softmax.py": "from softmax_bob import my_softmax\n", "softmax_bob.py": tools}
    for files, along in ((own, ["tools.py"]), (foreign, [])):
        source = tmp_path / f"s{len(files)}"
        if packed:
            source = source.with_suffix(".zip")
            source.write_bytes(zipped(files))
        else:
            lay(source, files)
        found = next(h for h in recognised(tmp_path, source).hand_ins if h.student == "ada")
        assert [file.path for file in read_program(found.path).files] == along


def test_two_students_of_one_name_are_never_guessed(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text(ROSTER)
    found = recognised(
        tmp_path, lay(tmp_path / "s", {"Bob Lee/softmax.py": SOFTMAX}), roster=read_roster(tmp_path / "roster.csv")
    )
    assert not found.hand_ins and "several students called Bob Lee: `s2` and `s3`" in found.left_out[0].why
    moodle = {f"Bob Lee_{n}_assignsubmission_file_/softmax.py": SOFTMAX for n in (1, 2)}
    found = recognised(tmp_path, lay(tmp_path / "m", moodle))
    assert len(found.hand_ins) == 1 and "two students are called Bob Lee" in found.left_out[0].why


BAD_ROSTERS = {
    "no id": ("name,points\nAda,3\n", "has no column of ids: its header is `name`, `points`"),
    "an id twice": ("id,name\n1,Ada\n1,Bob\n", "has the id `1` twice"),
    "not text": (b"\xff\xfe\x00", "no UTF-8 text"),
    "empty": ("", "has no column of ids"),
}


@pytest.mark.parametrize("name", BAD_ROSTERS)
def test_a_bad_roster_is_refused(tmp_path: Path, name: str) -> None:
    content, words = BAD_ROSTERS[name]
    (tmp_path / "roster.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(JudgeError, match=words):
        read_roster(tmp_path / "roster.csv")


def test_what_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match="does not exist"):
        recognised(tmp_path, tmp_path / "nowhere")


def test_shares_are_disjoint_and_whole(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"s{n}/softmax.py": SOFTMAX for n in range(40)}
    found = recognised(tmp_path, lay(tmp_path / "s", files))
    shares = [share_of(hand_in, 4) for hand_in in found.hand_ins]
    assert set(shares) == {1, 2, 3, 4} and len(shares) == 40
