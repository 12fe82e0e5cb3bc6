"""What is shown of a report: asserted from tables, in text and in HTML."""

import dataclasses
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from torch_judge import show
from torch_judge.report import CaseResult, Diagnosis, ExceptionInfo, Frame, Mismatch, Report, Violation
from torch_judge.show import StatusRow, groups, words

TITLE, ENTRY = "Batch normalisation", "batch_norm"


def values(observation: str, index: tuple[int, ...] = (3, 5), differ: int = 12) -> Mismatch:
    return Mismatch(observation, "values", f"`{observation}` differs.", index, "1.032796", "1.0", 2.3e-5, differ, 128)


def report(**fields) -> Report:
    return Report(**{"problem": "batchnorm", "accepted": False, "seed": 0, "duration_s": 0.0184, **fields})


def case(name: str = "training", **fields) -> CaseResult:
    return CaseResult(**{"name": name, "kind": "values", "passed": False, **fields})


PASS = case("training: output and running statistics", kind="state", passed=True, output="from a passing case\n")
EVAL = case("eval: uses the running statistics", kind="mode", passed=True)
GRADIENTS = case(
    "gradients reach x, gamma and beta",
    kind="gradients",
    message="`gradients.x[3, 5]` is 1.032796; expected 1.0 (12 of 128 elements differ).",
    mismatches=tuple(values(f"gradients.{name}") for name in ("x", "gamma", "beta", "mean", "var")),
    output="".join(f"line {i}\n" for i in range(1, 24)),
)
RAISED = ExceptionInfo(
    "RuntimeError",
    "The size of tensor a (8) must match the size of tensor b (16) at non-singleton dimension 1",
    (
        Frame("cell 3, line 9", "    return normalise(x, mean)", "batch_norm"),
        Frame("cell 3, line 4", "x - mean", "normalise"),
    ),
)  # fmt: skip
RAISING = case("a batch of one", message="Your code raised `RuntimeError`.", exception=RAISED)
DEEP = ExceptionInfo("RecursionError", "too deep", tuple(Frame(f"cell 1, line {i}", "f()") for i in range(900)))
GUARD = case("no forbidden API", kind="forbidden", message="`torch.nn.functional.batch_norm` is not allowed here.")
VIOLATION = Violation("torch.nn.functional.batch_norm", "call", "cell 3, line 7: `F.batch_norm(x, mean, var)`")
DIAGNOSIS = Diagnosis(
    "unbiased", "You divided by the unbiased variance (`N - 1`).", ("gradients reach x, gamma and beta", "big")
)
HOSTILE = (
    "<script>alert(\"x\")</script> 'q' & [red]no markup[/red] :smile: \x1b[31mred\x1b[0m \x07\x9b2J\ud800 \u202eevil"
)

