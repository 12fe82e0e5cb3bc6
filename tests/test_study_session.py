"""What a learner types to study, in a plain session and in a real kernel."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from nbclient import NotebookClient

import torch_judge
from torch_judge import answer, lesson, quiz
from torch_judge.cli.main import main
from torch_judge.errors import JudgeError
from torch_judge.learner.progress import Store
from torch_judge.study import page, session
from torch_judge.study.asking import Choice, Evidence, Question
from torch_judge.study.quiz import Quiz

FENCE = "```"
CLAIMS = """\
- It sets what is negative to zero.
  `nn.ReLU()(torch.tensor(-1.0)).item() == 0`
- It changes the sign.
  `nn.ReLU()(torch.tensor(-1.0)).item() == 1` That is `abs`.
- It does nothing.
  `nn.ReLU()(torch.tensor(-1.0)).item() == -1` That is `nn.Identity`.
hint: Try -1.
steps:
1. Take a number.
2. Look.
"""
QUESTIONS = f"""\
# Quick

## One
concept · easy

What does $x_1$ in `nn.ReLU` do?

{CLAIMS}
## Two
concept · easy

What does `nn.ReLU` do?

{CLAIMS}
# Challenge

## Timed
concept · advanced · 2:00

What does `nn.ReLU` do?

{CLAIMS}
## Also timed
concept · advanced · 1:00

What does `nn.ReLU` do?

{CLAIMS}
"""
LESSON = f"---\ntitle: Rectifiers\nproblems: relu\n---\nA rectifier.\n\n{FENCE}python show\nprint(nn.ReLU())\n{FENCE}\n"


@pytest.fixture(autouse=True)
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A private bank with one lesson, and progress of its own."""
    monkeypatch.setenv("TORCH_JUDGE_HOME", str(tmp_path / "home"))
    problems = tmp_path / "bank" / "problems"
    problems.mkdir(parents=True)
    (problems / "relu").symlink_to(Path(__file__).parent.parent / "problems" / "relu")
    folder = tmp_path / "bank" / "lessons" / "rectifiers"
    folder.mkdir(parents=True)
    (folder / "lesson.md").write_text(LESSON)
    (folder / "questions.md").write_text(QUESTIONS)
    monkeypatch.setenv("TORCH_JUDGE_PROBLEMS", str(problems))
    session._ASKING.clear()
    return problems


def answers() -> list[tuple[str, bool, int]]:
    rows = Store().database.read("SELECT key, right, attempt FROM answers ORDER BY id")
    return [(row["key"], bool(row["right"]), row["attempt"]) for row in rows]


def letters(number: int) -> tuple[str, list[str]]:
    asked = session._ASKING[-1].asked[number - 1]
    return asked.key, [letter for letter in asked.options if letter != asked.key]


