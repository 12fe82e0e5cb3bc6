"""questions.md: what is read, how keys are computed, and how a fault is named."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch

from torch_judge.bank.lessons import Lessons
from torch_judge.errors import JudgeError, ProblemError
from torch_judge.study.asking import Question
from torch_judge.study.drafts import read_drafts
from torch_judge.study.keys import question
from torch_judge.study.lessons import series, sets_of
from torch_judge.study.markdown import to_html
from torch_judge.study.running import run

FENCE = "```"
TWO_ROWS = f"""\
{FENCE}python show
norm = nn.BatchNorm1d(3)
x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
print(norm(x).detach())
{FENCE}

- `norm(x)` → `x` : Not the identity.
- `norm(x)` → `(x - x.mean(0)) / x.std(0)` : That divides by N - 1.
hint: By N or N - 1?
"""
CHANNELS = f"""\
{FENCE}python show
nn.BatchNorm2d(3)(torch.randn(2, 5, 4, 4))
{FENCE}

- It works: the layer adapts.
  `runs` Nothing adapts.
- `raises RuntimeError: running_mean should contain 5 elements not 3`
- `raises RuntimeError: running_mean should contain 3 elements not 5` : The other way round.
- `raises ValueError` : That is for the wrong number of dimensions.
"""
SHAPE = f"""\
{FENCE}python show
nn.BatchNorm1d(3)(torch.randn(5, 3))
{FENCE}

- `shape (3,)` : No mean is returned.
- `shape (5, 3)`
- `shape (5, 1)` : No statistic is returned.
"""
DTYPE = SHAPE.replace("(3,)", "x").replace("shape x", "dtype float64").replace("shape (5, 3)", "dtype float32").replace(
    "shape (5, 1)", "dtype float16"
)  # fmt: skip
LINE = f"""\
{FENCE}python show
x = torch.ones(2, 2)
y = x.view(3)
z = y + 1
{FENCE}

- `line 1` : Fine.
- `line 2`
- `line 3` : Never reached.
"""
MENDED = f"""\
{FENCE}python show
x = torch.ones(4, 2)
mean = x.mean(1)
y = x - mean
{FENCE}

- `line 1` : Fine.
- `line 2`
- `line 3` : Fine once the mean is right.
mend: `x.mean(1)` → `x.mean(0)`
check:
{FENCE}python
assert y.shape == (4, 2)
{FENCE}
"""
ORDER = f"""\
{FENCE}python show
y = x + 1
x = torch.zeros(2)
{FENCE}

- `order 2 1`
- `order 1 2` : `x` is not there yet.
- `order 1 2` : x
check:
{FENCE}python
assert y.sum() == 2
{FENCE}
"""
CLAIMS = """\
- Faster.
  `drift(0.5) > drift(0.1)`
- More slowly.
  `drift(0.5) < drift(0.1)` That is the optimisers' momentum.
- Not at all.
  `drift(0.5) == drift(0.1)` It is used at each step.
