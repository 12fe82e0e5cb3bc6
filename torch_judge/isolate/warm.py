"""What is done in the server before the first job, so that no job's process has to do it for the first time."""

from __future__ import annotations

import contextlib
import gc
import importlib
from typing import Any

import torch

from torch_judge.cases.authoring import Case, Draw
from torch_judge.isolate import forking  # noqa: F401 (with all that a job's process needs)
from torch_judge.isolate.wire import decode_seen, encode_seen
from torch_judge.observe import Setting, observe

WARM = (
    "numpy", "numpy.random", "torch.nn.functional", "torch.testing",
    "numpy.ctypeslib", "torch.fx.experimental.symbolic_shapes",  # the first autograd.grad imports it, and sympy: 0.3 s
    "torch_judge.authoring", "torch_judge.meters", "torch_judge.cases.compare",
)  # fmt: skip

REHEARSALS = 16


def warm_up() -> None:
    """Import what a job would import, so that the fork has it, and observe something once."""
    for name in WARM:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    torch.set_num_threads(1)
    # Asked here, before the walls: a process that cannot look at its processor computes with other last digits.
    torch.backends.cpu.get_cpu_capability()
    _rehearse()
    gc.collect()
    gc.freeze()  # the children's collector need not touch, and so copy, what all share


def _rehearse() -> None:
    """Run a case as a job would. No operator of these starts a thread; the first gradient would, beside a GPU.

    Several times: what Python has specialised here is quicker in every job, and no job has to write it anew.
    """
    setting = Setting("rehearsal", forbidden=("batch_norm",), limit_s=60.0, taken_away=True)
    cases = Case("right", "values", _case), Case("raises", "values", lambda solve, draw: {"output": solve(None)})
    for seen in observe(cases * REHEARSALS, _layer, setting):
        decode_seen(encode_seen(seen))


def _case(solve: Any, draw: Draw) -> dict[str, Any]:
    x, weight = draw.randn("x", 6, 5, mean=1.5, grad=True), draw.rand("weight", 5, low=0.5)
    count, module = draw.randint("count", 1, 5, 2), torch.nn.Linear(5, 5)
    draw.fill("module", module)
    return {"output": solve(x, weight), "more": [module(x), draw.tensor("fixed", [1.0, 2.0]), count.tolist()]}


def _layer(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    mean, var = x.mean(dim=0), x.var(dim=0, unbiased=False)
    with torch.no_grad():
        weight.mul_(0.9).add_(0.1 * mean)
    scores = (((x - mean) / torch.sqrt(var + 1e-5)) @ x.transpose(0, 1)).exp()
    return torch.where(scores > 1, scores, scores / scores.sum(dim=-1, keepdim=True)).max(dim=-1).values
