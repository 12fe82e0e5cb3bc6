"""Failing well in the kernel: whatever a candidate does, its case fails and the process is as it was."""

from __future__ import annotations

import importlib
import random
import sys
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch

from torch_judge.authoring import Case
from torch_judge.cases.draw import Draw
from torch_judge.cases.observations import Marker, Seen
from torch_judge.observe import CUT, MAX_OUTPUT, Setting, clean_state, observe

SETTING = Setting("a_problem", limit_s=0.3)


def run(solve: Any, draw: Draw) -> dict[str, Any]:
    """A case: calls the candidate on one drawn tensor."""
    return {"output": solve(draw.randn("x", 2, 3))}


def seen_of(candidate: Callable[..., Any], cases: int = 1) -> list[Seen]:
    with clean_state():
        return list(observe([Case(f"case {n}", "values", run) for n in range(cases)], candidate, SETTING))


def endless(x: torch.Tensor) -> None:
    while True:
        pass


def endless_and_stubborn(x: torch.Tensor) -> None:
    for _ in range(3):
        try:
            while True:
                pass
        except BaseException:
            continue


def deep(x: torch.Tensor) -> Any:
    return deep(x)


def unprintable(x: torch.Tensor) -> None:
    class BadError(Exception):
        def __str__(self) -> str:
            raise ValueError

    raise BadError


RAISES = {
    "an error": (lambda x: 1 / 0, "ZeroDivisionError"),
    "sys.exit": (lambda x: sys.exit(3), "SystemExit"),
    "recursion": (deep, "RecursionError"),
    "a wrong signature": (lambda: None, "TypeError"),
    "an exception whose text raises": (unprintable, "BadError"),
    "a GeneratorExit": (lambda x: (_ for _ in ()).throw(GeneratorExit), "GeneratorExit"),
}


@pytest.mark.parametrize("name", RAISES)
def test_an_exception_belongs_to_its_case(name: str) -> None:
    candidate, kind = RAISES[name]
    seen = seen_of(candidate, cases=2)
    assert [s.exception.type if s.exception else None for s in seen] == [kind, kind]


@pytest.mark.parametrize("candidate", [endless, endless_and_stubborn])
def test_the_first_time_out_ends_the_run(candidate: Callable[..., Any]) -> None:
    first, second = seen_of(candidate, cases=2)
    assert first.stopped.startswith("the case did not end within 0.3 s; it was stopped at test_observe.py, line ")
    assert second.stopped == "not run: an earlier case ran over its time limit"


@pytest.mark.parametrize(("body", "stopped"), [("time.sleep(1)", ""), ("while True: pass", "the case did not end")])
def test_a_slow_import_is_not_stopped_halfway_unless_it_has_no_end(body, stopped, tmp_path, monkeypatch):
    name = "ends_late" if not stopped else "never_ends"
    (tmp_path / f"{name}.py").write_text(f"import time\n{body}\n")
    monkeypatch.syspath_prepend(tmp_path)
    (seen,) = seen_of(lambda x: importlib.import_module(name).time.__name__)
    assert seen.stopped.startswith(stopped) and bool(seen.stopped) == bool(stopped)


def test_the_learners_frames_only() -> None:
    def inner(x: torch.Tensor) -> torch.Tensor:
        return x @ x

    (seen,) = seen_of(lambda x: inner(x))
    assert seen.exception is not None
    assert [f.function for f in seen.exception.frames][1:] == ["<lambda>", "inner"]
    assert seen.exception.frames[-1].code == "return x @ x"
    assert seen.exception.frames[-1].place.startswith("test_observe.py, line ")


def test_prints_are_captured_and_bounded(capsys: pytest.CaptureFixture[str]) -> None:
    (seen,) = seen_of(lambda x: print("hello\n" * MAX_OUTPUT))
    assert seen.output.startswith("hello\n") and len(seen.output) == MAX_OUTPUT + len(f"\n{CUT}\n")
    assert seen.output.endswith(f"\n{CUT}\n")
    assert capsys.readouterr().out == ""


def test_what_nobody_will_read_is_not_written() -> None:
    class Dear:
        texts = 0

        def __str__(self) -> str:
            Dear.texts += 1
            return "y" * 1000

    def chatty(x: torch.Tensor) -> None:
        for _ in range(2000):
            print(Dear())

    (seen,) = seen_of(chatty)
    assert Dear.texts <= MAX_OUTPUT / 1000 + 1 and CUT in seen.output
    (short,) = seen_of(lambda x: print("just", "this", sep="-", end=""))
    assert short.output == "just-this" and print.__module__ == "builtins"


def test_warnings_stay_inside() -> None:
    with warnings.catch_warnings(record=True) as caught:
        seen_of(lambda x: warnings.warn("learner's", stacklevel=1))
    assert not caught


def vandal(x: torch.Tensor) -> torch.Tensor:
    """Changes everything global that it can."""
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    torch.manual_seed(1)
    random.seed(1)
    torch.set_num_threads(1)
    return x


def state() -> tuple[Any, ...]:
    return (
        torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_rng_state().tolist(), random.getstate(),
        torch.get_num_threads(),
    )  # fmt: skip


def test_the_process_is_as_it_was() -> None:
    before = state()
    seen_of(vandal)
    assert state() == before


def test_one_case_does_not_disturb_the_next() -> None:
    def candidate(x: torch.Tensor) -> torch.Tensor:
        out = torch.rand(2)
        vandal(x)
        return out

    first, second = seen_of(candidate, cases=2)
    again, _ = seen_of(candidate, cases=2)
    assert first.observations["output"].data.dtype is torch.float32  # type: ignore[union-attr]
    assert second.observations["output"].data.dtype is torch.float32  # type: ignore[union-attr]
    assert torch.equal(first.observations["output"].data, again.observations["output"].data)  # type: ignore[union-attr]


ODD = {
    "a module": lambda x: sys,
    "the class": lambda x: torch.Tensor,
    "a sparse tensor": lambda x: x.to_sparse(),
    "a tensor on meta": lambda x: x.to("meta"),
    "a subclass": lambda x: x.as_subclass(type("Sly", (torch.Tensor,), {})),
    "a huge expanded tensor": lambda x: torch.zeros(1).expand(1 << 20, 1 << 20),
    "a generator": lambda x: (i for i in range(3)),
    "a set": lambda x: {1, 2},
}


@pytest.mark.parametrize("name", ODD)
def test_an_object_that_cannot_cross_becomes_a_marker(name: str) -> None:
    (seen,) = seen_of(ODD[name])
    assert isinstance(seen.observations["output"], Marker), seen


def test_a_list_that_holds_itself_ends() -> None:
    loop: list[Any] = []
    loop.append(loop)
    (seen,) = seen_of(lambda x: loop)
    assert isinstance(list(seen.observations.values())[-1], Marker)


def test_interrupting_the_kernel_interrupts_the_check() -> None:
    def interrupted(x: torch.Tensor) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seen_of(interrupted)
