"""What a learner types, in a plain session and in a real kernel."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import torch_judge
from torch_judge import Report, check, hint, judge, replay, reset_progress, solution, status
from torch_judge.bank import find_bank
from torch_judge.errors import JudgeError, SubmissionError
from torch_judge.learner.progress import Store
from torch_judge.notebooks.build import solution as solution_notebook
from torch_judge.notebooks.build import template
from torch_judge.verdict.known import known

BATCHNORM = find_bank().get("batchnorm")
ALL = "{0} of {0} cases pass".format(len(known(BATCHNORM).cases))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Progress of its own for every test."""
    monkeypatch.setenv("TORCH_JUDGE_HOME", str(tmp_path))
    return tmp_path


def checked(source: str, capsys: pytest.CaptureFixture[str], call: str = 'check("batchnorm")') -> tuple[Report, str]:
    """Run a cell's source and a check after it; the report and what was printed."""
    namespace: dict[str, Any] = {"check": check, "__name__": "__main__"}
    exec(source, namespace)
    report = eval(call, namespace)
    return report, capsys.readouterr().out


WRONG = BATCHNORM.edited(*next(m.edits for m in BATCHNORM.mistakes if m.id == "unbiased_everywhere"))


def test_a_right_solution_is_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    report, text = checked(BATCHNORM.solution, capsys)
    assert report.accepted and f"batchnorm: accepted, {ALL}" in text and "practice verdict" in text


def test_a_wrong_one_is_told_what_is_wrong_and_then_what_got_better(capsys: pytest.CaptureFixture[str]) -> None:
    report, text = checked(WRONG, capsys)
    assert not report.accepted and "You use the unbiased variance" in text
    assert "output[" in text and 'replay("batchnorm", case=1)' in text
    _, text = checked(BATCHNORM.solution, capsys)
    assert "Solved on attempt 2." in text


def test_the_report_is_silent_as_a_last_value_and_judge_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    report, _ = checked(BATCHNORM.solution, capsys)
    assert report._ipython_display_() is None  # type: ignore[attr-defined]
    pure = judge("batchnorm", known(BATCHNORM).reference())
    assert capsys.readouterr().out == "" and repr(pure) == f"<Report batchnorm: accepted, {ALL}>"


SAYS = {
    "unknown problem": ("", 'check("batch_norm")', "There is no problem batch_norm. Did you mean batchnorm"),
    "missing entry": ("", 'check("batchnorm")', "my_batch_norm is not defined"),
    "near miss": ("def my_batchnorm(x): pass", 'check("batchnorm")', "my_batchnorm is: was it meant?"),
    "not callable": ("my_batch_norm = 3", 'check("batchnorm")', "my_batch_norm cannot be called: it is of type int."),
    "wrong signature": ("def my_batch_norm(x): return x", 'check("batchnorm")', "The call failed: my_batch_norm()"),
    "async": (
        "async def my_batch_norm(x): return x",
        'check("batchnorm")',
        "my_batch_norm is an async def: calling it",
    ),
    "absent device": (BATCHNORM.solution, 'check("batchnorm", device="tpu")', "The device tpu is unknown."),
    "unknown case": (
        BATCHNORM.solution,
        'check("batchnorm", case=99)',
        f"batchnorm has no case 99. Its cases are 1 to {len(known(BATCHNORM).cases)}.",
    ),
    "exit": ("def my_batch_norm(*a, **k): raise SystemExit", 'check("batchnorm")', "Your code asked Python to exit."),
    "starter": (BATCHNORM.starter, 'check("batchnorm")', "output is None; expected a tensor of shape (6, 5)."),
}


@pytest.mark.parametrize("name", SAYS)
def test_what_a_learner_reads(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    source, call, sentence = SAYS[name]
    report, text = checked(source, capsys, call)
    assert not report.accepted
    assert sentence in " ".join(text.split()), text
    assert "Traceback" not in text and "torch_judge/" not in text


def test_one_case_unfolds_the_prints_and_is_no_attempt(capsys: pytest.CaptureFixture[str]) -> None:
    source = WRONG.replace("    if training:", "    for i in range(9):\n        print('line', i)\n    if training:")
    report, text = checked(source, capsys, 'check("batchnorm", case=3)')
    assert [c.kind for c in report.cases] == ["state", "forbidden"] and "line 8" in text
    assert Store().summary("batchnorm").attempts == 0


def test_status_counts(capsys: pytest.CaptureFixture[str]) -> None:
    checked(BATCHNORM.solution, capsys)
    status()
    assert f"1 of {len(find_bank().problems())} solved" in capsys.readouterr().out


def test_hints_come_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for _ in range(4):
        hint("batchnorm")
        texts.append(" ".join(capsys.readouterr().out.split()))
    assert [text[:11] for text in texts] == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "Hint 3 of 3"]
    assert "no further hint" in texts[3]


def test_solution_reset_and_unknown_names(capsys: pytest.CaptureFixture[str]) -> None:
    solution("batchnorm")
    assert "def my_batch_norm(" in capsys.readouterr().out
    reset_progress("batchnorm")
    reset_progress()
    hint("nonsense")
    assert "There is no problem nonsense." in capsys.readouterr().out


