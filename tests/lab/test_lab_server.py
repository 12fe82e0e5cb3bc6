"""The server extension: what it answers, and to whom."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest
from hands import put
from running import Lab

from torch_judge.bank import find_bank
from torch_judge.errors import JudgeError

pytestmark = [pytest.mark.slow, pytest.mark.lab]

DOING = [("open", {}), ("hint", {}), ("solution", {}), ("colab", {}), ("reset", {"path": "01_relu.ipynb"})]


@pytest.mark.parametrize(("action", "more"), [("problems", None), *DOING])
def test_without_a_token_everything_is_refused(lab: Lab, action: str, more: dict[str, str] | None) -> None:
    body = None if more is None else {"problem": "relu", **more}
    before = lab.state("relu")
    assert lab.request(f"torch-judge/{action}", body, token="")[0] == 403
    assert lab.request(f"torch-judge/{action}", body, token="wrong")[0] == 403
    assert lab.state("relu") == before


def test_a_visitor_needs_the_xsrf_token(lab: Lab) -> None:
    jar = CookieJar()
    visitor = build_opener(HTTPCookieProcessor(jar))
    visitor.open(f"{lab.url}/lab?token={lab.token}").read()
    xsrf = next(cookie.value for cookie in jar if cookie.name == "_xsrf")
    request = Request(f"{lab.url}/torch-judge/open", json.dumps({"problem": "relu"}).encode())
    with pytest.raises(HTTPError, match="403"):
        visitor.open(request)
    request.add_header("X-XSRFToken", str(xsrf))
    assert visitor.open(request).status == 200


def test_what_is_far_too_large_is_refused_unread(lab: Lab) -> None:
    status, answer = lab.request("torch-judge/open", {"problem": "x" * (8 << 20)})
    assert status == 413 and "none of ours" in answer["message"]


def test_a_pipe_named_like_a_notebook_blocks_no_address(lab: Lab) -> None:
    problem = next(p for p in find_bank().problems() if p.number == 38)
    pipe = lab.workspace / f"{problem.notebook}.ipynb"
    pipe.unlink()
    os.mkfifo(pipe)
    try:
        assert lab.request("torch-judge/problems")[0] == 200
        status, answer = lab.request("torch-judge/open", {"problem": problem.id})
        assert status == 200 and answer["path"] == f"{problem.notebook}-2.ipynb"
    finally:
        pipe.unlink()


def test_every_problem_is_listed(lab: Lab) -> None:
    status, listing = lab.request("torch-judge/problems")
    assert status == 200
    assert [row["id"] for row in listing["problems"]] == [problem.id for problem in find_bank().problems()]
    assert listing["repository"] is None and listing["notices"] == []
    assert sorted(listing["order"]) == sorted(row["id"] for row in listing["problems"])
    assert listing["order"][0] == "relu" and listing["next"] in listing["order"]
    relu = next(row for row in listing["problems"] if row["id"] == "relu")
    assert relu["path"] == "01_relu.ipynb" and relu["topic"] == "Fundamentals"


@pytest.mark.parametrize(
    ("action", "body", "words"),
    [
        ("open", {"problem": "../relu"}, "There is no problem"),
        ("open", {"problem": "<b>"}, "There is no problem"),
        ("open", {"problem": ["relu"]}, "needs problem"),
        ("open", {"problem": "a\0b"}, "needs problem"),
        ("open", {}, "needs problem"),
        ("open", [], "needs problem"),
        ("hint", {"problem": "rlu"}, "Did you mean `relu`"),
        ("reset", {"problem": "relu"}, "needs problem and path"),
        ("reset", {"problem": "relu", "path": "../outside.ipynb"}, "outside"),
        ("reset", {"problem": "relu", "path": "/etc/passwd"}, "outside"),
        ("reset", {"problem": "relu", "path": "link.ipynb"}, "outside"),
        ("reset", {"problem": "relu", "path": "absent.ipynb"}, "not in the workspace"),
        ("reset", {"problem": "relu", "path": "02_softmax.ipynb"}, "is no notebook of `relu`"),
        ("reset", {"problem": "relu", "path": "notes.txt"}, "is no notebook of `relu`"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(lab: Lab, action: str, body: object, words: str) -> None:
    outside = put(lab.workspace.parent, "outside.ipynb", "relu", "mine = 1")
    (lab.workspace / "link.ipynb").unlink(missing_ok=True)
    (lab.workspace / "link.ipynb").symlink_to(outside)
    (lab.workspace / "notes.txt").write_text("mine")
    before = outside.read_bytes()
    status, answer = lab.request(f"torch-judge/{action}", body)
    assert status == 400 and words in answer["message"] and "Traceback" not in answer["message"]
    assert outside.read_bytes() == before and (lab.workspace / "notes.txt").read_text() == "mine"


def test_hints_come_one_by_one_and_the_last_stays(lab: Lab) -> None:
    hints = list(find_bank().get("bpe").hints)
    for level in (1, 2, 3, 3):
        status, answer = lab.request("torch-judge/hint", {"problem": "bpe"})
        assert status == 200 and answer["level"] == level and answer["of"] == 3
        assert answer["hints"] == hints[:level] == lab.state("bpe")["hints"]


def test_looking_at_a_solution_is_remembered(lab: Lab) -> None:
    status, answer = lab.request("torch-judge/solution", {"problem": "mlp"})
    assert status == 200 and answer == {"path": "solutions/15_mlp_solution.ipynb", "peeked": True}
    assert (lab.workspace / answer["path"]).is_file() and lab.state("mlp")["peeked"]


def test_a_set_up_cell_carries_the_judge(lab: Lab) -> None:
    status, answer = lab.request("torch-judge/colab", {"problem": "mlp"})
    assert status == 200 and answer["source"].startswith("# @title Set-up")
    compile(answer["source"], "cell", "exec")


def test_reset_keeps_the_old_work(lab: Lab) -> None:
    mine = put(lab.workspace, "copy of mine.ipynb", "relu", "precious = 1")
    for number in (1, 2):
        status, answer = lab.request("torch-judge/reset", {"problem": "relu", "path": mine.name})
        assert status == 200 and answer == {"kept": f"copy of mine-old-{number}.ipynb"}
    assert "precious" in (lab.workspace / "copy of mine-old-1.ipynb").read_text()
    assert "precious" not in mine.read_text() and "def relu" in mine.read_text()


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from torch_judge_lab.answers import Answers

    monkeypatch.setenv("TORCH_JUDGE_HOME", str(tmp_path / "home"))
    (tmp_path / "workspace").mkdir()
    return Answers(tmp_path / "workspace")


def test_a_folder_that_cannot_be_written(answers) -> None:
    answers.__init__(Path("/proc"))
    assert answers.problems()["problems"][0]["path"] is None
    for action in (answers.open, answers.solution):
        with pytest.raises(JudgeError, match="cannot be written"):
            action("relu")
    assert not answers.store.summary("relu").peeked, "what was not shown was not seen"


def test_progress_that_cannot_be_kept_is_told(answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_JUDGE_HOME", "/proc/nowhere")
    answers.__init__(answers.workspace.root)
    assert answers.hint("relu")["level"] == 1
    assert answers.problems()["notices"]


def test_foreign_notebooks_are_left_alone(answers) -> None:
    root = answers.workspace.root
    foreign = {"01_relu.ipynb": b"not JSON", "02_softmax.ipynb": b'{"metadata": []}', "03_linear.ipynb": b"\xff\xfe"}
    for name, content in foreign.items():
        (root / name).write_bytes(content)
    put(root, "04_layernorm.ipynb", None, "mine = 1")
    put(root, "05_attention.ipynb", {"problem": "attention"}, "mine = 1")
    assert not any(row["path"] for row in answers.problems()["problems"])
    opened = [answers.open(id)["path"] for id in ("relu", "softmax", "linear", "layernorm", "attention")]
    assert opened == [f"{n}-2.ipynb" for n in ("01_relu", "02_softmax", "03_linear", "04_layernorm", "05_attention")]
    assert {name: (root / name).read_bytes() for name in foreign} == foreign


def test_the_server_never_imports_torch(tmp_path: Path) -> None:
    script = """
import os, sys
from pathlib import Path
import torch_judge_lab.handlers
from torch_judge_lab.answers import Answers
answers = Answers(Path.cwd())
answers.problems(), answers.hint("relu"), answers.solution("relu"), answers.colab("relu")
answers.reset("relu", answers.open("relu")["path"])
assert "torch" not in sys.modules and "torch_judge" in sys.modules
"""
    environment = {"TORCH_JUDGE_HOME": str(tmp_path / "home"), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 0
