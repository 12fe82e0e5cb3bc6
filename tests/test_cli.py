"""The command line: what it prints, where, and its exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from torch_judge import __version__
from torch_judge.bank import HEADINGS, Bank, find_bank, load, scaffold
from torch_judge.cli.main import main
from torch_judge.errors import JudgeError, ProblemError, SubmissionError
from torch_judge.learner import shared as learner
from torch_judge.learner.progress import Store
from torch_judge.notebooks import carried
from torch_judge.report import CaseResult, ExceptionInfo, Report

LIGHT = {
    "list": [],
    "show": ["row_rms"],
    "hint": ["row_rms"],
    "status": [],
    "start": ["row_rms"],
    "new": ["fresh"],
    "solution": ["row_rms"],
    "reset": ["row_rms"],
}


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    """Two problems, an empty home, and an empty current folder."""
    root = tmp_path / "bank"
    for id in ("row_rms", "softmax"):
        scaffold.create(root, id)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("TORCH_JUDGE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TORCH_JUDGE_PROBLEMS", raising=False)
    bank = Bank((root,))
    monkeypatch.setattr("torch_judge.bank.find_bank", lambda extra=None: bank)
    return bank


def run(*args: str) -> Result:
    return CliRunner().invoke(main, list(args), prog_name="torch-judge")


def judging(monkeypatch: pytest.MonkeyPatch, answer: Report | BaseException) -> list[dict[str, Any]]:
    """Let `judge_file` answer this; the calls that it gets. What it prints must not get into a document."""
    calls: list[dict[str, Any]] = []

    def judge_file(path: Path, **options: Any) -> Report:
        calls.append({"path": path} | options)
        print("noise of the judged code")
        if isinstance(answer, BaseException):
            raise answer
        return answer

    monkeypatch.setitem(sys.modules, "torch_judge.verdict.official", SimpleNamespace(judge_file=judge_file))
    import torch_judge.isolate.worker  # binds the real Client before it is patched

    monkeypatch.setattr(torch_judge.isolate.client, "Client", lambda: None)  # nothing is observed: no server is needed
    return calls


def report(*passed: bool, **changes: Any) -> Report:
    cases = tuple(
        CaseResult(f"case {n}", "values", ok, message="" if ok else "It differs.") for n, ok in enumerate(passed)
    )
    fields = {"accepted": bool(passed) and all(passed), "seed": 0, "isolated": True, "cases": cases} | changes
    return Report("row_rms", **fields)


# Exit statuses

RIGHT = report(True, True)
WRONG = report(True, False)
SYNTAX = report(error="`my.py`, line 3: invalid syntax.", fault="learner", exception=ExceptionInfo("SyntaxError", "no"))
BROKEN = report(error="The case raises on the reference.", fault="judge")
ANSWERS = {
    "accepted": (RIGHT, 0),
    "a wrong case": (WRONG, 1),
    "a syntax error": (SYNTAX, 1),
    "a missing entry": (SubmissionError("There is no `row_rms`.", "Define it."), 1),
    "an unknown problem": (JudgeError("There is no problem `rms`.", "Did you mean `row_rms`?"), 2),
    "a problem at fault": (ProblemError("`cases.py` is bad.", "Mend it."), 2),
    "a report that judged nothing": (BROKEN, 2),
    "an error of ours": (RuntimeError("oh"), 2),
    "interrupted": (KeyboardInterrupt(), 130),
}


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(("answer", "status"), ANSWERS.values(), ids=ANSWERS)
def test_the_exit_status_says_whose_fault_it_is(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, answer: Report | BaseException, status: int, form: str
) -> None:
    judging(monkeypatch, answer)
    result = run("check", "my.py", "--problem", "row_rms", "--seed", "7", "--format", form)
    assert result.exit_code == status
    assert "Traceback" not in result.output
    if form == "json":
        document = Report.from_json(result.stdout)
        assert (document.accepted, document.problem) == (status == 0, "row_rms")
        if isinstance(answer, BaseException):
            assert (document.seed, document.fault) == (7, "learner" if status == 1 else "judge")


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (JudgeError("There is no problem `rms`.", "Did you mean `row_rms`?"),
         ["There is no problem `rms`.", "Did you mean `row_rms`?"]),
        (JudgeError("A fact only."), ["A fact only."]),
        (RuntimeError("oh"), ["torch-judge itself failed: RuntimeError: oh; please report it."]),
        (KeyboardInterrupt(), ["Interrupted."]),
    ],
    ids=["fact and remedy", "fact", "ours", "interrupted"],
)  # fmt: skip
def test_an_error_is_a_fact_and_a_remedy_on_stderr(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, error: BaseException, lines: list[str]
) -> None:
    judging(monkeypatch, error)
    assert run("check", "my.py").stderr.strip().splitlines() == lines


def test_the_traceback_of_an_error_of_ours_is_for_debugging(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    judging(monkeypatch, RuntimeError("oh"))
    monkeypatch.setenv("TORCH_JUDGE_DEBUG", "1")
    result = run("check", "my.py")
    assert (result.exit_code, "Traceback" in result.stderr) == (2, True)


USAGE = {
    "no path": ["check"],
    "a bad seed": ["check", "my.py", "--seed", "x"],
    "a bad device": ["check", "my.py", "--device", "tpu"],
    "a bad option": ["check", "my.py", "--sed", "1"],
    "a format without a value": ["check", "my.py", "--format"],
    "a bad format": ["check", "my.py", "--format", "xml"],
    "no command": ["chekc", "my.py"],
    "no id": ["show"],
}


@pytest.mark.parametrize("args", USAGE.values(), ids=USAGE)
def test_a_usage_error_exits_with_2_and_says_how(args: list[str]) -> None:
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-1].startswith("Error: ")


@pytest.mark.parametrize("form", [["--format", "json"], ["--format=json"]], ids=" ".join)
@pytest.mark.parametrize("args", list(USAGE.values())[:4], ids=list(USAGE)[:4])
def test_a_usage_error_is_a_document_too_where_json_was_asked(args: list[str], form: list[str]) -> None:
    result = run(*args, *form)
    document = Report.from_json(result.stdout)
    assert (result.exit_code, document.accepted, document.fault) == (2, False, "judge")
    assert document.error
    assert "Usage: torch-judge" in result.stderr


# check


def test_check_hands_on_what_was_typed(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = judging(monkeypatch, RIGHT)
    run("check", "my.ipynb", "--problem", "row_rms", "--seed", "3", "--device", "cuda")
    run("check", "my.ipynb")
    typed = {"path": Path("my.ipynb"), "problem": "row_rms", "seed": 3, "device": "cuda", "bank": bank}
    assert [{k: v for k, v in call.items() if k != "worker"} for call in calls] == [
        typed,
        typed | {"problem": None, "seed": 0, "device": "cpu"},
    ]


def test_check_shows_the_report_and_the_progress(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    judging(monkeypatch, report(False, False))
    run("check", "my.py", "--remember")
    judging(monkeypatch, WRONG)
    result = run("check", "my.py", "--remember")
    assert "row_rms: not accepted, 1 of 2 cases pass" in result.stdout
    assert "Row rms, row_rms · official verdict" in result.stdout
    assert "1 of 2 cases pass, 1 more than last time." in result.stdout
    assert result.stderr == ""


def test_check_names_commands_where_a_shell_is(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    from torch_judge.verdict.known import known

    names = [case.name for case in known(bank.get("row_rms")).cases]
    rows = [CaseResult(name, "values", False, message="It differs.", output="a\nb\nc\nd\n") for name in names]
    judging(monkeypatch, report(cases=tuple(rows), accepted=False, seed=5))
    shown = run("check", "my file.py").stdout
    private = " ".join(run("check", "my file.py", "--problems", "my bank").stdout.split())
    assert "--case 1 --seed 5 --problems 'my bank' shows all" in private
    assert "torch-judge replay row_rms 1 --seed 5 --problems 'my bank' gives" in private
    assert "torch-judge check 'my file.py' --case 1 --seed 5 shows all" in " ".join(shown.split())
    assert "torch-judge replay row_rms 1 --seed 5 gives you the inputs of case 1." in shown
    assert 'check("' not in shown


ONE_CASE = {"2": 1, "more leading dimensions, non-contiguous": 1, "1": 0}


@pytest.mark.parametrize(("case", "status"), ONE_CASE.items())
def test_one_case_is_a_look_and_no_attempt(bank: Bank, monkeypatch: pytest.MonkeyPatch, case: str, status: int) -> None:
    from torch_judge.verdict.known import known

    names = [case.name for case in known(bank.get("row_rms")).cases]
    rows = [CaseResult(name, "values", n != 1, output="line\n" * 9) for n, name in enumerate(names)]
    judging(monkeypatch, report(cases=tuple(rows), accepted=False))
    result = run("check", "my.py", "--case", case)
    assert result.exit_code == status
    assert result.stdout.count("│ line") == 9, "everything that was printed"
    assert Store().summaries() == {}
    document = Report.from_json(run("check", "my.py", "--case", case, "--format", "json").stdout)
    assert [row.name for row in document.cases] == [names[status]] and document.accepted is (status == 0)


def test_a_case_that_is_not_there_is_told(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    judging(monkeypatch, WRONG)
    result = run("check", "my.py", "--case", "9")
    assert (result.exit_code, result.stderr.splitlines()[0]) == (2, "`row_rms` has no case 9.")


def test_check_keeps_the_attempt_as_official(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    judging(monkeypatch, WRONG)
    Path("my.py").write_text("source")
    run("check", "my.py", "--remember")
    last = Store().last("row_rms")
    assert last is not None
    assert (last.isolated, last.failed) == (True, ("case 1",))
    assert last.source_hash == "41cf6794ba4200b839c53531555f0f3998df4cbb01a4d5cb0b94e3ca5e23947d"


KEPT = {
    "a file anywhere": ("my.py", [], False),
    "a file anywhere, when told": ("my.py", ["--remember"], True),
    "a file in a workspace": ("work/my.py", [], True),
    "a solution that came with the workspace": ("work/solutions/my.py", [], False),
    "a look at one case": ("work/my.py", ["--case", "1"], False),
}


@pytest.mark.parametrize("name", KEPT)
def test_judging_a_file_is_no_attempt_of_mine_but_in_my_workspace(
    name: str, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch_judge.verdict.known import known

    path, options, kept = KEPT[name]
    rows = [CaseResult(case.name, "values", False) for case in known(bank.get("row_rms")).cases]
    judging(monkeypatch, report(cases=tuple(rows), accepted=False))
    Path("work/solutions").mkdir(parents=True)
    Path("work/00_welcome.ipynb").write_text("{}")
    run("check", path, *options)
    assert bool(Store().summaries()) == kept


@pytest.mark.parametrize("answer", [BROKEN, JudgeError("No."), RuntimeError("oh")], ids=["report", "error", "ours"])
def test_what_judged_nothing_is_no_attempt(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, answer: Report | BaseException
) -> None:
    judging(monkeypatch, answer)
    run("check", "my.py", "--remember")
    assert Store().summaries() == {}


def test_in_json_all_that_is_for_people_goes_to_stderr(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    judging(monkeypatch, WRONG)
    run("check", "my.py", "--remember")
    Store().path.write_bytes(b"no database" * 500)
    result = run("check", "my.py", "--remember", "--format", "json")
    assert json.loads(result.stdout)["cases"][1]["passed"] is False
    assert "noise of the judged code" in result.stderr
    assert "was set aside" in result.stderr


# The bank


def test_list_has_a_line_for_each_problem(bank: Bank) -> None:
    Store().record(report(True))
    assert run("list").stdout.splitlines() == [
        "1  row_rms  Row rms  Easy  ✓ solved  Fundamentals",
        "2  softmax  Softmax  Easy  – to do   Fundamentals",
    ]


FILTERS = {
    "no filter": ([], ["row_rms", "softmax"]),
    "a part of a topic": (["--topic", "FUNDA"], ["row_rms", "softmax"]),
    "a difficulty": (["--difficulty", "easy"], ["row_rms", "softmax"]),
    "one that no problem has": (["--difficulty", "hard"], []),
    "solved": (["--state", "solved"], ["row_rms"]),
    "to do": (["--state", "to do"], ["softmax"]),
    "to do, typed in one word": (["--state", "to-do"], ["softmax"]),
    "all at once": (["--state", "todo", "--topic", "fun", "--difficulty", "E"], ["softmax"]),
}


@pytest.mark.parametrize(("options", "ids"), FILTERS.values(), ids=FILTERS)
def test_list_and_status_are_filtered_alike(bank: Bank, options: list[str], ids: list[str]) -> None:
    Store().record(report(True))
    assert [row["id"] for row in json.loads(run("list", *options, "--format", "json").stdout)] == ids
    document = json.loads(run("status", *options, "--format", "json").stdout)
    assert [row["id"] for row in document["problems"]] == ids
    assert (document["total"], document["solved"], document["next"]) == (2, 1, "softmax")
    shown = run("status", *options).stdout
    assert "1 of 2 solved" in shown and all(id in shown for id in ids)
    assert (len(run("list", *options).stdout.splitlines()) == len(ids)) and bool(ids) != bool(
        run("list", *options).stderr
    )


@pytest.mark.parametrize("command", ["list", "status"])
@pytest.mark.parametrize(
    ("option", "value", "known"),
    [("--topic", "foo", "Fundamentals"), ("--difficulty", "x", "Easy, Medium, Hard"), ("--state", "", "solved, ")],
)
def test_a_filter_that_means_nothing_is_told(bank: Bank, command: str, option: str, value: str, known: str) -> None:
    result = run(command, option, value)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"There is no {option[2:]} `{value}`.\nUse one of: {known}" in result.stderr
    document = json.loads(run(command, option, value, "--format", "json").stdout)
    assert document["fault"] == "judge" and f"There is no {option[2:]} `{value}`." in document["error"]


def test_show_as_json_is_the_record_of_a_problem(bank: Bank) -> None:
    document = json.loads(run("show", "2", "--format", "json").stdout)
    assert (document["id"], document["number"], document["entry"]) == ("softmax", 2, "softmax")
    assert document["statement"] == bank.get("softmax").statement
    assert not {"hints", "solution", "mistakes"} & set(document), "what a learner must not see by accident"


def test_show_renders_the_statement(bank: Bank) -> None:
    shown = run("show", "row_rms").stdout
    assert "01 · Row rms" in shown
    assert [heading for heading in HEADINGS if heading in shown] == list(HEADINGS)
    assert "##" not in shown


def test_show_prints_formulas_as_text(bank: Bank) -> None:
    shown = run("show", "row_rms").stdout
    assert "Row rms(x)_i = x_i/√(1/D ∑_j x_j² + ε)" in shown
    assert "$" not in shown and "\\frac" not in shown


@pytest.mark.parametrize("command", ["show", "hint", "start", "solution"])
@pytest.mark.parametrize("name", ["1", "01", "row"])
def test_a_problem_may_be_named_by_number_or_prefix(bank: Bank, command: str, name: str) -> None:
    assert run(command, name).exit_code == 0


@pytest.mark.parametrize("command", ["show", "hint", "start", "solution", "reset", "replay"])
def test_an_unknown_problem_is_told_with_the_nearest_name(bank: Bank, command: str) -> None:
    result = run(command, "sofmax")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "There is no problem `sofmax`.\nDid you mean `softmax`?\n"


def test_a_folder_without_problems_is_told(tmp_path: Path) -> None:
    result = run("list", "--problems", str(tmp_path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"`{tmp_path}` holds no problem folders.\n")


# The learner


def test_the_solution_is_printed_and_the_look_remembered(bank: Bank) -> None:
    assert run("solution", "row").stdout == bank.get("row_rms").solution
    assert Store().summary("row_rms").peeked


def test_reset_forgets_one_problem_or_after_a_question_all(bank: Bank) -> None:
    store = Store()
    for id in ("row_rms", "softmax"):
        store.record_peek(id)
    assert run("reset", "1").stdout == "The progress of `row_rms` was reset.\n"
    assert set(store.summaries()) == {"softmax"}
    refused = CliRunner().invoke(main, ["reset", "--all"], input="n\n")
    assert refused.exit_code == 130 and set(store.summaries()) == {"softmax"}
    assert run("reset", "--all", "--yes").exit_code == 0 and not store.summaries()


def test_reset_makes_a_notebook_blank_and_keeps_the_work(bank: Bank) -> None:
    run("start", "row_rms", "--to", "deep")
    notebook = Path("deep/01_row_rms.ipynb")
    work = notebook.read_text().replace("raise NotImplementedError", "return x")
    notebook.write_text(work)
    assert "Your work is in `deep/01_row_rms-old-1.ipynb`" in run("reset", str(notebook)).stdout
    assert Path("deep/01_row_rms-old-1.ipynb").read_text() == work
    assert "raise NotImplementedError" in notebook.read_text()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ([], "Name a problem or a notebook, or give --all."),
        (["row_rms", "--all"], "Name a problem or a notebook, or give --all."),
        (["gone.ipynb"], "There is no file `gone.ipynb`."),
        (["foreign.ipynb"], "`foreign.ipynb` does not say whose notebook it is."),
        (["sofmax"], "Did you mean `softmax`?"),
    ],
)
def test_what_cannot_be_reset_is_told(bank: Bank, args: list[str], words: str) -> None:
    Path("foreign.ipynb").write_text("{}")
    Store().record_peek("row_rms")
    result = run("reset", *args)
    assert (result.exit_code, words in result.stderr) == (2, True)
    assert Path("foreign.ipynb").read_text() == "{}" and Store().summary("row_rms").peeked


def test_replay_prints_inputs_and_calls(bank: Bank) -> None:
    shown = run("replay", "row_rms", "3").stdout
    assert shown.startswith("# eps decides for rows near zero\n")
    assert "# inputs['x']: float32, shape (4, 6)\ntensor([[" in shown
    assert shown.endswith('inputs = replay(\'row_rms\', case=3)\nrow_rms(inputs["x"])\nrow_rms(inputs["x"], eps=1.5)\n')
    assert "replay('row_rms', case=3, seed=5)" in run("replay", "row", "3", "--seed", "5").stdout
    assert "has no case 9" in run("replay", "row_rms", "9").stderr


def test_the_hints_come_in_order_and_the_last_stays(bank: Bank) -> None:
    hints = bank.get("row_rms").hints
    assert [run("hint", "row_rms").stdout for _ in range(5)] == [
        f"Hint 1 of 3: {hints[0]}\n",
        f"Hint 2 of 3: {hints[1]}\n",
        f"Hint 3 of 3: {hints[2]}\n",
        *[f"Hint 3 of 3: {hints[2]} (There is no further hint.)\n"] * 2,
    ]


def test_the_status_of_every_problem(bank: Bank) -> None:
    store = Store()
    store.record(report(True, duration_s=0.5))
    store.record_peek("softmax")
    rows, summary = learner.status_rows(bank, store)
    assert [(r.number, r.id, r.state, r.attempts, r.best_s, r.peeked) for r in rows] == [
        (1, "row_rms", "solved", 1, 0.5, False),
        (2, "softmax", "to do", 0, None, True),
    ]
    assert summary == {"solved": 1, "attempted": 0, "total": 2, "streak_days": 1}
    shown = run("status").stdout
    assert "1 of 2 solved" in shown
    assert "a streak of 1 day" in shown


@pytest.mark.parametrize("command", ["hint", "status"])
def test_a_damaged_progress_file_is_told_on_stderr(bank: Bank, command: str) -> None:
    Store().record(RIGHT)
    Store().path.write_bytes(b"no database" * 500)
    result = run(command, *LIGHT[command])
    assert result.exit_code == 0
    assert "The progress file is damaged; it was set aside" in result.stderr


@pytest.mark.parametrize(
    ("to", "wrote"),
    [
        ([], "01_row_rms.ipynb"),
        (["--to", "mine.ipynb"], "mine.ipynb"),
        (["--to", "new/folder"], "new/folder/01_row_rms.ipynb"),
        (["--to", ".."], "../01_row_rms.ipynb"),
    ],
    ids=["here", "a file", "a new folder", "a folder"],
)
def test_start_writes_the_notebook(bank: Bank, to: list[str], wrote: str) -> None:
    result = run("start", "row_rms", *to)
    assert (result.exit_code, f"`torch-judge check {wrote}`" in result.stdout) == (0, True)
    assert json.loads(Path(wrote).read_text())["metadata"]["torch_judge"]["problem"] == "row_rms"


def test_start_says_the_command_that_works_with_a_bank_of_one_s_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    scaffold.create(tmp_path / "my bank", "row_rms", {900})
    shown = run("start", "row_rms", "--problems", "my bank").stdout
    assert "`torch-judge check 901_row_rms.ipynb --problems 'my bank'`" in shown
    assert f"`TORCH_JUDGE_PROBLEMS='{tmp_path / 'my bank'}'`" in shown


def test_start_writes_a_notebook_that_carries_the_judge(bank: Bank) -> None:
    shown = run("start", "row_rms", "--colab").stdout
    assert "Wrote `01_row_rms_colab.ipynb`" in shown and "`torch-judge check 01_row_rms_colab.ipynb`" in shown
    notebook = json.loads(Path("01_row_rms_colab.ipynb").read_text())
    (setup,) = (cell for cell in notebook["cells"] if cell["metadata"].get("torch_judge") == {"role": "install"})
    source = "".join(setup["source"])
    hidden = "sys.path = [p for p in sys.path if not os.path.isdir(p + '/torch_judge')]"
    asked = "from torch_judge.bank import find_bank\nimport torch_judge\nprint(torch_judge.__file__)\n"
    asked += "print(*(p.id for p in find_bank().problems()), 'torch' in sys.modules)"
    Path("alone.py").write_text(f"import os, sys\n{hidden}\n{source}\n{asked}\n")
    done = subprocess.run([sys.executable, "-I", "alone.py"], capture_output=True, text=True, check=True)
    place, found = done.stdout.splitlines()
    assert found == "row_rms False" and "torch-judge-" in place
    assert not Path(place).exists(), "it is gone with the kernel"


@pytest.mark.parametrize(("problem", "unpacked"), [("relu", False), ("row_rms", True)])
def test_what_is_carried_is_unpacked_where_it_is_missing(tmp_path: Path, problem: str, unpacked: bool) -> None:
    scaffold.create(tmp_path, "row_rms", {900})
    source = carried.setup(find_bank(tmp_path).get(problem))
    (tmp_path / "cell.py").write_text(f"{source}\nprint('wheel' in globals())\n")
    installed = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run([sys.executable, tmp_path / "cell.py"], env=installed, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"{unpacked}\n", "")


def test_start_never_overwrites(bank: Bank) -> None:
    Path("01_row_rms.ipynb").write_text("my work")
    result = run("start", "row_rms")
    assert (result.exit_code, Path("01_row_rms.ipynb").read_text()) == (2, "my work")
    assert result.stderr.splitlines() == [
        "`01_row_rms.ipynb` exists already; it was left as it is.",
        "Name another place: `torch-judge start row_rms --to PATH`.",
    ]


def test_start_in_a_place_that_cannot_be(bank: Bank) -> None:
    Path("file").touch()
    result = run("start", "row_rms", "--to", "file/below")
    assert (result.exit_code, "cannot be written" in result.stderr) == (2, True)


def test_lab_without_jupyterlab_says_what_to_install_and_writes_nothing(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = run("lab", "work")
    assert (result.exit_code, Path("work").exists()) == (2, False)
    assert result.stderr.splitlines() == [
        "`torch-judge lab` needs `jupyterlab` and `torch_judge_lab`, which are not installed here.",
        "Install the distribution `torch-exercise-judge-lab`; in a checkout, `make lab` does it.",
    ]


def test_lab_fills_the_workspace_and_passes_options_on(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    monkeypatch.setattr("os.execv", lambda program, command: started.append(command) or sys.exit(0))
    assert run("lab", "work", "--no-browser", "--port", "8889").exit_code == 0
    assert Path("work/00_welcome.ipynb").exists()
    assert started[0][1:4] == ["-m", "jupyterlab", f"--ServerApp.root_dir={Path('work').absolute()}"]
    assert started[0][6:] == ["--no-browser", "--port", "8889"]


# The author


def test_new_begins_a_problem_and_says_what_is_next(bank: Bank) -> None:
    result = run("new", "layer_norm", "--problems", "mine")
    assert (result.exit_code, load(Path("mine/layer_norm")).entry) == (0, "layer_norm")
    assert "`torch-judge audit layer_norm --problems mine`" in result.stdout


BAD_NAMES = ["LayerNorm", "layer-norm", "2d", "", "../up", "class"]


def test_new_numbers_a_problem_so_that_it_is_free_beside_the_bank(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for id in ("mine_one", "mine_two"):
        assert run("new", id, "--problems", "mine").exit_code == 0
    assert [load(tmp_path / "mine" / id).number for id in ("mine_one", "mine_two")] == [101, 102]
    assert "mine_two" in run("list", "--problems", "mine").stdout, "it is refused where two have one number"


@pytest.mark.parametrize("id", [*BAD_NAMES, "taken"])
def test_new_refuses_a_name_that_is_bad_or_taken(bank: Bank, id: str) -> None:
    Path("problems/taken").mkdir(parents=True)
    result = run("new", id)
    assert (result.exit_code, result.stdout) == (2, "")
    assert sorted(path.name for path in Path("problems").rglob("*")) == ["taken"]


def test_a_new_problem_has_the_next_number_and_every_file(tmp_path: Path) -> None:
    assert [load(scaffold.create(tmp_path, id)).number for id in ("one", "two_words")] == [1, 2]
    problem = load(tmp_path / "two_words")
    assert (problem.title, problem.notebook) == ("Two words", "02_two_words")
    headings = [line[3:] for line in problem.statement.splitlines() if line.startswith("## ")]
    assert headings == list(HEADINGS)
    assert not [file.name for file in problem.folder.iterdir() if "$id" in file.read_text()]
    assert "$$\\text{Two\\ words}(x)_i" in problem.statement
    for source in (problem.starter, problem.solution, problem.cases):
        compile(source, "file", "exec")


def test_a_record_that_cannot_be_read_does_not_stop_a_new_problem(tmp_path: Path) -> None:
    for id, text in {"broken": "number = ", "wordy": "number = 'one'", "third": "number = 3"}.items():
        (tmp_path / id).mkdir()
        (tmp_path / id / "problem.toml").write_text(text)
    assert load(scaffold.create(tmp_path, "next_one")).number == 4


def test_a_new_problem_proves_its_cases(tmp_path: Path) -> None:
    from torch_judge.verdict.judging import judge_live

    problem = load(scaffold.create(tmp_path, "row_rms"))

    def entry(source: str) -> Callable[..., Any]:
        namespace: dict[str, Any] = {}
        exec(source, namespace)
        return namespace["row_rms"]  # type: ignore[no-any-return]

    assert judge_live(problem, entry(problem.solution)).accepted
    for mistake in problem.mistakes:
        found = judge_live(problem, entry(problem.edited(*mistake.edits)))
        assert (found.accepted, [d.mistake for d in found.diagnosis]) == (False, [mistake.id])


@pytest.mark.parametrize(("clean", "status"), [(True, 0), (False, 1)])
def test_audit_takes_the_named_problems_or_all(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, clean: bool, status: int
) -> None:
    calls: list[list[str]] = []

    def audit(problems: Any, *, seeds: int, **_: Any) -> bool:
        calls.append([p.id for p in problems] + [seeds])
        print("audited")
        return clean

    monkeypatch.setattr("torch_judge.audit.audit", audit)
    result = run("audit", "softmax", "--seeds", "5")
    assert (result.exit_code, result.stdout) == (status, "audited\n")
    run("audit")
    assert calls == [["softmax", 5], ["row_rms", "softmax", 3]]


def test_notebooks_are_written_then_current_then_stale(bank: Bank) -> None:
    assert run("notebooks", "--check").exit_code == 1
    assert "Notebooks written: 5" in run("notebooks").stdout
    assert run("notebooks", "--check").stdout == "All notebooks are current.\n"
    Path("templates/01_row_rms.ipynb").write_text("{}")
    result = run("notebooks", "--check")
    assert (result.exit_code, result.stdout) == (1, "`templates/01_row_rms.ipynb` is not current.\n")
    assert result.stderr == "Run `torch-judge notebooks`; delete by hand what belongs to no problem.\n"


def test_the_notebooks_of_a_bank_of_one_s_own_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    scaffold.create(tmp_path / "mine", "row_rms", {900})
    Path("templates").mkdir()
    Path("templates/01_relu.ipynb").write_text("{}")
    Path("README.md").write_text("<!-- problems: x -->\n<!-- /problems -->\n")
    assert run("notebooks", "--problems", "mine").stdout.startswith("Notebooks written: 2;")
    assert {path.name for path in Path().rglob("*.ipynb")} == {
        *("01_relu.ipynb", "901_row_rms.ipynb", "901_row_rms_solution.ipynb")
    }
    assert Path("README.md").read_text() == "<!-- problems: x -->\n<!-- /problems -->\n"
    assert run("notebooks", "--check", "--problems", "mine").exit_code == 0
    Path("templates/901_row_rms.ipynb").unlink()
    result = run("notebooks", "--check", "--problems", "mine")
    assert result.exit_code == 1 and "`torch-judge notebooks --problems mine`" in result.stderr


# The program as it is started


def test_the_version() -> None:
    assert run("--version").stdout == f"torch-judge, version {__version__}\n"


@pytest.mark.parametrize("command", LIGHT)
def test_the_light_commands_do_not_import_torch(tmp_path: Path, command: str) -> None:
    scaffold.create(tmp_path / "bank", "row_rms", {900})
    code = (
        "import sys, torch_judge.cli.main as cli\n"
        "cli.main(sys.argv[1:], standalone_mode=False)\n"
        "sys.exit(5 if 'torch' in sys.modules else 0)"
    )
    where = str(tmp_path / "mine" if command == "new" else tmp_path / "bank")
    args = [sys.executable, "-c", code, command, *LIGHT[command], "--problems", where]
    home = os.environ | {"TORCH_JUDGE_HOME": str(tmp_path)}
    result = subprocess.run(args, cwd=tmp_path, env=home, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
