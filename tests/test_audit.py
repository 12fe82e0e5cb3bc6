import io
import json
from types import SimpleNamespace

import pytest

from torch_judge.audit import audit, audited
from torch_judge.audit.exploits import exploits
from torch_judge.audit.findings import Exam
from torch_judge.audit.mutants import Mutant
from torch_judge.audit.survivors import survives
from torch_judge.audit.writing import check_writing
from torch_judge.bank import find_bank, load, scaffold

SOLUTION = """\
import torch


def double(x, bias=0.5):
    return 2 * x + bias
"""
CASES = """\
from torch_judge.authoring import case


@case("values", kind="values")
def values(solve, draw):
    return {"output": solve(draw.randn("x", 3, 4), bias=1.7)}


@case("default", kind="interface")
def default(solve, draw):
    return {"output": solve(draw.randn("x", 5))}


@case("gradients", kind="gradients")
def gradients(solve, draw):
    x = draw.randn("x", 4, grad=True)
    return draw.gradients(solve(x), x=x)
"""
VARIANTS = """\
from torch_judge.authoring import accepted, mistake


@accepted
def added(x, bias=0.5):
    return x + x + bias


@mistake("You halve.")
def halved(x, bias=0.5):
    return x / 2 + bias
"""
STARTER = "# %%\ndef double(x, bias=0.5):\n    pass\n\n\n# %%\nprint(double(1) + 1)\n"
NO_BIAS = ("mistakes", {"id": "no_bias", "message": "You forget the bias.", "edits": [["2 * x + bias", "2 * x"]]})
DEFAULT_CASE = CASES[CASES.index('@case("default"') : CASES.index('@case("gradients"')]
GRADIENT_CASE = CASES[CASES.index('@case("gradients"') :]


def record(table, fields):
    return f"[[{table}]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in fields.items())


def equivalent(was, now, why="No learner can tell."):
    return ("equivalent", {"was": was, "now": now, "why": why})


@pytest.fixture
def tiny(tmp_path):
    def make(*records, forbidden=(), **files):
        folder = tmp_path / "tiny"
        folder.mkdir()
        head = {"number": 1, "title": "T", "difficulty": "Easy", "topic": "T", "entry": "double"}
        head |= {"hints": ["a", "b", "c"], "forbidden": list(forbidden)}
        toml = "".join(f"{key} = {json.dumps(value)}\n" for key, value in head.items())
        toml += "".join(record(*r) for r in records)
        texts = {"solution": SOLUTION, "cases": CASES, "variants": VARIANTS, "starter": STARTER} | files
        (folder / "problem.toml").write_text(toml)
        for name, text in texts.items():
            (folder / (name if "." in name else f"{name}.py")).write_text(text)
        return load(folder)

    return make


def failures(problem, **options):
    return "\n".join(audited(problem, **options)[1])


def test_a_sound_problem_has_no_failures(tiny):
    row, found = audited(tiny(NO_BIAS), seeds=2)
    assert not found
    assert row["mistakes rejected"] == row["diagnosed"] == "2/2"
    assert row["variants"] == "2/2"  # one variant, two seeds
    assert row["mutants"] == row["killed"] > 10
    assert row["exploits"] == f"{len(exploits()) - 1}/{len(exploits()) - 1}"  # `coarse` needs a case in float64


def test_the_table_and_the_failures_are_markdown(tiny):
    out = io.StringIO()
    assert not audit([tiny(cases=CASES.replace(DEFAULT_CASE, "").replace("solve(x)", "solve(x, 0.1)"))], out=out)
    table, _, rest = out.getvalue().partition("\n\n## tiny\n\n- ")
    assert [line.count("|") for line in table.splitlines()] == [15, 15, 15]
    assert "      [[equivalent]]\n      was = 'def double(x, bias=0.5):'\n" in rest


STATEMENT = "## Why and what\n\nTwice.\n\n## Signature\n\n{}\n\n## Rules\n\n- None.\n"
SIGNATURES = {
    "a call": ("`double(x, bias=0.5)` returns a tensor.", ""),
    "a definition": ("```python\ndef double(x: torch.Tensor, bias: float = 5e-1) -> torch.Tensor\n```", ""),
    "its name alone": ("`double` takes a tensor.", ""),
    "another function": ("`triple(x, bias=0.5)` returns a tensor.", "The signature of `double` is not in statement.md"),
    "another parameter": ("`double(x, offset=0.5)`", "another signature of `double`: the reference takes (x, bias)"),
    "one too few": ("`double(x)`", "another signature"),
    "another default": ("`double(x, bias=0.1)`", "another default of `bias`"),
    "nothing": ("", "The signature of `double` is not in statement.md"),
}


