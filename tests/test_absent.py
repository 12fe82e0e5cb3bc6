"""In the official verdict what is forbidden is not there; who does not need it notices nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from test_guard import CALL, HONEST, PRELUDE, SIGNATURE, body

from torch_judge.bank import find_bank
from torch_judge.guard.libraries import Plan, plan
from torch_judge.isolate import Job, Worker
from torch_judge.report import Report
from torch_judge.submission import Cell, File, Program
from torch_judge.verdict.official import judge_program

pytestmark = pytest.mark.slow

BANK = find_bank()


def official(worker: Worker, *cells: str, problem: str = "batchnorm") -> Report:
    program = Program("work.ipynb", tuple(Cell(f"cell {n}", source) for n, source in enumerate(cells, 1)))
    return judge_program(BANK.get(problem), program, worker=worker, roots=BANK.roots)


BESIDE = {
    "compared with torch's own, in one cell": HONEST
    + "x = torch.randn(4, 3)\nexpected = F.batch_norm(x, None, None, training=True)\n"
    "ours = my_batch_norm(x, torch.ones(3), torch.zeros(3), torch.zeros(3), torch.ones(3))\n"
    "print('difference', (ours - expected).abs().max())\nassert torch.allclose(ours, expected)\n",
    "a layer of torch's, used later on": HONEST
    + "layer = nn.BatchNorm1d(3)\nlayer.train()\nwanted = layer(torch.randn(4, 3))\nprint(wanted.shape)\n",
    "a test function that is called": HONEST
    + "def test():\n    assert torch.allclose(F.batch_norm(torch.ones(2, 2), None, None, training=True), torch.zeros(2, 2))\n"
    "test()\nprint('passed')\n",
    "a class of layers that is never used by the entry": HONEST
    + "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.norm = nn.BatchNorm1d(3)\n"
    "net = Net()\nfor name, p in net.named_parameters():\n    print(name, p.shape)\n",
    "the comparison before the solution": "reference = nn.BatchNorm1d(3)(torch.randn(4, 3))\n" + HONEST,
    "swallowed by try": HONEST
    + "try:\n    good = F.layer_norm(torch.ones(2), (2,))\nexcept Exception as error:\n    print(error)\n",
    "through a helper module of torch": HONEST + "bn = torch.nn.LazyBatchNorm1d()\ny = bn(torch.randn(4, 3))\ny.sum().backward()\n",
    "a decorator that touches functional": "def traced(function):\n    names = [n for n in dir(F) if 'norm' in n]\n"
    "    apis = {n: getattr(F, n) for n in names}\n    return function\n\n" + HONEST.replace("def my_batch", "@traced\ndef my_batch"),
    "prints and asserts inside": HONEST.replace("    if training:", "    print(x, repr(gamma), f'{running_var}')\n"
                                                "    torch.testing.assert_close(x, x.clone())\n    if training:"),
    "other layers inside": HONEST.replace(
        "    if training:", "    nn.Linear(3, 3)(torch.ones(3)).relu().softmax(-1)\n    nn.Sequential(nn.ReLU(), nn.Dropout())(x)\n    if training:"
    ),
    "forward mode and a compiler inside": HONEST.replace(
        "    if training:",
        "    torch.func.jvp(lambda t: F.gelu(t) * t, (x.detach(),), (x.detach(),))\n"
        "    torch.jit.trace(lambda t: F.silu(t), x.detach())(x)\n    if training:",
    ),
    "autograd inside": HONEST.replace(
        "    if training:",
        "    w = torch.ones(3, requires_grad=True)\n    with torch.enable_grad():\n        F.cross_entropy(w[None] * 2, torch.tensor([1])).backward()\n    if training:",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BESIDE)
def test_what_stands_beside_a_solution_is_passed_over_without_a_word(name: str, worker: Worker) -> None:
    report = official(worker, PRELUDE + BESIDE[name])
    assert report.accepted and not report.violations, (report.violations, [c.message for c in report.failed])
    assert report.notes == (), report.notes


def test_a_later_cell_that_needs_a_passed_over_name_is_passed_over_too(worker: Worker) -> None:
    report = official(
        worker, PRELUDE + HONEST, "layer = nn.BatchNorm1d(3)", "out = layer(torch.ones(2, 3))", "print(out.mean())"
    )
    assert report.accepted and report.notes == ()


def test_another_error_of_a_cell_is_told_as_ever(worker: Worker) -> None:
    report = official(worker, PRELUDE + HONEST, "layer = nn.BatchNorm1d(3)\nprint(lair)")
    assert report.accepted and "name 'lair' is not defined" in report.notes[0]


def test_an_entry_that_was_made_of_what_is_gone_is_told_why_it_is_missing(worker: Worker) -> None:
    report = official(worker, PRELUDE + "my_batch_norm = nn.LayerNorm(3).forward")
    assert (
        not report.accepted
        and report.exception is not None
        and "normalization.LayerNorm` is not there" in report.exception.message
    )


def test_the_report_names_the_api_and_the_line_in_both_places(worker: Worker) -> None:
    report = official(worker, PRELUDE, body(f"return getattr(F, '_'.join(['batch', 'norm']))({CALL})"))
    assert [(v.api, v.witness) for v in report.violations] == [("torch.nn.functional.batch_norm", "absent")]
    assert report.violations[0].line.startswith("cell 2, line 2: `return getattr")
    assert "`torch.nn.functional.batch_norm` is not there: this exercise forbids it" in report.failed[0].message


def test_a_swallowed_attempt_is_a_violation(worker: Worker) -> None:
    source = HONEST.replace("my_batch_norm", "own") + f"def my_batch_norm({SIGNATURE}):\n    try:\n        return F.batch_norm({CALL})\n" \
        "    except BaseException:\n        return own(x, gamma, beta, running_mean, running_var, eps, momentum, training)\n"  # fmt: skip
    report = official(worker, PRELUDE + source)
    assert (
        not report.accepted
        and report.violations
        and all(case.passed for case in report.cases if case.kind != "forbidden")
    )


# What people do around their work, under every concept that some problem forbids: none of it may need what is gone.
AROUND = """
import copy
import io

