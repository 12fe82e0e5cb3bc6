"""Memory seen from outside: what hides from the meters is found, and no honest program is."""

from __future__ import annotations

import pytest

from torch_judge.bank import find_bank
from torch_judge.isolate import Worker
from torch_judge.report import CaseResult, Report
from torch_judge.submission import Cell, Program
from torch_judge.verdict.official import judge_program
from torch_judge.verdict.weighing import definitions

pytestmark = pytest.mark.slow

BANK = find_bank()
FLASH = BANK.get("flash_attention").solution
PLAIN = "torch.softmax(Q @ K.transpose(1, 2) / math.sqrt(Q.shape[-1]), -1) @ V"
STEPS = "for _ in range(-(-Q.shape[1] // block_size) * 20):\n        torch.zeros(1)\n"
HEAD = "import math\nimport threading\n\nimport torch\n\n"

HIDDEN = {
    "in a thread": HEAD
    + "def flash_attention(Q, K, V, block_size=32):\n"
    + f"    if Q.requires_grad:\n        return {PLAIN}\n    box = []\n"
    + f"    thread = threading.Thread(target=lambda: box.append({PLAIN}))\n    thread.start()\n    thread.join()\n    {STEPS}    return box[0]\n",
    "in a thread, after memory was held and freed while loading": HEAD
    + "def held(size=[torch.ones(300, 1 << 20)]):\n    size.clear()\n\n\nheld()\n\n\n"
    + "def flash_attention(Q, K, V, block_size=32):\n"
    + f"    if Q.requires_grad:\n        return {PLAIN}\n    box = []\n"
    + f"    thread = threading.Thread(target=lambda: box.append({PLAIN}))\n    thread.start()\n    thread.join()\n    {STEPS}    return box[0]\n",
    "in numpy": "import numpy\n"
    + HEAD
    + "def flash_attention(Q, K, V, block_size=32):\n"
    + f"    if Q.requires_grad:\n        return {PLAIN}\n"
    + "    q, k, v = (t.detach().numpy() for t in (Q, K, V))\n    s = q @ k.swapaxes(1, 2) / math.sqrt(q.shape[-1])\n"
    + f"    {STEPS}    w = numpy.exp(s - s.max(-1, keepdims=True))\n    return torch.from_numpy(w @ v / w.sum(-1, keepdims=True))\n",
    "plain for short sequences, an endless loop for long ones": FLASH
    + "\n\nown = flash_attention\n\n\ndef flash_attention(Q, K, V, block_size=32):\n    while Q.shape[1] > 4000:\n        raise SystemExit\n    return own(Q, K, V, block_size)\n",
    "all tiles kept": FLASH.replace("outputs = []", "outputs, kept = [], []").replace("weights = ", "kept.append(scores)\n            weights = "),
}  # fmt: skip

HONEST = {
    "the reference": FLASH,
    "an experiment with plain attention beside it": FLASH
    + "\nQ = K = V = torch.randn(1, 9000, 2)\nplain = torch.softmax(Q @ K.transpose(1, 2), -1) @ V\nassert plain.shape == V.shape\n"
    "for n in (10, 6000):\n    table = torch.ones(n, n) + 1\n",
    "in float64": FLASH.replace("    outputs = []", "    Q, K, V = Q.double(), K.double(), V.double()\n    outputs = []").replace(
        "return torch.cat(outputs, dim=1)", "return torch.cat(outputs, dim=1).float()"),
}  # fmt: skip


def weighed(source: str, worker: Worker) -> tuple[Report, CaseResult | None]:
    program = Program("flash.py", (Cell("flash.py", source),))
    report = judge_program(BANK.get("flash_attention"), program, worker=worker, roots=BANK.roots)
    return report, next((case for case in report.cases if case.name.startswith("memory of the process")), None)


@pytest.mark.parametrize("how", HIDDEN)
def test_what_the_meters_do_not_see_weighs(how: str, worker: Worker) -> None:
    report, row = weighed(HIDDEN[how], worker)
    assert not report.accepted
    assert row is not None and not row.passed, "the meters saw it already: this row proves nothing"


@pytest.mark.parametrize("how", HONEST)
def test_honest_work_weighs_little(how: str, worker: Worker) -> None:
    report, row = weighed(HONEST[how], worker)
    assert report.accepted and row is not None and row.passed, [case.message for case in report.failed]


def test_what_is_rejected_already_is_not_weighed(worker: Worker) -> None:
    report, row = weighed(FLASH.replace("output / total", "output"), worker)
    assert not report.accepted and row is None


def test_a_program_is_reduced_to_its_definitions_line_by_line() -> None:
    source = "import torch\nx = 3\nprint(x)\n@torch.no_grad()\ndef f():\n    return 1\nfor i in range(9):\n    f()\nif x:\n    y = 1\n"
    kept = definitions(Program("a.py", (Cell("a.py", source),)), "f").cells[0].source
    assert kept == "import torch\n\n\n@torch.no_grad()\ndef f():\n    return 1\n\n\nif x:\n    y = 1\n"