@pytest.mark.parametrize(("signature", "message"), SIGNATURES.values(), ids=SIGNATURES)
def test_the_printed_signature_is_the_reference_s(tiny, signature, message):
    found = failures(tiny(NO_BIAS, **{"statement.md": STATEMENT.format(signature)}), mutate=False)
    assert message in found and bool(message) == bool(found)


TWICE = "class Twice:\n    def __init__(self, by=2):\n        self.by = by\n\n    def __call__(self, x):\n        return self.by * x\n"
OF_CLASSES = {
    "class Twice with its __init__": ("`class Twice` with `__init__(self, by=2)`", True),
    "a call": ("`Twice(by=2)`", True),
    "a base is no parameter": ("`class Twice(Base)`: `__init__(self, by=2)`", True),
    "another parameter": ("`class Twice` with `__init__(self, factor)`", False),
}


@pytest.mark.parametrize(("signature", "same"), OF_CLASSES.values(), ids=OF_CLASSES)
def test_the_signature_of_a_class_is_its_constructor_s(tmp_path, signature, same):
    problem = scaffold.create(tmp_path, "twice")
    toml = (problem / "problem.toml").read_text()
    (problem / "problem.toml").write_text(toml[: toml.index("# A mistake")].replace('"twice"', '"Twice"', 1))
    (problem / "solution.py").write_text(TWICE)
    (problem / "statement.md").write_text(STATEMENT.format(signature))
    exam = SimpleNamespace(problem=load(problem), known=SimpleNamespace(accepted=lambda: {"one": 1}))
    printed = [sentence for sentence in check_writing(exam) if sentence.startswith("statement.md prints")]
    assert bool(printed) is not same


def test_what_the_author_has_not_written_is_reported(tmp_path):
    found = failures(load(scaffold.create(tmp_path, "row_rms")), mutate=False)
    assert found.count("statement.md still has the placeholder '[write: ") == 3
    assert found.count("notes.md still has the placeholder") == 1
    assert len(found.splitlines()) == 4, "but for its texts a new problem is sound"


def test_a_problem_without_variants_is_reported(tiny):
    assert "No variant is accepted" in failures(tiny(NO_BIAS, variants=""), mutate=False)


def test_a_weak_set_of_cases_lets_a_mutant_survive(tiny):
    found = failures(tiny(cases=CASES.replace(DEFAULT_CASE, "").replace("solve(x)", "solve(x, 0.1)")))
    assert "A mutant survives (line 4, constant). Add a case" in found
    assert "now = 'def double(x, bias=1.0):'" in found
    assert "line 5" not in found


def test_the_reference_itself_would_survive(tiny):
    exam = Exam.of(tiny())
    assert survives(exam, Mutant("none", 0, "", "", SOLUTION), list(exam.known.cases))


def test_a_listed_survivor_is_equivalent(tiny):
    weak = CASES.replace(DEFAULT_CASE, "").replace("solve(x)", "solve(x, 0.1)")
    row, found = audited(tiny(equivalent("def double(x, bias=0.5):", "def double(x, bias=…):"), cases=weak))
    assert not found
    assert row["equivalent"] == 3
    assert row["surviving"] == 0


DOUBLE_CASE = """\n
@case("float64", kind="numerics", float64=True)
def in_float64(solve, draw):
    return {"output": solve(draw.randn("x", 4, dtype=torch.float64))}
"""
DOUBLE_GRADIENT = """\n
@case("gradients in float64", kind="gradients", float64=True{})
def gradients_in_float64(solve, draw):
    x = draw.randn("x", 4, dtype=torch.float64, grad=True)
    return draw.gradients(solve(x), x=x)
"""


def test_where_float64_is_judged_its_gradients_are_judged_too(tiny):
    cases = CASES.replace("import case", "import case, nine_digits").replace("from", "import torch\n\nfrom", 1)
    assert "but no gradient in float64" in failures(tiny(cases=cases + DOUBLE_CASE), mutate=False)


@pytest.mark.parametrize(
    ("how", "accepted"), [("", False), (", verify=nine_digits", False), (', widen=1e3, because="…"', True)]
)
def test_a_backward_that_loses_digits_is_an_exploit(tiny, how, accepted):
    cases = CASES.replace("import case", "import case, nine_digits").replace("from", "import torch\n\nfrom", 1)
    problem = tiny(cases=cases + DOUBLE_CASE + DOUBLE_GRADIENT.format(how))
    found = failures(problem, mutate=False)
    assert bool(found) is accepted and ("The exploit `coarse`" in found) is accepted


BAD_RECORDS = [
    (equivalent("return x", "pass"), "lists 'return x' to 'pass' as equivalent, but no surviving mutant is."),
    (equivalent("return x", "pass", why="…"), "without a reason"),
    (equivalent("…", "…"), "which is every mutant"),
    (equivalent("exploit", "nan"), "The exploit `nan` is listed as equivalent, but is rejected."),
]


