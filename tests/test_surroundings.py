"""What a notebook leaves on, and what it replaces: neither changes a verdict, and all is as it was afterwards."""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from torch_judge import judge
from torch_judge.bank import find_bank
from torch_judge.guard import patches
from torch_judge.isolate import Worker
from torch_judge.surroundings import unusual, usual_settings
from torch_judge.verdict import known as knowing
from torch_judge.verdict.official import judge_file

BATCHNORM = find_bank().get("batchnorm")
RIGHT = BATCHNORM.solution
DETACHED = RIGHT + "\n_right = my_batch_norm\ndef my_batch_norm(x, *a, **k):\n    return _right(x.detach(), *a, **k)\n"


class Functions(TorchFunctionMode):
    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


class Operators(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {})).__neg__() if "mul" in str(func) else func(*args, **(kwargs or {}))


def left_on(
    put: Callable[[Any], object], value: Any, usual: Any
) -> Callable[[], contextlib.AbstractContextManager[None]]:
    """A mode that is a function call with a value, and another with the usual one."""

    @contextlib.contextmanager
    def entered() -> Iterator[None]:
        put(value)
        try:
            yield
        finally:
            put(usual)

    return entered


def doubling(module: Any, args: Any, output: Any) -> Any:
    return output * 2 if isinstance(output, torch.Tensor) else output


@contextlib.contextmanager
def hooked() -> Iterator[None]:
    handle = torch.nn.modules.module.register_module_forward_hook(doubling)
    try:
        yield
    finally:
        handle.remove()


@contextlib.contextmanager
def warnings_as_errors() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


# What is left on, and the phrase of the note ("" for what nobody needs to hear of).
LEFT_ON: dict[str, tuple[Callable[[], contextlib.AbstractContextManager[Any]], str]] = {
    "inference mode": (torch.inference_mode, "`torch.inference_mode()`"),
    "no_grad": (torch.no_grad, "gradients switched off"),
    "autocast": (functools.partial(torch.autocast, "cpu"), "autocast"),
    "default dtype": (left_on(torch.set_default_dtype, torch.float64, torch.float32), "`torch.float64`"),
    "default device": (left_on(torch.set_default_device, "meta", None), "the default device `meta`"),
    "device as a context": (functools.partial(torch.device, "meta"), "a torch mode of your own"),
    "deterministic": (left_on(torch.use_deterministic_algorithms, True, False), "deterministic algorithms"),
    "anomaly mode": (torch.autograd.detect_anomaly, "anomaly mode"),
    "threads": (left_on(torch.set_num_threads, 3, torch.get_num_threads()), ""),
    "denormals": (left_on(torch.set_flush_denormal, True, False), "denormal numbers flushed to zero"),
    "matmul precision": (left_on(torch.set_float32_matmul_precision, "medium", "highest"), "`medium`"),
    "a function mode": (Functions, "a torch mode of your own"),
    "a dispatch mode": (Operators, "a torch mode of your own"),
    "hooks on all modules": (hooked, "hooks on all modules"),
    "hooks disabled": (lambda: torch.autograd.graph.disable_saved_tensors_hooks("no"), "saved tensor hooks disabled"),
    "warnings as errors": (warnings_as_errors, ""),
    "numpy's errors": (lambda: numpy.errstate(all="raise"), ""),
    "generator": (left_on(torch.manual_seed, 1234, 0), ""),
    "nothing": (contextlib.nullcontext, ""),
}


def solution(source: str, entry: str = "my_batch_norm") -> Any:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, "cell 1", "exec"), names)
    return names[entry]


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    knowing.known.cache_clear()
    knowing.entry_of.cache_clear()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", LEFT_ON)
