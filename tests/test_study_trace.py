"""`trace`: what runs, what is drawn of it, and what is said only if it holds."""

from __future__ import annotations

import math
import re
import time
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from torch_judge import trace
from torch_judge.bank import find_bank
from torch_judge.bank.lessons import Lesson, find_lessons, load
from torch_judge.cli.main import main
from torch_judge.errors import JudgeError, ProblemError
from torch_judge.show.terminal import rendered
from torch_judge.study.chart import Curve, chart
from torch_judge.study.parts import trace_faults
from torch_judge.study.trace import Trace, part_of, traced
from torch_judge.study.trace_page import trace_html
from torch_judge.study.trace_text import trace_text
from torch_judge.study.trace_words import number

LESSONS = find_lessons(find_bank())
TRACED = [lesson for lesson in LESSONS.lessons() if lesson.has("trace.py")]

PART = """
import torch
from torch_judge.study.training import Epoch
TITLE, INTRO, INSIGHT = "A title", "An intro.", "An insight."
def stages():
    yield "input", "Two columns.", torch.tensor([[1.0, 2.0], [3.0, 6.0]])
def training():
    yield "good", [Epoch(2.0, 0.1), Epoch(1.0, 0.9)]
    yield "bad", [Epoch(2.0, 0.1), Epoch(float("nan"), 0.1)]
def prediction():
    yield "input", "One row.", torch.randn(1, 2)
def notices(runs):
    yield "This holds.", True
    yield "This does not.", False
"""


@pytest.fixture(scope="module")
def batchnorm() -> Trace:
    return traced(LESSONS.get("batchnorm"))


def demo(root: Path, part: str = PART) -> Lesson:
    folder = root / "lessons" / "demo"
    folder.mkdir(parents=True)
    (folder / "lesson.md").write_text("---\ntitle: Demo\nproblems:\n---\n")
    if part:
        (folder / "trace.py").write_text(part)
    return load(folder)


@pytest.mark.parametrize("lesson", TRACED, ids=lambda lesson: lesson.topic)
def test_all_that_a_trace_says_holds_and_is_the_same_every_time(lesson: Lesson) -> None:
    assert list(trace_faults(lesson)) == []


def test_the_batchnorm_trace_shows_what_it_promises(batchnorm: Trace) -> None:
    sizes = {stage.name: stage.shape for stage in batchnorm.stages}
    assert sizes == {"input": (1000, 10), "norm": (1000, 10), "linear": (1000, 5)}
    norm = batchnorm.stages[1]
    assert max(map(abs, norm.mean)) < 1e-4 and all(0.95 < value < 1.01 for value in norm.deviation)
    with_it, without = (run.epochs for run in batchnorm.runs)
    assert len(with_it) == len(without) == 6 and with_it[-1].accuracy > 0.9 > without[-1].accuracy
    assert [stage.shape for stage in batchnorm.prediction] == [(1, 10), (1, 10), (1, 5), (1, 5)]
    assert math.isclose(sum(batchnorm.prediction[-1].rows[0]), 1.0, abs_tol=1e-5)
    assert len(batchnorm.notices) == 4


@pytest.mark.parametrize(("rule", "torchs"), [("sgd", torch.optim.SGD), ("adam", torch.optim.Adam)])
def test_the_optimisers_of_the_trace_are_torchs(rule: str, torchs: type[torch.optim.Optimizer]) -> None:
    part = part_of("optimisers")
    net, (x, y) = part.model(), part.data()
    optimizer = torchs(net.parameters(), lr=0.02)  # type: ignore[call-arg]
    for rows in torch.randperm(len(x), generator=torch.Generator().manual_seed(0)).split(part.BATCH):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        optimizer.step()
    ours, _ = part.trained(getattr(part, rule), 0.02, epochs=1)
    torch.testing.assert_close(ours.state_dict(), net.state_dict(), rtol=1e-4, atol=1e-4)


def test_a_trace_takes_less_than_three_seconds_of_a_processor() -> None:
    start = time.process_time()
    found = traced(LESSONS.get("batchnorm"))
    trace_html(found)
    assert time.process_time() - start < 3


def test_torch_is_left_as_it_was() -> None:
    torch.manual_seed(5)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    traced(LESSONS.get("batchnorm"))
    assert torch.equal(torch.get_rng_state(), state) and torch.get_num_threads() == threads