@pytest.mark.parametrize(("bad", "message"), BAD_RECORDS)
def test_a_bad_record_of_an_equivalent_is_reported(tiny, bad, message):
    assert message in failures(tiny(bad))


def test_an_accepted_mistake_is_reported(tiny):
    wrong = VARIANTS.replace("x / 2 + bias", "x * 2 + bias")
    assert "The mistake `halved` is accepted at seed 0. Add a case" in failures(tiny(variants=wrong))


def test_two_mistakes_that_look_alike_are_reported(tiny):
    again = ("mistakes", {"id": "again", "message": "Again.", "edits": [["2 * x + bias", "x * 2"]]})
    assert "The mistakes `no_bias` and `again` cannot be told apart." in failures(tiny(NO_BIAS, again))


REMEMBERING = """

FIRST = []


@mistake("You add the first bias that you were given.")
def remembered(x, bias=0.5):
    FIRST.append(bias)
    return 2 * x + FIRST[0]
"""


def test_a_mistake_that_remembers_must_say_so(tiny):
    found = failures(tiny(variants=VARIANTS + REMEMBERING))
    assert "The mistake `remembered` gives other results in 'values' after other calls." in found


def test_a_mistake_that_says_that_it_remembers_is_sound(tiny):
    told = REMEMBERING.replace('")\ndef', '", varies="history")\ndef')
    assert not failures(tiny(variants=VARIANTS + told))


def test_a_rejected_variant_is_reported(tiny):
    found = failures(tiny(variants=VARIANTS.replace("x + x", "x + x + x")))
    assert "The variant `added` at seed 0 is not accepted: case 'values' says:" in found


def test_an_accused_variant_is_reported(tiny):
    using = VARIANTS.replace("x + x + bias", "x.relu() - (-x).relu() + x + bias")
    assert "The variant `added` at seed 0 is accused of torch" in failures(tiny(variants=using, forbidden=["relu"]))


def test_an_accused_reference_is_reported(tiny):
    solution = SOLUTION.replace("2 * x", "torch.relu(x) - torch.relu(-x) + x")
    found = failures(tiny(solution=solution, forbidden=["relu"]))
    assert "The reference is not accepted at seed 0: case 'no forbidden API' says: `torch.relu` is not" in found


def reading(old, new, note="Some double with a bias of one."):
    return ("readings", {"id": "other", "note": note, "edits": [[old, new]]})


def test_a_reading_must_be_accepted_by_its_note(tiny):
    found = failures(tiny(reading("2 * x", "x * 2")))
    assert "The reading `other` is accepted without its note." in found


def test_a_mistake_on_top_of_a_reading_must_not_be_accepted(tiny):
    three = (
        "mistakes",
        {"id": "undone", "message": "M.", "edits": [["bias=0.5", "bias=1.5"], ["+ bias", "+ bias - 1"]]},
    )
    found = failures(tiny(reading("2 * x", "1 * x + x"), three, cases=CASES.replace(", bias=1.7", "")))
    assert "cannot be told apart" not in found
    assert "The mistake `undone` is accepted" in found
    assert "The mistake `undone` on top of the reading `other` is accepted." in found


def test_a_starter_that_is_right_already_is_reported(tiny):
    assert "The blank starter is accepted." in failures(tiny(starter=STARTER.replace("pass", "return 2 * x + bias")))


def test_a_starter_without_the_entry_is_reported(tiny):
    assert "starter.py does not define `double`." in failures(tiny(starter="# %%\n"))


BAD_CASES = [
    (CASES.replace('"default"', '"values"'), "The case name 'values' is used 2 times."),
    (CASES.replace('return {"output": solve(draw.randn("x", 5))}', "return {}"), "Case 'default' observes nothing."),
    (
        f"import time\n{CASES}".replace("bias=1.7", "bias=time.perf_counter() % 1"),
        "Case 'values' observes other values the second time.",
    ),
    (f"import torch\n{CASES}\nTABLE = torch.randn(3)\n", "cases.py, line 20: `torch.randn` is randomness of its own."),
    (f"import random as r\n{CASES}\nr.random()\n", "`random.random` is randomness of its own."),
    (f"{CASES}\ndef fill(x):\n    x.normal_()\n", "`normal_` is randomness of its own."),
    (f"import torch.nn.functional as F\n{CASES}\nF.relu\n", "`torch.nn.functional.relu` is forbidden"),
    (CASES + "\n" * 300, "cases.py has 317 lines, more than 300."),
    (CASES.replace("solve(x)", "solve(x, y=1)"), "raises"),
    ("def", "cannot be loaded"),
]


@pytest.mark.parametrize(("cases", "message"), BAD_CASES)
def test_bad_cases_are_reported(tiny, cases, message):
    assert message in failures(tiny(cases=cases, forbidden=["relu"]), mutate=False)