import torch
import torch.nn as nn
import torch.nn.functional as F


def solve():
    x = torch.randn(3, 4, requires_grad=True)
    big = torch.tensor([[1e-9, float("nan")], [float("-inf"), 12345.678]])
    texts = [str(x), repr(x), f"{x}", str(big), str(torch.arange(2000)), str(x > 0), f"{x.mean():.3f}"]
    torch.testing.assert_close(x, x.detach().clone(), check_stride=False)
    assert torch.allclose(x, x) and not torch.equal(x, x + 1)
    layer = nn.ModuleDict({"a": nn.ParameterList([nn.Parameter(torch.ones(4))]), "i": nn.Identity()})
    layer.load_state_dict(copy.deepcopy(layer).state_dict())
    file = io.BytesIO()
    torch.save(layer.state_dict(), file)
    file.seek(0)
    torch.load(file)
    parts = [x @ x.T, x.exp().sum(-1), x.var(0), x.std(1), torch.linalg.norm(x), x.sort(dim=-1)[0], x.cumsum(0),
             torch.where(x > 0, x, 0.0), x.logsumexp(0), torch.einsum("ij,kj->ik", x, x), x.topk(2)[0],
             x[[0, 2]], x.gather(1, torch.zeros(3, 1, dtype=torch.long)), torch.stack([x, x]), F.pad(x, (1, 1)),
             F.one_hot(torch.arange(3), 4) * x, torch.bernoulli(torch.full((3, 4), 0.5)) * x, x.abs().amax(1),
             torch.maximum(x, -x), x.sigmoid(), x.tanh(), torch.erf(x), x.masked_fill(x > 0, 1.0), x.roll(1, 0),
             F.unfold(x[None, None], 2), F.mse_loss(x, x * 2), x.expand(2, 3, 4).contiguous(), x.triu()]
    return texts, parts


out = solve()
"""
FREE_CONCEPTS = sorted(
    {concept for problem in BANK.problems() for concept in problem.forbidden} | {"autograd", "silu", "lstm", "sgd"}
)


@pytest.mark.parametrize("concept", FREE_CONCEPTS)
def test_what_surrounds_a_solution_needs_nothing_that_is_gone(concept: str, worker: Worker) -> None:
    cases = "from torch_judge.authoring import case\n\n\n@case('around', kind='values')\ndef around(solve, draw):\n    return {'parts': solve()[1]}\n"
    job = Job(Program("a.py", (Cell("a.py", AROUND),)), "solve", "rope", cases, ("around",), forbidden=(concept,))
    outcome = worker.run(job)
    seen = outcome.seen[0]
    assert outcome.notes == [] or "solve" not in str(outcome.notes), outcome.notes
    assert seen.exception is None and not seen.stopped and seen.evidence == (), (seen.exception, seen.evidence)


def test_what_is_handed_in_is_no_copy(worker: Worker) -> None:
    """A learner may paste what they like: the same instructions as torch's are refused only where they are found there."""
    text = Path(str(torch.nn.init.__file__)).read_text(encoding="utf-8") + "\nfill = kaiming_normal_\n"
    cell = "import mine\n\n\ndef kaiming_init(weight):\n    return mine.fill(weight, nonlinearity='relu')\n"
    program = Program("a.py", (Cell("a.py", cell),), files=(File("mine.py", text),))
    report = judge_program(BANK.get("weight_init"), program, worker=worker, roots=BANK.roots)
    assert report.accepted and not report.violations and report.notes == (), (report.violations, report.notes)


def test_a_plan_names_kernels_and_functions_and_no_building_block() -> None:
    found = plan(("batch_norm", "softmax"))
    functions, operators = {api for _, api in found.functions}, {name for name, _ in found.operators}
    assert {"torch.nn.functional.batch_norm", "torch.nn.modules.activation.Softmax"} <= functions
    assert {"aten::native_batch_norm", "aten::_softmax", "mkldnn::_linear_pointwise", "quantized::softmax"} <= operators
    assert not operators & {"aten::linear", "aten::var_mean.correction", "aten::mm", "aten::log_softmax.int"}
    assert plan(()) == Plan()