SAMPLES = {
    "accepted": report(accepted=True, cases=(PASS, EVAL)),
    "failed": report(
        cases=(PASS, GRADIENTS, EVAL, dataclasses.replace(GRADIENTS, name="big", kind="numerics", output="")),
        diagnosis=(DIAGNOSIS,),
        notes=("Your answer was read as `momentum` of the new value.",),
    ),
    "exception": report(cases=(PASS, RAISING, dataclasses.replace(RAISING, name="odd sizes")), seed=7),
    "violation": report(cases=(PASS, GUARD), violations=(VIOLATION,), isolated=True, device="cuda"),
    "learner error": report(
        error="The cell has a syntax error.",
        fault="learner",
        exception=ExceptionInfo("SyntaxError", "'(' was never closed"),
    ),  # fmt: skip
    "judge error": report(error="`cases.py` cannot be read.", fault="judge"),
    "skipped": report(accepted=True, cases=(EVAL, case("on a GPU", skipped="no CUDA device"))),
    "recursion": report(cases=(case(exception=DEEP, message="Your code raised `RecursionError`."),)),
    "many": report(cases=tuple(dataclasses.replace(GRADIENTS, name=f"case {i}") for i in range(5))),
    "changed": report(
        cases=(
            case(
                message="`output` is None; expected a tensor.",
                mismatches=(
                    Mismatch("output", "type", "`output` is None; expected a tensor.", None, "None", "a tensor"),
                    Mismatch("x", "changed", "`x` was changed by the call.", (1, 2), "3.0", "1.0", None, 2, 128),
                    Mismatch("rate", "check", "The drop rate is 0.7; expected about 0.5."),
                ),
            ),
        )
    ),
    "hostile": report(
        cases=(
            case(
                HOSTILE,
                message=HOSTILE,
                mismatches=(Mismatch(HOSTILE, "values", "m", (0,), HOSTILE, HOSTILE * 900, 1.0, 1, 2),),
                exception=ExceptionInfo("E", HOSTILE, (Frame(HOSTILE, HOSTILE, HOSTILE),)),
                output=f"{HOSTILE}\n" + "y" * 90_000,
            ),
        ),
        violations=(Violation(HOSTILE, HOSTILE, HOSTILE),),
        notes=(HOSTILE,),
    ),
    "not run": report(
        cases=(
            case("first", message="The case did not end within 5 s; it was stopped at cell 1, line 2: `while True:`."),
            *(case(n, message="Not run: an earlier case ran over its time limit.", ran=False) for n in "abc"),
        )
    ),
    "one line": report(
        cases=(PASS, GUARD),
        violations=(
            VIOLATION,
            dataclasses.replace(VIOLATION, witness="source"),
            dataclasses.replace(VIOLATION, api="torch.ops.aten.batch_norm", witness="operator"),
            Violation("NativeBatchNormBackward0", "graph"),
        ),
    ),
    "dear": report(accepted=True, cases=(PASS, EVAL), yours_s=0.000312, reference_s=0.0123),
    "no cases": report(error="`cases.py` of `batchnorm` has no cases.", fault="judge"),
}


def text_of(name: str, **options) -> str:
    return show.render_text(SAMPLES[name], **{"title": TITLE, "entry": ENTRY, **options})


def html_of(name: str, **options) -> str:
    return show.render_html(SAMPLES[name], **{"title": TITLE, "entry": ENTRY, **options})