@pytest.mark.parametrize("id", ["batchnorm", "mha", "linear_regression"])
def test_what_is_left_on_changes_no_verdict(name: str, id: str) -> None:
    mode, phrase = LEFT_ON[name]
    problem = find_bank().get(id)
    candidate = solution(problem.solution, problem.entry)
    with mode():
        before = unusual(), torch.get_num_threads(), warnings.filters[:], numpy.geterr(), torch.get_rng_state().tolist()
        report = judge(id, candidate)
        after = unusual(), torch.get_num_threads(), warnings.filters[:], numpy.geterr(), torch.get_rng_state().tolist()
    assert report.accepted, [c.message for c in report.failed]
    assert before == after
    assert any("usual settings" in note and phrase in note for note in report.notes) == bool(phrase)
    assert judge(id, candidate).accepted


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", LEFT_ON)
def test_what_is_left_on_lets_nothing_wrong_through(name: str) -> None:
    detached = solution(DETACHED)
    with LEFT_ON[name][0]():
        report = judge("batchnorm", detached)
    assert {c.kind for c in report.failed} == {"gradients"}
    assert not judge("batchnorm", detached).accepted


LEAVES_ON = {
    "inference mode": "torch.mode = torch.inference_mode(); torch.mode.__enter__()",
    "no_grad": "torch.set_grad_enabled(False)",
    "default device": "torch.set_default_device('meta')",
    "default dtype": "torch.set_default_dtype(torch.float64)",
    "anomaly": "torch.autograd.set_detect_anomaly(True)",
    "autocast": "torch.autocast('cpu').__enter__()",
    "a mode": "from torch.overrides import TorchFunctionMode\n    TorchFunctionMode().__enter__()",
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", LEAVES_ON)
def test_what_a_call_leaves_on_ends_with_its_case(name: str) -> None:
    leaves = f"{RIGHT}\n_right = my_batch_norm\ndef my_batch_norm(*a, **k):\n    out = _right(*a, **k)\n    {LEAVES_ON[name]}\n    return out\n"
    judge("batchnorm", solution(leaves))
    assert unusual() == () and torch.ones(1).requires_grad is False
    assert judge("batchnorm", solution(RIGHT)).accepted


def test_usual_settings_are_those_after_import() -> None:
    with usual_settings():
        assert unusual() == ()


# What is replaced

OWN_REPR = "_old = torch.Tensor.__repr__\ntorch.Tensor.__repr__ = lambda self: f'{tuple(self.shape)}'"
REPLACED = {
    "Tensor.__repr__": (OWN_REPR, False),
    "Tensor.__repr__, wrapped": (
        "_old = torch.Tensor.__repr__\ndef short(self):\n    return f'{tuple(self.shape)} {_old(self)}'\n"
        "torch.Tensor.__repr__ = short",
        True,
    ),
    "torch.load": ("torch.load = lambda path: None", False),
    "torch.compile": ("torch.compile = lambda model, **options: model", False),
    "Module.__call__": ("torch.nn.Module.__call__ = lambda self, *a, **k: self.forward(*a, **k)", True),
    "Module.__repr__": ("torch.nn.Module.__repr__ = lambda self: 'a module'", False),
    "an inherited method": ("torch.Tensor.mean = lambda self, *a, **k: self * 0", True),
    "a function of C's": ("torch.matmul = lambda a, b: a * 0", True),
    "a function, wrapped": (
        "_old = torch.nn.functional.linear\ndef shown(*a, **k):\n    return torch.nn.functional._old_linear(*a, **k)\n"
        "_keep = torch.nn.functional.softmax\ndef softmax(*a, **k):\n    return _keep(*a, **k)\n"
        "torch.nn.functional.softmax = softmax",
        True,
    ),
    "added, not replaced": ("torch.Tensor.shape_of = lambda self: self.shape", False),
}  # fmt: skip


@contextlib.contextmanager
def replaced(source: str) -> Iterator[dict[str, Any]]:
    kept = [(owner, dict(vars(owner))) for owner in patches.PATCHABLE.values()]
    names: dict[str, Any] = {"torch": torch}
    try:
        exec(compile(source, "cell 1", "exec"), names)
        yield names
    finally:
        for owner, before in kept:
            for name in [n for n in vars(owner) if n not in before]:
                delattr(owner, name)
            for name, value in before.items():
                if vars(owner)[name] is not value:
                    setattr(owner, name, value)


@pytest.mark.parametrize("name", REPLACED)
@pytest.mark.parametrize("known_before", [True, False], ids=["after the judge", "before the judge"])
def test_what_is_replaced_changes_no_verdict(name: str, known_before: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not known_before:  # as if torch_judge came second: it has nothing to go by but what the replacement holds
        monkeypatch.setattr(patches, "_OWN", {path: {} for path in patches.PATCHABLE})
    source, told = REPLACED[name]
    rope = find_bank().get("rope")
    with replaced(source):
        report = judge("rope", solution(rope.solution, rope.entry))
        assert report.accepted, (report.violations, [c.message for c in report.failed])
        assert not told or any("judged with torch's own" in note for note in report.notes)
    assert judge("rope", solution(rope.solution, rope.entry)).accepted


def test_the_replacement_is_there_again_afterwards() -> None:
    with replaced(REPLACED["Tensor.__repr__, wrapped"][0]):
        judge("rope", len)
        assert repr(torch.ones(2)).startswith("(2,)")


def test_what_cannot_be_put_back_and_matters_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patches, "_OWN", {path: {} for path in patches.PATCHABLE})
    relu = find_bank().get("relu")
    with replaced("torch.nn.functional.softplus = torch.nn.functional.gelu = None\ndef f(x): return x\n"
                  "torch.nn.functional.normalize = f"):  # fmt: skip
        report = judge("relu", solution(relu.solution, relu.entry))
        assert [v.api for v in report.violations] == ["torch.nn.functional.normalize"]
        assert "restart the kernel" in report.notes[0]
    assert judge("relu", solution(relu.solution, relu.entry)).accepted, "restoring is enough"


@pytest.mark.parametrize("put", ["lambda *a, **k: None", "print", "type('Says', (), {'__call__': lambda *a: True})()"])
def test_what_a_call_replaces_is_a_violation(put: str) -> None:
    relu = find_bank().get("relu")
    tampers = f"import torch\ndef relu(x):\n    torch.Tensor.backward = {put}\n    return x * (x > 0)\n"
    with replaced(""):
        report = judge("relu", solution(tampers, relu.entry))
    assert any(v.api == "torch.Tensor.backward" for v in report.violations)


OFFICIALLY = {
    **{name: f"import torch\n{source.strip()}" for name, source in LEAVES_ON.items() if "\n" not in source},
    **{name: f"import torch\n{source}" for name, (source, _) in REPLACED.items()},
}


@pytest.mark.parametrize("name", OFFICIALLY)
def test_the_official_verdict_does_not_care_either(name: str, worker: Worker, tmp_path: Path) -> None:
    (tmp_path / "hw.py").write_text(f"{OFFICIALLY[name]}\n{RIGHT}")
    report = judge_file(tmp_path / "hw.py", problem="batchnorm", bank=find_bank(), worker=worker)
    assert report.accepted, (report.violations, [c.message for c in report.failed])
    told = name in LEAVES_ON or name in REPLACED and (REPLACED[name][1] or "added" not in name)
    assert any("usual settings" in n or "torch's own" in n for n in report.notes) == bool(told), report.notes


TRACED = {
    "gelu": ("x", "x"),
    "softmax": ("x, dim=-1", "x"),
    "attention": ("query, key, value", "query, key, value"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("id", TRACED)
@pytest.mark.parametrize("entered", [contextlib.nullcontext, Operators], ids=["plain", "with costs"])
def test_tracing_works_under_the_judge(id: str, entered: Any) -> None:
    problem = find_bank().get(id)
    every, traced = TRACED[id]
    given = every.removesuffix("=-1")
    source = problem.solution.replace(f"def {problem.entry}(", "def plain(") + (
        f"\ndef {problem.entry}({every}):\n"
        f"    return torch.jit.trace(lambda {traced}: plain({given}), ({traced},))({traced})\n"
    )
    with entered():
        report = judge(id, solution(source, problem.entry))
    assert report.accepted, [c.message for c in report.failed]


@pytest.mark.filterwarnings("ignore")
def test_tracing_hides_nothing() -> None:
    relu = find_bank().get("relu")
    source = (
        "import torch\ndef relu(x):\n    return torch.jit.trace(lambda x: getattr(torch, 're' + 'lu')(x), (x,))(x)\n"
    )
    report = judge("relu", solution(source, relu.entry))
    assert {v.witness for v in report.violations} >= {"call", "operator"}