def test_exploits_are_reported_where_cases_are_weak(tiny):
    found = failures(tiny(cases=CASES.replace(GRADIENT_CASE, "").replace('"x", 5', '"x", 5, grad=True')))
    assert "The exploit `detached` (the right values, cut off the autograd graph) is accepted." in found
    assert "was = 'exploit'\nnow = 'flat'" in found


def test_an_exploit_without_effect_does_not_count(tiny):
    row, found = audited(tiny(equivalent("exploit", "flat"), cases=CASES.replace(GRADIENT_CASE, "")), mutate=False)
    assert row["exploits"] == f"{len(exploits()) - 3}/{len(exploits()) - 3}"
    assert found == ["The exploit `flat` is listed as equivalent, but has no effect. Remove the record."]


FIXED = 'solve(draw.tensor("x", [0.5, 2.0]), bias=1.7)'


def test_a_case_that_is_the_same_at_every_seed_is_reported(tiny):
    found = failures(tiny(cases=CASES.replace('solve(draw.randn("x", 3, 4), bias=1.7)', FIXED)), mutate=False)
    assert "Case 'values' is the same at every seed" in found and "a table of answers" not in found


def test_a_problem_that_a_table_would_solve_is_reported(tiny):
    cases = CASES.replace(DEFAULT_CASE, "").replace(GRADIENT_CASE, "")
    found = failures(tiny(cases=cases.replace('solve(draw.randn("x", 3, 4), bias=1.7)', FIXED)), mutate=False)
    assert "a table of answers would be accepted" in found


def test_a_size_that_the_seed_chooses_is_input_enough(tiny):
    cases = CASES.replace("import case", "import case, integer").replace(
        '{"output": solve(draw.randn("x", 5))}',
        '{"dims": solve(draw.tensor("x", [1.0] * integer(draw, "n", 2, 6))).dim()}',
    )
    assert "the same at every seed" not in failures(tiny(cases=cases), mutate=False)


def test_an_argument_that_is_judged_only_below_one_is_reported(tiny):
    cases = CASES.replace("bias=1.7", "bias=0.7")
    found = failures(tiny(cases=cases), mutate=False)
    assert "`bias`, at most 1, is accepted: the cases try 0.5, 0.7." in found and "now = 'bias at most 1'" in found
    assert "squared" not in found and "its root" not in found


def test_an_argument_may_be_listed_and_no_other(tiny):
    cases = CASES.replace("bias=1.7", "bias=0.7")
    assert not failures(tiny(equivalent("argument", "bias at most 1"), cases=cases), mutate=False)


def test_a_listed_argument_that_is_none_is_reported(tiny):
    found = failures(tiny(equivalent("argument", "gain at most 1")))
    assert found == "problem.toml lists the argument `gain at most 1`; there is none. Remove the record."


def test_a_listed_argument_that_is_rejected_is_reported(tiny):
    found = failures(tiny(equivalent("argument", "bias at most 1")))
    assert found == "The argument `bias at most 1` is listed as equivalent, but is rejected. Remove the record."


CLASS = """\
import torch


class double(torch.nn.Module):
    def __init__(self, bias=0.5):
        super().__init__()
        self.bias = bias

    def forward(self, x):
        return 2 * x + self.bias
"""


ONE_VARIANT = (
    f"import torch\n\nfrom torch_judge.authoring import accepted\n\n\n@accepted\n{CLASS[CLASS.index('class') :]}"
)


def test_exploits_and_mutants_work_on_a_class(tiny):
    cases = CASES.replace('solve(draw.randn("x", 3, 4), bias=1.7)', 'solve(bias=1.7)(draw.randn("x", 3, 4))')
    cases = cases.replace('solve(draw.randn("x", 5))', 'solve()(draw.randn("x", 5))').replace("solve(x)", "solve()(x)")
    row, found = audited(
        tiny(
            solution=CLASS, cases=cases, variants=ONE_VARIANT, starter=CLASS.replace("return 2 * x + self.bias", "pass")
        )
    )
    assert not found
    assert row["exploits"] == f"{len(exploits()) - 1}/{len(exploits()) - 1}"
    assert row["mutants"] == row["killed"] > 10


def test_a_mutant_that_never_ends_is_killed(tiny, monkeypatch):
    monkeypatch.setattr("torch_judge.audit.findings.LIMIT_S", 0.1)
    loop = SOLUTION.replace(
        "    return 2 * x + bias", "    n = 3\n    while n:\n        n -= 1\n    return 2 * x + bias"
    )
    row, found = audited(tiny(solution=loop, variants=""))
    assert row["killed"] > 10


@pytest.mark.slow
def test_batchnorm_proves_its_tests():
    assert audit([find_bank().get("batchnorm")], out=io.StringIO())