class Page(HTMLParser):
    """A page's text and elements; raises if an element is not closed in its turn."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(source)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


BOTH = {
    "accepted": ["✓ batchnorm: accepted, 2 of 2 cases pass", "practice verdict", "18 ms", TITLE, ENTRY],
    "failed": [
        "✗ batchnorm: not accepted, 2 of 4 cases pass", "What is wrong",
        "You divided by the unbiased variance (N - 1).",
        "It explains every failing case.", "2 cases pass: 1 and 3", "Case 2", "12 of 128", "[3, 5]", "2.3e-05", "1.032796",
        'more mismatches; check("batchnorm", case=2) shows all', "read as momentum of",
        'replay("batchnorm", case=2) gives you the inputs of case 2.',
    ],
    "exception": [
        "1 of 3 cases pass", "RuntimeError: The size of tensor a", "cell 3, line 9, in batch_norm", "x - mean",
        "Cases 2 and 3", "a batch of one; odd sizes", 'replay("batchnorm", case=2, seed=7)', "seed 7",
    ],
    "violation": [
        "1 of 1 case passes, but a forbidden API is used", "official verdict", "device cuda",
        "torch.nn.functional.batch_norm", "seen when your code called it", "cell 3, line 7: F.batch_norm(x, mean, var)",
    ],
    "learner error": ["✗ batchnorm: not accepted", "The cell has a syntax error.", "SyntaxError: '(' was never closed"],
    "judge error": ["– batchnorm: not judged", "cases.py cannot be read."],
    "skipped": ["1 of 1 case passes", "– Case 2 skipped: no CUDA device."],
    "recursion": ["894 more frames of your code", "cell 1, line 899"],
    "not run": ["0 of 4 cases pass", "cell 1, line 2: while True:", "– Cases 2 to 4 not run: an earlier case ran over"],
    "one line": ["F.batch_norm(x, mean, var)", "NativeBatchNormBackward0, seen in the autograd graph of what you returned"],
    "dear": ["Case 1 takes 0.31 ms with your code and 12 ms with the reference."],
    "changed": ["None; expected a tensor", "x was changed by the call.", "2 of 128", "The drop rate is 0.7"],
}  # fmt: skip

ABSENT = {
    "not run": ["✗ Case 3"],
    "one line": ["no forbidden API"],
    "accepted": ["from a passing case", "What is wrong", "Notes", "replay"],
    "judge error": ["replay", "cases pass", "Cases"],
    "violation": ["replay", "Case 2", "is not allowed here"],
    "failed": ["gradients.var", "seed"],
    "changed": ["allowed"],
}


@pytest.mark.parametrize("name", BOTH)
def test_both_channels_say_it(name):
    page = re.sub(r"\s+", " ", Page(html_of(name)).text)
    text = re.sub(r"\s+", " ", text_of(name, width=120))
    for part in BOTH[name]:
        assert part in text
        assert part in page
    for part in ABSENT.get(name, ()):
        assert part not in text
        assert part not in page


def test_the_order_is_verdict_diagnosis_failures_others_notes_replay():
    for text in (text_of("failed", progress="2 more"), Page(html_of("failed", progress="2 more")).text):
        marks = ["not accepted", "2 more", "What is wrong", "✗ Case 2", "✗ Case 4", "2 cases pass", "Notes", "replay"]
        places = [text.index(mark) for mark in marks]
        assert places == sorted(places)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("unfold", [False, True])
def test_html_is_balanced_and_self_contained(name, unfold):
    source = html_of(name, unfold=unfold, progress="the same as last time")
    page = Page(source)
    assert page.elements[0][0] == "div"
    assert page.elements[0][1]["class"] == "torch-judge"
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in page.elements}
    assert not re.search(r"http|url\(|@import|on\w+=\"", source.split("</style>")[0])
    assert name == "hostile" or "http" not in source
    assert all(len(attrs["scope"] or "") for tag, attrs in page.elements if tag == "th")


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("width", [40, 80])
def test_text_keeps_to_its_width_and_is_plain(name, width):
    text = text_of(name, width=width)
    assert max(map(len, text.split("\n"))) <= width
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]|[ \t]\n", text)
    assert text == text_of(name, width=width)


def test_what_a_learner_wrote_is_never_interpreted():
    source, text = html_of("hostile", unfold=True), text_of("hostile", unfold=True, width=200)
    assert "<script" not in source
    assert "&lt;script&gt;" in source
    for shown in (Page(source).text, text, text_of("hostile", color=True, width=200)):
        assert "<script>alert(\"x\")</script> 'q' & [red]no markup[/red] :smile: red" in shown
        assert "\u202e" not in shown
        assert "\x1b[31mred" not in shown
        assert "\x9b" not in shown
        assert "more characters)" in shown
    shown.encode()  # no lone surrogate
    assert len(source) < 30_000


CLEANED = [
    ("\x1b[1;31mred\x1b[0m", "red"),
    ("\x1b]0;title\x07after", "after"),
    ("\x1b]8;;link\x1b\\after", "after"),
    ("\x1bcreset", "reset"),
    ("10%\r50%\r100%\r\nnext\r", "100%\nnext"),
    ("a\tb", "a   b"),
    ("\x9b2Jx\x00\x7f", "x"),
    ("\ud83d!", "\ufffd!"),
    ("é ☃ 漢", "é ☃ 漢"),
]


@pytest.mark.parametrize(("given", "expected"), CLEANED)
def test_clean(given, expected):
    assert words.clean(given) == expected


def test_prints_are_folded_in_text_until_unfolded():
    text = text_of("failed")
    assert "line 3" in text
    assert "line 4" not in text
    assert '… 20 more lines; check("batchnorm", case=2) shows all' in text
    unfolded = text_of("failed", unfold=True)
    assert "line 23" in unfolded
    assert "from a passing case" in unfolded


def test_prints_are_folded_in_html_until_unfolded():
    def folds(source):
        elements = Page(source).elements
        return [("open" in attrs) for tag, attrs in elements if tag == "details"]

    assert "line 23" in html_of("failed")
    assert folds(html_of("failed")) == [True, False, True, False]
    assert folds(html_of("failed", unfold=True)) == [True, True, True, False, True]
    assert folds(html_of("many")) == [True, False, True, False, True, False, False, False, False, False]


def test_a_part_of_the_cases_keeps_its_numbers():
    numbers = {EVAL.name: 1, GRADIENTS.name: 5}
    part = report(cases=(GRADIENTS, GUARD), seed=7, device="cuda")
    for shown in (
        show.render_text(part, title=TITLE, entry="", numbers=numbers),
        Page(show.render_html(part, title=TITLE, entry="", numbers=numbers)).text,
    ):
        assert 'replay("batchnorm", case=5, seed=7)' in shown
        assert 'check("batchnorm", case=5, seed=7, device="cuda")' in shown.replace("\n  ", " ")
        assert "✗ Case 5" in shown
        assert f"{TITLE} · practice verdict" in shown


def test_one_line_is_one_bullet():
    assert text_of("one line").count("✗ cell 3, line 7") == 1
    assert Page(html_of("one line")).count("li") == 2


def test_notes_of_accepted_work_are_folded():
    shown = show.render_html(dataclasses.replace(SAMPLES["accepted"], notes=("A.", "B.")), title=TITLE, entry=ENTRY)
    assert "<summary>2 notes</summary>" in shown


RANGES = {
    (3,): "3",
    (1, 2): "1 and 2",
    (1, 2, 3): "1 to 3",
    (1, 3, 4, 6): "1, 3, 4 and 6",
    (1, 2, 3, 5, 7, 8, 9): "1 to 3, 5 and 7 to 9",
}


@pytest.mark.parametrize("given", RANGES)
def test_ranges(given):
    assert groups.ranges(given) == RANGES[given]


def test_text_shows_three_failing_cases_in_full():
    assert text_of("many").count("observation") == 3
    assert 'check("batchnorm", case=5) shows it all.' in text_of("many")
    assert text_of("many", unfold=True).count("observation") == 5


@pytest.mark.parametrize("render", [text_of, html_of])
def test_durations_can_be_left_out(render):
    assert "18 ms" in render("failed")
    assert "18 ms" not in render("failed", durations=False)


def test_colour_is_asked_for():
    assert "\x1b[" in text_of("failed", color=True)
    assert "\x1b[" not in text_of("failed")


DURATIONS = [(0.000312, "0.31 ms"), (0.0184, "18 ms"), (0.9996, "1.0 s"), (12.34, "12.3 s"), (185, "3 min 5 s")]


@pytest.mark.parametrize(("given", "expected"), DURATIONS)
def test_durations(given, expected):
    assert words.seconds(given) == expected


@pytest.mark.parametrize("style", ["info", "error"])
def test_a_message_is_a_fact_and_a_remedy(style):
    fact, remedy = "There is no problem `bachnorm`.", "Did you mean `batchnorm`? <b>[red]"
    text = show.render_message_text(fact, remedy, style=style)
    assert text.startswith("✗ " if style == "error" else "There")
    assert "There is no problem bachnorm. Did you mean batchnorm? <b>[red]" in text
    source = show.render_message_html(fact, remedy, style=style)
    assert "<code>batchnorm</code>" in source
    assert "There is no problem bachnorm.Did you mean batchnorm? <b>[red]" in Page(source).text


ROWS = [
    StatusRow(1, "relu", "ReLU", "Activations", "Easy", "solved", 2, 0.012),
    StatusRow(3, "layernorm", "<Layer norm>", "Normalisation", "Medium", "solved", 1, 1.5, peeked=True),
    StatusRow(7, "batchnorm", "Batch [red]norm", "Normalisation", "Hard", "attempted", 4, None),
    StatusRow(8, "gelu", "GELU", "Activations", "Easy", "to do", 0, None),
]
SUMMARY = {"solved": 2, "attempted": 1, "total": 4, "streak_days": 3}
STATUS = [
    "2 of 4 solved", "1 attempted, 1 to do, a streak of 3 days", "✓ solved", "solution seen", "attempted",
    "– to do", "12 ms", "1.5 s", "Batch [red]norm", "<Layer norm>", "1 of 2 solved",
]  # fmt: skip


def test_status_says_it_in_both_channels():
    text = show.render_status_text(ROWS, summary=SUMMARY, width=110)
    page = Page(show.render_status_html(ROWS, summary=SUMMARY))
    for part in STATUS:
        assert part in text
        assert part in page.text
    assert page.count("tbody") == 2
    assert "width:50%" in show.render_status_html(ROWS, summary=SUMMARY)


def test_status_of_an_empty_bank():
    nothing = {"solved": 0, "attempted": 0, "total": 0, "streak_days": 0}
    assert "0 of 0 solved" in show.render_status_text([], summary=nothing)
    assert "0 of 0 solved" in Page(show.render_status_html([], summary=nothing)).text


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mixed(accent: str, percent: int, text: str) -> str:
    pairs = [(int(accent[i : i + 2], 16), int(text[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round((a * percent + b * (100 - percent)) / 100):02x}" for a, b in pairs)


THEMES = [("#ffffff", "#333333"), ("#ffffff", "#000000"), ("#111111", "#e0e0e0"), ("#383838", "#e3e3e3")]


@pytest.mark.parametrize(("background", "text"), THEMES)
def test_accents_are_readable_on_light_and_dark(background, text):
    style = Path(words.__file__).with_name("style.css").read_text()
    accents = re.findall(r"color-mix\(in srgb,(#\w{6}) (\d+)%,currentColor\)", style)
    assert len(accents) == 3
    for accent, percent in accents:
        assert style.count(f":{accent}") == 1  # the fallback is the same accent
        assert contrast(mixed(accent, int(percent), text), background) >= 4.5
        if background in ("#ffffff", "#111111"):
            assert contrast(accent, background) >= 4


def test_importing_it_is_light():
    heavy = "{'torch', 'rich', 'IPython', 'numpy'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", f"import sys, torch_judge.show; print({heavy} or 'light')"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout == "light\n"


class ZMQInteractiveShell:
    """A kernel's shell, as far as its name goes."""