def told(call: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    call()
    return " ".join(capsys.readouterr().out.split())


def test_a_wrong_and_a_right_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert "1 of 2 · One concept · easy What does x₁ in nn.ReLU do?" in told(lambda: quiz("rect"), capsys)
    right, wrong = letters(1)
    text = told(lambda: answer(1, wrong[0]), capsys)
    assert f"✗ {wrong[0]} is not right. The right answer is {right}." in text
    assert "That is" in text and "gives False: 0 == " in text.replace("0.0", "0") and "1 Take a number." in text
    text = told(lambda: answer(2, letters(2)[0].lower()), capsys)
    assert "✓ Right." in text and "1 of 2 right. 1 question to look at again: review()" in text
    assert answers() == [("rectifiers/quick/one", False, 1), ("rectifiers/quick/two", True, 1)]


def test_all_right_in_the_challenge_earns_the_badge(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(lambda: quiz("rectifiers", "challenge"), capsys)
    assert "1 of 2 · Timed concept · advanced · 2:00 · two attempts" in text and "Also timed" not in text
    text = told(lambda: answer(1, letters(1)[1][0]), capsys)
    assert "You have one more attempt." in text and "Hint: Try -1." in text and "The right answer" not in text
    assert "2 of 2 · Also timed" in told(lambda: answer(1, letters(1)[0]), capsys)
    text = told(lambda: answer(2, letters(2)[0]), capsys)
    assert "All 2 right. You have earned the badge of rectifiers." in text
    badges = [row["key"] for row in Store().database.read("SELECT key FROM badges")]
    assert badges == ["rectifiers/challenge"]
    assert answers() == [
        ("rectifiers/challenge/timed", False, 1),
        ("rectifiers/challenge/timed", True, 2),
        ("rectifiers/challenge/also-timed", True, 1),
    ]


def test_a_damaged_progress_file_is_told_and_the_answer_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quiz("relu")  # a problem's id leads to its lesson
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "home" / "progress.sqlite3").write_bytes(b"no database" * 100)
    text = told(lambda: answer(1, letters(1)[0]), capsys)
    assert "✓ Right." in text and "The progress file" in text and answers() == [("rectifiers/quick/one", True, 1)]


def test_what_cannot_be_done_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[tuple[Callable[[], None], str]] = [
        (lambda: answer(1, "A"), '✗ No question has been asked. Ask some first: quiz("batchnorm").'),
        (lambda: quiz("rectifier"), "1 of 2 · One"),
        (lambda: quiz("rectfiers"), "✗ There is no lesson rectfiers. Did you mean rectifiers"),
        (lambda: quiz("rectifiers", "hard"), "✗ There is no set hard. The sets are quick, practice, challenge, trace."),
        (lambda: quiz("rectifiers", "practice"), "✗ The lesson rectifiers has no practice questions. It has: quick,"),
        (lambda: answer(9, "A"), "✗ There is no question 9. The questions are 1 to 2."),
        (lambda: answer(1, "Z"), "✗ Z is no option here. Choose one of A, B, C."),
        (lambda: answer("A", 1), "✗ An answer is a number and a letter."),  # type: ignore[arg-type]
        (lambda: quiz("rectifiers", "challenge"), "1 of 2 · Timed"),
        (lambda: answer(2, "A"), "✗ Question 2 was not asked yet. Answer question 1 first."),
    ]
    for call, message in rows:
        assert message in told(call, capsys)
    for letter in letters(1)[1]:
        answer(1, letter)
    assert "✗ You have used both attempts." in told(lambda: answer(1, letters(1)[0]), capsys)


def test_a_lesson_shows_its_outputs_and_what_is_next(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(lambda: lesson("rectifiers"), capsys)
    assert "print(nn.ReLU()) ReLU()" in text
    assert 'Next: quiz("rectifiers", "quick"), quiz("rectifiers", "challenge"), check("relu").' in text
    assert 'rectifiers. Type lesson("' in told(lesson, capsys)


def test_a_broken_question_is_named_and_the_others_work(bank: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = bank.parent / "lessons" / "rectifiers" / "questions.md"
    path.write_text(QUESTIONS.replace("== 0`", "== 5`", 1))
    text = told(lambda: quiz("rectifiers"), capsys)
    assert "questions.md:3: no option is right in One" in text.replace("- ", "-") and "Two" in text


def in_shell(typed: str, *options: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["quiz", "rectifiers", *options], input=typed)
    return result.exit_code, " ".join(result.output.split())


def test_a_quiz_in_a_shell_to_its_end() -> None:
    status, text = in_shell("h\nx\n" + "a\nb\nc\n" * 2)  # one attempt each: two letters are enough
    assert status == 0 and "1 of 2 · One" in text and "Try -1." in text and "x is no option here" in text
    assert "2 right." in text and len(answers()) == 2


@pytest.mark.parametrize(
    ("typed", "options", "says", "kept"),
    [
        ("", (), "The input ended at question 1 of 2. Type one letter a line.", 0),
        ("a\n", (), "The input ended at question 2 of 2.", 1),
        ("q\n", (), "A, B, C, h for a hint, q to leave", 0),
        ("q\n", ("--set", "challenge"), "q to leave (2:00 left)", 1),
        ("", ("--set", "challenge"), "The input ended at question 1 of 2.", 1),
    ],
)
def test_a_quiz_in_a_shell_that_is_left(typed: str, options: tuple[str, ...], says: str, kept: int) -> None:
    status, text = in_shell(typed, *options)
    assert status == 2 and says in text and len(answers()) == kept


@pytest.mark.parametrize(
    ("args", "status", "says"),
    [
        (["lesson"], 0, "rectifiers: Rectifiers, for relu"),
        (["lesson", "rect"], 0, "ReLU()"),
        (["lesson", "retifiers"], 2, "Did you mean `rectifiers`"),
        (["quiz", "rectifiers", "--set", "practice"], 2, "has no `practice` questions"),
        (["quiz", "rectifiers", "--set", "hard"], 2, "'hard' is not one of"),
    ],
)
def test_the_commands(args: list[str], status: int, says: str) -> None:
    result = CliRunner().invoke(main, args)
    assert result.exit_code == status and says in " ".join(result.output.split())


def timed(clock: Callable[[], float], kept: list[tuple[str, bool, float, int]]) -> Quiz:
    choices = (Choice("yes", True, ""), Choice("no", False, "No.", Evidence("f()", "1")), Choice("maybe", False, "No."))
    questions = [Question(f"t/challenge/{n}", n, "concept", "easy", "?", choices, seconds=60, attempts=2) for n in "ab"]
    return Quiz("T", questions, seed=1, clock=clock, keep=lambda *row: kept.append(row))


def test_the_clock_of_a_question_begins_when_it_is_shown() -> None:
    now, kept = [100.0], list[tuple[str, bool, float, int]]()
    asking = timed(lambda: now[0], kept)
    page.quiz(asking)
    now[0] += 50
    page.quiz(asking)  # seen again: the clock goes on
    assert asking.left(1) == 10 and asking.left(2) == 60
    now[0] += 11
    reply = asking.answer(1, asking.asked[0].key)
    assert reply.right and reply.late and kept == [("t/challenge/a", False, 61.0, 1)]


def test_a_page_closed_on_a_timed_question_is_an_attempt() -> None:
    now, kept = [0.0], list[tuple[str, bool, float, int]]()
    asking = timed(lambda: now[0], kept)
    asking.leave()
    assert kept == []  # nothing was seen yet
    asking.show(1)
    now[0] += 5
    asking.leave()
    asking.leave()
    assert kept == [("t/challenge/a", False, 5.0, 1)]
    with pytest.raises(JudgeError, match="You left this quiz while its clock ran"):
        asking.answer(1, "A")


def test_a_quiz_that_is_left_for_another_keeps_the_open_question(capsys: pytest.CaptureFixture[str]) -> None:
    quiz("rectifiers", "challenge")
    quiz("rectifiers", "challenge")
    assert answers() == [("rectifiers/challenge/timed", False, 1)]
    quiz("rectifiers")
    quiz("rectifiers")  # without a clock there is nothing to lose
    assert len(answers()) == 2


def test_a_page_tells_no_key() -> None:
    asking = timed(lambda: 0.0, [])
    html = page.quiz(asking)
    assert "No." not in html and "right" not in html.split("</style>")[1]
    assert "<input" not in html and "<script" not in html and "<form" not in html


def test_the_door_imports_no_torch() -> None:
    code = "import sys, torch_judge; torch_judge.quiz; torch_judge.lesson; torch_judge.answer; print('torch' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "False"
    assert {"answer", "lesson", "quiz"} <= set(torch_judge.__all__)


def run_cells(*cells: str) -> list[list[dict[str, object]]]:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return [[dict(output.get("data", {})) for output in cell.outputs] for cell in notebook.cells]


@pytest.mark.slow
def test_in_a_kernel_without_widgets() -> None:
    cells = [
        'import sys; sys.modules["ipywidgets"] = None\nfrom torch_judge import quiz, answer; quiz("rectifiers")',
        'answer(1, "A"); answer(1, "A")',
    ]
    asked, replied = run_cells(*cells)
    html = str(asked[0]["text/html"])
    assert "<details><summary>Hint</summary>" in html and "$x_1$" in html and "widget" not in json.dumps(asked)
    assert "Right." in str(replied[0]["text/html"]) or "is not right" in str(replied[0]["text/html"])
    assert "You have" in str(replied[1]["text/html"])


@pytest.mark.slow
def test_in_a_kernel_with_widgets() -> None:
    see = (
        "import time; from torch_judge.study import session, widgets\n"
        "asking = session._ASKING[-1]; board = asking.changed.__self__\n"
        "def buttons(): return [w for row in board.box.children for w in getattr(row, 'children', [row])"
        " if type(w).__name__ == 'Button']\n"
    )
    cells = [
        'from torch_judge import quiz, answer; quiz("rectifiers", "challenge")',
        see
        + "print([b.description for b in buttons()], asking.seconds(1)); board.begin(); print([b.description for b in buttons()], buttons()[0].tooltip)",
        "start = time.perf_counter(); buttons()[ord(asking.asked[0].key) - 65].click(); took = time.perf_counter() - start\n"
        "print([b.description for b in buttons()], [b.disabled for b in buttons()], took < 0.1)",
        "buttons()[-1].click(); print(asking.current, board.number, board.left.value[-30:])",
        'answer(2, asking.asked[1].key); print(board.box.children[-1].value.split("</style>")[1])',
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    outputs = [cell.outputs for cell in notebook.cells]
    shown = outputs[0][0]["data"]
    assert {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"} <= set(shown)
    texts = [next(o["text"] for o in output if o["output_type"] == "stream") for output in outputs[1:]]
    assert "['Begin'] 0" in texts[0] and "['A', 'B', 'C'] A, answer: It" in texts[0]
    assert "'Next question'] [True, True, True, False] True" in texts[1] and "✓ " in texts[1]
    assert texts[2].startswith("2 2 ") and "left</p>" in texts[2]
    assert "earned the badge" in texts[3]