def test_replay_gives_the_inputs_as_they_are_before_the_call(capsys: pytest.CaptureFixture[str]) -> None:
    inputs = replay("batchnorm", case=3)
    printed = capsys.readouterr().out
    assert 'my_batch_norm(inputs["x"], inputs["gamma"], inputs["beta"], inputs["running_mean"]' in printed
    assert all((inputs[name] == again).all() for name, again in replay("batchnorm", case=3).items())
    call = next(line for line in printed.splitlines() if line.startswith("my_batch_norm"))
    assert eval(call, {"my_batch_norm": known(BATCHNORM).reference(), "inputs": inputs}).shape == (3, 4)
    with pytest.raises(JudgeError, match="no case 77"):
        replay("batchnorm", case=77)


def test_judge_raises_what_check_shows() -> None:
    with pytest.raises(JudgeError, match="There is no problem"):
        judge("nonsense", print)
    with pytest.raises(SubmissionError, match="cannot be called"):
        judge("batchnorm", 3)


def test_importing_imports_neither_torch_nor_rich() -> None:
    code = "import sys, torch_judge; print([m for m in ('torch', 'rich', 'nbformat', 'sqlite3') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert set(torch_judge.__all__) <= set(dir(torch_judge))


FILL = {
    "accepted": (BATCHNORM.solution, f"accepted, {ALL}"),
    "wrong": (WRONG, "You use the unbiased variance"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FILL)
def test_the_template_filled_in_and_run_in_a_real_kernel(name: str, tmp_path: Path) -> None:
    source, sentence = FILL[name]
    notebook = template(BATCHNORM)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    starter = next(cell for cell in cells if "def my_batch_norm" in cell.source)
    starter.source = source
    run(notebook, tmp_path)
    outputs = [o for cell in cells for o in cell.outputs if o.output_type == "display_data"]
    assert len(outputs) == 1
    assert sentence in " ".join(outputs[0].data["text/plain"].split())
    assert '<div class="torch-judge' in outputs[0].data["text/html"]
    assert not [o for cell in cells for o in cell.outputs if o.output_type in ("error", "execute_result")]


KERNEL_STORIES = {
    "a violation names the cell and the line": (
        ["import torch.nn.functional as F\ndef my_batch_norm(x, g, b, m, v, eps=1e-5, momentum=0.1, training=True):\n"
         "    return F.batch_norm(x, m, v, g, b, training, momentum, eps)"],
        "cell [1], line 3",
    ),
    "the old cell's forbidden call does not count": (
        ["import torch.nn.functional as F\ndef my_batch_norm(*a, **k):\n    return F.batch_norm(*a, **k)", BATCHNORM.solution],
        f"accepted, {ALL}",
    ),
    "an endless loop ends": (
        ["def my_batch_norm(*a, **k):\n    while True: pass"],
        "did not end within",
    ),
    "the error's line": (
        ["def my_batch_norm(*a, **k):\n    return helper(1)\ndef helper(n):\n    return n / 0"],
        "cell [1], line 4",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", KERNEL_STORIES)
def test_stories_in_a_real_kernel(name: str, tmp_path: Path) -> None:
    sources, sentence = KERNEL_STORIES[name]
    notebook = nbformat.v4.new_notebook()
    check_cell = "from torch_judge import check\ncheck('batchnorm')"
    notebook.cells = [nbformat.v4.new_code_cell(textwrap.dedent(s)) for s in (*sources, check_cell)]
    run(notebook, tmp_path)
    (shown,) = notebook.cells[-1].outputs
    assert sentence in " ".join(shown.data["text/plain"].split())


@pytest.mark.slow
@pytest.mark.parametrize("id", [problem.id for problem in find_bank().problems()])
def test_every_solution_notebook_runs_and_is_accepted(id: str, tmp_path: Path) -> None:
    notebook = solution_notebook(find_bank().get(id))
    run(notebook, tmp_path)
    cells = {cell.id: cell for cell in notebook.cells}
    (shown,) = cells["check"].outputs
    assert f"{id}: accepted" in shown.data["text/plain"]
    assert not [o for cell in cells.values() for o in cell.get("outputs", ()) if o.output_type == "error"]


def run(notebook: nbformat.NotebookNode, folder: Path) -> None:
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()


SLOW = (
    "import time\n_right = my_batch_norm\ndef my_batch_norm(*a, **k):\n    time.sleep(0.05)\n    return _right(*a, **k)"
)


@pytest.mark.parametrize(("source", "ends_early"), [(BATCHNORM.solution, False), (WRONG, True)], ids=["right", "wrong"])
def test_slow_work_that_is_wrong_ends_early_and_right_work_never(
    source: str, ends_early: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch_judge.verdict.judging.BUDGET_S", 0.05)
    namespace: dict[str, Any] = {}
    exec(f"{source}\n{SLOW}", namespace)
    report = judge("batchnorm", namespace["my_batch_norm"])
    waiting = [case for case in report.cases if not case.ran]
    assert bool(waiting) == ends_early and report.accepted is not ends_early
    assert all(case.message.startswith("Not run: a case had failed and the check had taken") for case in waiting)


def test_accepted_work_is_told_what_it_costs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch_judge.verdict.judging.TIMED_S", 60.0)  # also on a busy machine
    report, text = checked(BATCHNORM.solution, capsys)
    assert report.yours_s and report.reference_s and "with your code and" in text and "Next: " in text
    wrong, text = checked(WRONG, capsys)
    assert wrong.yours_s is None and "with your code and" not in text