@pytest.fixture
def published(monkeypatch):
    import IPython
    import IPython.display

    seen = []
    monkeypatch.setattr(IPython, "get_ipython", ZMQInteractiveShell)
    monkeypatch.setattr(IPython.display, "display", lambda data, raw: seen.append(data))
    return seen


def test_a_notebook_gets_one_display_with_both_channels(published, capsys):
    show.show(SAMPLES["failed"], title=TITLE, entry=ENTRY)
    show.show_message("A fact.", "A remedy.")
    show.show_status(ROWS, summary=SUMMARY)
    assert [set(data) for data in published] == [{"text/html", "text/plain"}] * 3
    assert published[0]["text/plain"].startswith("✗ batchnorm")
    assert capsys.readouterr().out == ""


def test_elsewhere_stdout_gets_the_text(capsys):
    show.show(SAMPLES["failed"], title=TITLE, entry=ENTRY)
    show.show_message("A fact.", "A remedy.")
    show.show_status(ROWS, summary=SUMMARY)
    out = capsys.readouterr().out
    assert "✗ batchnorm: not accepted" in out
    assert "A fact. A remedy.\n" in out
    assert "2 of 4 solved" in out
    assert "\x1b" not in out


def test_a_stdout_without_unicode_is_no_obstacle():
    code = "from torch_judge.show import show_message; show_message('naïve', style='error')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True,
                          env={"PYTHONIOENCODING": "ascii", "PATH": ""})  # fmt: skip
    assert done.stdout == b"? na?ve\n"
