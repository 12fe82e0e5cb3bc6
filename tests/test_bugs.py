"""Debug problems: whichever bugs are left, exactly those are named, and the report counts those that are mended."""

import itertools
import json

import pytest

from torch_judge.audit import audited
from torch_judge.audit.bugs import check_bugs
from torch_judge.audit.findings import Exam
from torch_judge.bank import load
from torch_judge.errors import ProblemError
from torch_judge.report import Report
from torch_judge.show import render_text
from torch_judge.verdict.judging import judge_live
from torch_judge.verdict.known import execute, known

SOLUTION = """\
import torch


class Counter:
    def __init__(self, size, momentum=0.1):
        self.mean, self.momentum = torch.zeros(size), momentum

    def update(self, x):
        self.mean = (1 - self.momentum) * self.mean + self.momentum * x.mean(0)

    def centred(self, x):
        return x - self.mean

    def spread(self, x):
        return self.centred(x).abs().amax(0)
"""
CASES = """\
from torch_judge.authoring import case


@case("update: the weight of the new batch", kind="state")
def momentum(solve, draw):
    counter = solve(3, momentum=0.3)
    counter.update(draw.randn("row", 1, 3))
    return {"mean": counter.mean}


@case("update: the mean of a batch", kind="state")
def mean(solve, draw):
    counter = solve(3, momentum=0.5)
    counter.update(draw.randn("x", 4, 3))
    return {"mean": counter.mean}


@case("centred: nothing is added", kind="values")
def centred(solve, draw):
    counter = solve(3)
    counter.mean = draw.randn("mean", 3)
    return {"sum": counter.centred(draw.randn("x", 4, 3))}


@case("a whole run", kind="values")
def whole(solve, draw):
    counter = solve(3, momentum=0.2)
    for step in range(3):
        counter.update(draw.randn(f"x{step}", 4, 3))
    return {"mean": counter.mean, "spread": counter.spread(draw.randn("x", 5, 3))}
"""
UPDATE = "(1 - self.momentum) * self.mean + self.momentum * x"
BUGS = [
    {
        "id": "momentum",
        "message": "`momentum` weighs the old mean.",
        "probe": "update: the weight of the new batch",
        "edits": [[UPDATE, "self.momentum * self.mean + (1 - self.momentum) * x"]],
    },
    {
        "id": "summed",
        "message": "You sum the rows of a batch.",
        "probe": "update: the mean of a batch",
        "edits": [[".mean(0)", ".sum(0)"]],
    },
    {
        "id": "sign",
        "message": "`centred` adds the mean.",
        "probe": "centred: nothing is added",
        "edits": [["x - self.mean", "x + self.mean"]],
    },
]
FIRST_ROW = {"id": "first_row", "message": "You take the first row only.", "edits": [["x.mean(0)", "x[0]"]]}
STARTER = "# %%\nCounter(3).update(torch.ones(2, 3))\n"


@pytest.fixture
def tiny(tmp_path):
    def make(bugs=BUGS, mistakes=(FIRST_ROW,), cases=CASES):
        folder = tmp_path / "tiny"
        folder.mkdir()
        head = {"number": 1, "title": "T", "difficulty": "Easy", "topic": "T", "entry": "Counter"}
        head |= {"hints": ["a", "b", "c"]}
        toml = "".join(f"{key} = {json.dumps(value)}\n" for key, value in head.items())
        for table, records in (("bugs", bugs), ("mistakes", mistakes)):
            for record in records:
                toml += f"[[{table}]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in record.items())
        (folder / "problem.toml").write_text(toml)
        for name, text in {"solution": SOLUTION, "cases": cases, "starter": STARTER}.items():
            (folder / f"{name}.py").write_text(text)
        return load(folder)

    return make


def judged(problem, source):
    return judge_live(problem, execute(source, "<learner>", problem.id)["Counter"])


def test_the_starter_is_the_reference_with_every_bug_and_the_cells_of_starter_py(tiny):
    problem = tiny()
    program, _, rest = problem.starter.removeprefix("# %%\n").partition("# %%\n")
    assert "x + self.mean" in program and ".sum(0)" in program and rest == STARTER.removeprefix("# %%\n")
    assert judged(problem, problem.starter).mended == (0, 3)


@pytest.mark.parametrize("left", [s for n in (1, 2, 3) for s in itertools.combinations(range(3), n)], ids=str)
def test_exactly_the_bugs_that_are_left_are_named_and_the_mended_are_counted(left, tiny):
    problem = tiny()
    report = judged(problem, problem.buggy(*(problem.bugs[i] for i in left)))
    assert not report.accepted
    assert [d.mistake for d in report.diagnosis] == [problem.bugs[i].id for i in left]
    text = render_text(report, title="T", entry="Counter")
    assert f"{3 - len(left)} of 3 mended. Still wrong:" in text and f"{3 - len(left)} of 3 bugs mended" in text
    assert all((bug["message"].replace("`", "") in text.replace("`", "")) == (i in left) for i, bug in enumerate(BUGS))
    assert Report.from_json(report.to_json()) == report


def test_a_right_program_is_accepted_and_counts_no_bugs(tiny):
    report = judged(tiny(), SOLUTION)
    assert report.accepted and report.mended is None


def test_a_wrong_mend_is_named_also_beside_a_bug(tiny):
    problem = tiny()
    momentum, _, sign = problem.bugs
    mend = problem.mistakes[0].edits
    for others in ((), (sign,), (momentum, sign)):
        report = judged(problem, problem.edited(*mend, *(edit for bug in others for edit in bug.edits)))
        assert {d.mistake for d in report.diagnosis} == {"first_row", *(bug.id for bug in others)}


def test_new_harm_after_every_bug_is_mended_is_no_bug(tiny):
    report = judged(tiny(), SOLUTION.replace(".abs()", ""))
    assert report.mended == (3, 3) and not report.diagnosis and not report.accepted
    assert "3 of 3 bugs mended" in render_text(report, title="T", entry="Counter")


def test_a_program_that_crashes_counts_nothing(tiny):
    report = judged(tiny(), SOLUTION.replace("torch.zeros(size)", "zeros(size)"))
    assert report.mended is None and not report.diagnosis


def test_the_audit_tries_every_subset(tiny):
    found = check_bugs(Exam.of(tiny()))
    assert (found.right, found.total) == (7, 7)


def test_the_audit_reports_a_probe_that_sees_two_bugs(tiny):
    bugs = [BUGS[0] | {"probe": "a whole run"}, *BUGS[1:]]
    text = "\n".join(audited(tiny(bugs), mutate=False)[1])
    assert "The program with `summed` in it, at seed 0, fails the probes of `momentum`, `summed`." in text


BAD = {
    "no such probe": ([BUGS[0] | {"probe": "nothing"}], "is no case"),
    "a probe of two": ([BUGS[0], BUGS[1] | {"probe": BUGS[0]["probe"]}], "is no case, or another bug's"),
    "an edit that meets another": (
        [BUGS[0], BUGS[1] | {"edits": [["self.mean + self", "self.mean - self"]]}],
        "matches",
    ),
    "no probe": ([{key: BUGS[0][key] for key in ("id", "message", "edits")}], "a record of `bugs`"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_record_of_a_bug_is_refused(name, tiny):
    bugs, sentence = BAD[name]
    with pytest.raises(ProblemError) as caught:
        known(tiny(bugs))
    assert sentence in caught.value.fact