"""
SOURCED = """\
- [x] Ioffe and Szegedy
- [ ] Hinton : He is an author of layer normalisation.
- [ ] He : His are the residuals.
source: arXiv 1502.03167
"""
SETUP = f"""\
{FENCE}python setup
def drift(momentum):
    norm = nn.BatchNorm1d(2, momentum=momentum)
    norm(torch.full((4, 2), 3.0))
    return float(norm.running_mean[0])
{FENCE}
"""


def text_of(body: str, about: str = "concept · easy", heading: str = "Quick") -> str:
    return f"{SETUP}\n# {heading}\n\n## One\n{about}\n\nWhat?\n\n{body}"


def asked(body: str, seed: int = 0) -> Question:
    read = read_drafts(text_of(body), "q.md", "demo")
    assert not read.faults, read.faults
    return question(read.drafts[0], seed)


@pytest.mark.parametrize(
    ("body", "right", "others"),
    [
        (TWO_ROWS, "[-1.0000, -1.0000, -1.0000]", ("[1., 2., 3.]", "-0.7071")),
        (CHANNELS, "should contain 5 elements not 3", ("It works", "3 elements not 5", "`ValueError`")),
        (SHAPE, "`(5, 3)`", ("`(3,)`", "`(5, 1)`")),
        (DTYPE, "`torch.float32`", ("float64", "float16")),
        (LINE, "Line 2: `y = x.view(3)`", ("Line 1", "Line 3")),
        (MENDED, "Line 2: `mean = x.mean(1)`", ("Line 1", "Line 3")),
        (CLAIMS, "Faster.", ("More slowly.", "Not at all.")),
        (SOURCED, "Ioffe and Szegedy", ("Hinton", "He")),
    ],
)
def test_the_key_is_computed(body: str, right: str, others: tuple[str, ...]) -> None:
    found = asked(body)
    assert right in found.right.text
    wrong = [choice for choice in found.choices if not choice.right]
    assert len(wrong) == len(others) and all(choice.why for choice in wrong)
    assert all(any(other in choice.text for choice in wrong) for other in others)


@pytest.mark.parametrize(
    ("body", "code", "output"),
    [
        (TWO_ROWS, "print((x - x.mean(0)) / x.std(0).detach())", "0.7071"),
        (CLAIMS, "drift(0.5) < drift(0.1)", "False: 1.5 < 0.3"),
    ],
)
def test_a_distractor_has_its_evidence(body: str, code: str, output: str) -> None:
    evidence = [choice.evidence for choice in asked(body).choices if not choice.right]
    assert any(e and code in e.code and output in e.output for e in evidence)


@pytest.mark.parametrize(
    ("body", "output"),
    [
        (SHAPE, "(5, 3)"),
        (CHANNELS, "RuntimeError: running_mean should contain 5 elements not 3"),
        (DTYPE, "torch.float32"),
    ],
)
def test_what_the_run_did_stands_with_the_key_alone(body: str, output: str) -> None:
    found = asked(body)
    assert found.right.evidence and found.right.evidence.output == output
    assert not any(choice.evidence for choice in found.choices if not choice.right)


def test_a_claim_s_evidence_shows_what_its_helpers_do() -> None:
    evidence = asked(CLAIMS).right.evidence
    assert evidence and evidence.code.startswith("def drift(momentum):") and evidence.code.endswith("> drift(0.1)")


def test_a_claim_s_evidence_shows_what_its_helpers_call_in_turn() -> None:
    setup = "unused = 1\n\nsize = 2\n\ndef inner(x):\n    return x + size\n\ndef outer(x):\n    return inner(x)\n"
    text = text_of(CLAIMS.replace("drift(", "outer(")).replace("def drift", f"{setup}\ndef drift")
    evidence = question(read_drafts(text, "q.md", "demo").drafts[0]).right.evidence
    assert evidence and evidence.code.startswith("size = 2\n\ndef inner(x):") and "def outer" in evidence.code
    assert "unused" not in evidence.code and "drift" not in evidence.code


def test_the_order_of_lines_is_judged_by_the_check() -> None:
    found = read_drafts(text_of(ORDER.replace("- `order 1 2` : x\n", "- `order 2 1 ` : x\n")), "q.md", "demo")
    with pytest.raises(ProblemError, match="2 options are right"):
        question(found.drafts[0])


BROKEN = [
    (CLAIMS.replace("< drift", "<= 2 + drift"), "2 options are right in `One`"),
    (CLAIMS.replace("> drift", "== 7 + drift"), "no option is right in `One`"),
    (CLAIMS.replace("drift(0.5) > drift(0.1)", "drift(0.5)"), "neither True nor False"),
    (CLAIMS.replace("drift(0.5) > drift(0.1)", "drfit(0.5) > 1"), "NameError: name 'drfit' is not defined"),
    (TWO_ROWS.replace("`norm(x)` → `x`", "`norm(y)` → `x`"), "q.md:21: `norm(y)` occurs 0 times"),
    (TWO_ROWS.replace("→ `x` ", "→ `(norm(x) + 0)` "), "two options of `One` look alike"),
    (MENDED.replace("`x.mean(0)`", "`x.mean()[None, None, None]`"), "`check:` fails after `mend:`"),
    (MENDED.replace("(4, 2)\n", "(4, 2) or True\n").replace("x.mean(1)\ny", "x.mean()\ny"), "occurs 0 times"),
    (LINE.replace("line 3", "line 9"), "there is no line 9"),
]


@pytest.mark.parametrize(("body", "fact"), BROKEN)
def test_a_question_whose_key_cannot_be_computed(body: str, fact: str) -> None:
    (draft,) = read_drafts(text_of(body), "q.md", "demo").drafts
    with pytest.raises(ProblemError) as raised:
        question(draft)
    assert fact in str(raised.value) and "q.md:" in str(raised.value)


UNREADABLE = [
    (text_of(CLAIMS, "conept · easy"), "q.md:11: `conept · easy` does not say kind and level"),
    (text_of(CLAIMS, "concept · easy · 2 min"), "q.md:11: `2 min` is no time"),
    (text_of(CLAIMS, "concept · easy", "Challenge"), "the challenge is timed"),
    (text_of(CLAIMS, "concept · easy · 1:00"), "the challenge is timed"),
    (text_of(CLAIMS, heading="Easy"), "q.md:8: `# Easy` is no set of questions"),
    (text_of("- yes\n- no\n"), "q.md:15: nothing in this option can be run"),
    (text_of(CLAIMS[:40]), "1 options"),
    (text_of(CLAIMS + TWO_ROWS[TWO_ROWS.index("- `") :]), "options of several sorts"),
    (text_of(SOURCED.replace("source:", "hint:")), "needs a field `source:`"),
    (text_of(CLAIMS + "hint: a\nhint: b\n"), "q.md:22: a second `hint:`"),
    (text_of(CLAIMS + f"\n{FENCE}python\nx\n{FENCE}\n"), "a block stands behind the options"),
    (text_of(TWO_ROWS[TWO_ROWS.index("- `") :]), "there is no code to edit"),
    (text_of(CLAIMS) + f"\n## One\nconcept · easy\n\nWhat?\n\n{CLAIMS}", "there are two questions `One`"),
]


@pytest.mark.parametrize(("text", "fact"), UNREADABLE, ids=[fact for _, fact in UNREADABLE])
def test_a_question_that_cannot_be_read(text: str, fact: str) -> None:
    assert fact in str(read_drafts(text, "q.md", "demo").faults[0])


def lesson_with(tmp_path: Path, questions: str) -> Lessons:
    folder = tmp_path / "lessons" / "demo"
    folder.mkdir(parents=True)
    (folder / "lesson.md").write_text("---\ntitle: Demo\nproblems: relu\n---\nProse.\n")
    (folder / "questions.md").write_text(questions)
    return Lessons([tmp_path / "lessons"])


def test_the_other_questions_work(tmp_path: Path) -> None:
    texts = (CLAIMS.replace("< drift", "<= 2 + drift"), CLAIMS, "- no\n")
    questions = "".join(f"\n## Q{n}\nconcept · easy\n\nWhat?\n\n{body}" for n, body in enumerate(texts))
    found = series(lesson_with(tmp_path, f"{SETUP}\n# Quick\n{questions}").get("demo"), "quick")
    assert [q.key for q in found.questions] == ["demo/quick/q1"]
    assert len(found.faults) == 2 and all("questions.md:" in str(fault) for fault in found.faults)


def test_a_set_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    lesson = lesson_with(tmp_path, text_of(CLAIMS)).get("demo")
    assert sets_of(lesson) == ("quick",)
    for name, fact in {"challenge": "has no `challenge` questions. It has: quick.", "hard": "no set `hard`"}.items():
        with pytest.raises(JudgeError) as raised:
            series(lesson, name)
        assert fact in str(raised.value)


@pytest.mark.parametrize(
    ("topic", "message"),
    [
        ("dmeo", "There is no lesson `dmeo`. Did you mean `demo`?"),
        ("zzz", "There is no lesson `zzz`. The lessons are: `demo`."),
    ],
)
def test_an_unknown_topic_names_the_nearest(tmp_path: Path, topic: str, message: str) -> None:
    with pytest.raises(JudgeError) as raised:
        lesson_with(tmp_path, "").get(topic)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("head", "fact"),
    [
        ("title: x\n", "lesson.md:1: a lesson begins with `---`"),
        ("---\ntitle: x\n---\n", "`problems:` is missing"),
        ("---\ntitel: x\n---\n", "lesson.md:2: `titel: x` is unknown"),
        ("---\ntitle: x\n", "the second `---` is missing"),
    ],
)
def test_a_lesson_without_its_head(tmp_path: Path, head: str, fact: str) -> None:
    found = lesson_with(tmp_path, "")
    (tmp_path / "lessons" / "demo" / "lesson.md").write_text(head)
    with pytest.raises(ProblemError) as raised:
        found.get("demo")
    assert fact in str(raised.value)


def test_running_leaves_the_learner_s_torch_alone() -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    torch.set_default_dtype(torch.float64)
    torch.set_printoptions(precision=1)
    try:
        ran = run("torch.set_default_dtype(torch.float16)\nprint(torch.rand(2).dtype)\ntorch.tensor(0.5)")
        assert torch.get_default_dtype() == torch.float64
        assert str(torch.tensor(0.12345)) == "tensor(0.1)"
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_printoptions(profile="default")
    assert ran.output == "torch.float16\ntensor(0.5000)"
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(
    ("code", "shown", "line"),
    [
        ("print(1)\n2", "1\n2", 0),
        ("x = 1", "", 0),
        ("def f():\n    raise ValueError('a\\nb')\n\nf()", "ValueError: a", 2),
        ("x = (", "SyntaxError: '(' was never closed (<shown>, line 1)", 1),
        ("print(1)\nundefined", "1\nNameError: name 'undefined' is not defined", 2),
    ],
)
def test_what_a_run_shows(code: str, shown: str, line: int) -> None:
    ran = run(code)
    assert (ran.shown, ran.line) == (shown, line)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("$a_1 * b_2 * c_3$ and `$x$`", "<p>$a_1 * b_2 * c_3$ and <code>$x$</code></p>"),
        ("$$\nx_1 < y_1\n$$", "<p>$$\nx_1 &lt; y_1\n$$</p>"),
        ("<b>no</b>", "<p>&lt;b&gt;no&lt;/b&gt;</p>"),
        ("| a |\n| - |\n| b |", "<table>"),
        ("```text\n$1 and $2\n```", "$1 and $2"),
    ],
)
def test_prose_as_html(text: str, html: str) -> None:
    assert html in to_html(text)


def test_a_warm_question_is_there_at_once() -> None:
    asked(CLAIMS)
    start = time.perf_counter()
    asked(TWO_ROWS)
    assert time.perf_counter() - start < 0.1


CHECK = "check:\n```python\nprint(1)\n```\n"
IN_ORDER = """\
```python show
c = b + 1
b = a + 1
a = torch.zeros(2)
```

- `order 3 2 1`
- `order 3 1 2` : `b` is not there yet.
- `order 1 2 3` : Nothing is there yet.
check:
```python
assert c.sum() == 4
```
"""
DRIFT = """\
def drift(momentum):
    norm = nn.BatchNorm1d(2, momentum=momentum)
    norm(torch.full((4, 2), 3.0))
    return float(norm.running_mean[0])"""


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (MENDED, "x = torch.ones(4, 2)\nmean = x.mean(0)\ny = x - mean\nassert y.shape == (4, 2)"),
        (IN_ORDER, "a = torch.zeros(2)\nb = a + 1\nc = b + 1\nassert c.sum() == 4"),
        (CHANNELS + CHECK, "print(1)"),
        (SHAPE + CHECK, "nn.BatchNorm1d(3)(torch.randn(5, 3))\nprint(1)"),
        (CLAIMS + CHECK.replace("1", "drift(1.0)"), f"{DRIFT}\n\nprint(drift(1.0))"),
    ],
    ids=["mended", "in order", "alone, as what is shown raises", "below what is shown", "with its helpers only"],
)
def test_what_a_learner_can_run_himself(body: str, code: str) -> None:
    assert asked(body).check == code