def test_the_page_draws_both_runs_and_loads_nothing(batchnorm: Trace) -> None:
    page = trace_html(batchnorm)
    assert page.count("<svg") == 4 and page.count("<polyline") == 6  # two panels, and the two keys of the legend
    assert "<script" not in page and not re.search(r"(src|href)=", page)
    assert 'role="img"' in page and "Accuracy by epoch. with BatchNorm1d: 18%" in page
    for part in ("(1000, 10)", "The key insight", "What to notice", *batchnorm.notices[:1]):
        assert part in page


@pytest.mark.parametrize("width", [60, 80, 110])
def test_the_text_fits(batchnorm: Trace, width: int) -> None:
    text = rendered(trace_text(batchnorm), width, False)
    assert max(map(len, text.splitlines())) <= width
    for part in ("deviation", "epoch 5", "One prediction, layer by layer"):
        assert part in text


def test_what_does_not_hold_is_not_said(tmp_path: Path) -> None:
    lesson = demo(tmp_path)
    found = traced(lesson)
    assert found.notices == ("This holds.",) and found.unfounded == ("This does not.",)
    assert "<li>This holds.</li>" in trace_html(found) and "<li>This does not.</li>" not in trace_html(found)
    assert "This does not." not in rendered(trace_text(found), 80, False)
    assert list(trace_faults(lesson)) == [f"{lesson.folder / 'trace.py'}: this does not hold: This does not."]


def test_mean_and_deviation_are_those_of_the_columns(tmp_path: Path) -> None:
    (stage,) = traced(demo(tmp_path)).stages
    assert (stage.mean, stage.deviation) == ((2.0, 4.0), (1.0, 2.0))


def test_a_loss_that_is_no_number_is_drawn_at_the_top(tmp_path: Path) -> None:
    found = traced(demo(tmp_path))
    assert "nan" in rendered(trace_text(found), 80, False) and trace_html(found).count(">not a number<") == 1


@pytest.mark.parametrize(
    ("part", "error", "fact"),
    [
        ("", JudgeError, "The lesson `demo` has no trace."),
        (PART.replace("INSIGHT", "OTHER"), ProblemError, "does not define `INSIGHT`"),
        (PART.replace("torch.randn(1, 2)", "torch.randn(1, 2) @ torch.randn(3)"), ProblemError, "raises RuntimeError"),
        ("x = (", ProblemError, "raises SyntaxError"),
    ],
)
def test_faults_are_told(tmp_path: Path, part: str, error: type[JudgeError], fact: str) -> None:
    with pytest.raises(error) as caught:
        traced(demo(tmp_path, part))
    assert fact in str(caught.value)


def test_draws_that_are_not_seeded_are_found(tmp_path: Path) -> None:
    unseeded = "import time\n" + PART.replace(
        "torch.randn(1, 2)", "torch.full((1, 2), float(time.perf_counter_ns() % 9973))"
    )
    lesson = demo(tmp_path, unseeded.replace('    yield "This does not.", False\n', ""))
    assert list(trace_faults(lesson)) == [f"{lesson.folder / 'trace.py'}: a second run gives other numbers."]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.0, "0.000"),
        (-0.00001, "0.000"),
        (1.23456, "1.235"),
        (-12.345, "-12.35"),
        (123.45, "123.5"),
        (12345.6, "12,346"),
    ],
)
def test_numbers(value: float, told: str) -> None:
    assert number(value) == told


def test_a_chart_takes_equal_factors_where_values_differ_much() -> None:
    wide = chart("Loss", [Curve("a", [0.2, 2000.0])], lambda v: f"{v:g}")
    narrow = chart("Loss", [Curve("a", [0.2, 2.0])], lambda v: f"{v:g}")
    assert ">0.1<" in wide and ">10000<" in wide and ">0.5<" in narrow and ">0<" in narrow


def test_in_code_and_in_a_shell(capsys: pytest.CaptureFixture[str]) -> None:
    trace("batchnorm")
    assert "1,000 rows through batch normalisation" in capsys.readouterr().out
    trace("batchnrm")
    assert "There is no lesson" in capsys.readouterr().out
    result = CliRunner().invoke(main, ["trace", "batchnorm"])
    assert result.exit_code == 0 and "The key insight" in result.output
    assert CliRunner().invoke(main, ["trace", "nothing"]).exit_code == 2
