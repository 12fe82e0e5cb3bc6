"""Runs a lesson's code: seeded, with torch's usual settings, in a namespace of its own; what it did is a value."""

from __future__ import annotations

import ast
import contextlib
import io
import linecache
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType
from typing import Any

SHOWN = "<shown>"
LONGEST_MESSAGE = 300
_DRAWING = [0]  # programs so far that drew from a generator


@dataclass(frozen=True)
class Ran:
    """What a program did: what it printed (with the value of its last line, as a notebook shows it), or its error.

    ``line``: where in the program it raised, 0 if it did not. ``value``: of a last line that is an expression.
    """

    output: str
    error: BaseException | None = None
    line: int = 0
    value: Any = None
    names: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def message(self) -> str:
        """The first line of the error's message; "" without an error."""
        return "" if self.error is None else str(self.error).strip().split("\n")[0][:LONGEST_MESSAGE]

    @property
    def shown(self) -> str:
        """The output and, below it, the error in torch's own words."""
        raised = "" if self.error is None else f"{type(self.error).__name__}: {self.message}"
        return "\n".join(filter(None, (self.output, raised)))


def run(code: str, setup: str = "", seed: int = 0) -> Ran:
    """Run ``setup``, then ``code`` with torch's seed set; raises what ``setup`` raises, nothing else."""
    with quiet():
        names = prepared(setup, seed)
        return execute(code, names, seed)


def value_of(expression: str, setup: str, code: str = "", seed: int = 0) -> Any:
    """The value of an expression after ``setup`` and ``code``; raises what any of them raises."""
    with quiet():
        names = prepared(setup, seed)
        if code and (ran := execute(code, names, seed)).error:
            raise ran.error
        _seed(seed)
        with contextlib.redirect_stdout(io.StringIO()), _noticed():
            return eval(_compiled(expression, "eval"), names)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Within the block torch has its usual settings; afterwards the learner's settings and generators are as before."""
    import torch
    from torch._tensor_str import printoptions

    from torch_judge.surroundings import usual_settings

    python = random.getstate()
    try:
        with usual_settings(), torch.random.fork_rng(devices=[]), printoptions(profile="default"):
            yield
    finally:
        random.setstate(python)


def prepared(setup: str, seed: int = 0) -> dict[str, Any]:
    """A namespace with torch, nn, F and math in it, and what ``setup`` defines; raises what that raises."""
    import math

    import torch
    from torch import nn

    names = {"__name__": "lesson", "torch": torch, "nn": nn, "F": nn.functional, "math": math}
    _seed(seed)
    with contextlib.redirect_stdout(io.StringIO()), _noticed():
        exec(_compiled(setup, "exec"), names)
    return names


def execute(code: str, names: dict[str, Any], seed: int | None = None) -> Ran:
    """Run code in a namespace; what it raises stands in the result. ``seed`` None: torch's generator goes on."""
    if seed is not None:
        _seed(seed)
    out = io.StringIO()
    value = None
    try:
        body, last = _divided(code)
        linecache.cache[SHOWN] = (len(code), None, code.splitlines(keepends=True), SHOWN)  # for inspect.getsource
        with contextlib.redirect_stdout(out), _noticed():
            exec(body, names)
            value = None if last is None else eval(last, names)
    except Exception as error:
        return Ran(out.getvalue().rstrip(), error, _line(error), names=names)
    if value is not None:
        print(repr(value), file=out)
    return Ran(out.getvalue().rstrip(), value=value, names=names)


def drawing() -> int:
    """How many programs of this process drew random numbers so far; what draws none is the same at every seed."""
    return _DRAWING[0]


@contextlib.contextmanager
def _noticed() -> Iterator[None]:
    import torch

    before = torch.get_rng_state(), random.getstate()
    try:
        yield
    finally:
        drew = not torch.equal(before[0], torch.get_rng_state()) or before[1] != random.getstate()
        _DRAWING[0] += drew


@lru_cache(maxsize=512)
def _divided(code: str) -> tuple[CodeType, CodeType | None]:
    """The program and, apart, its last line if that is an expression."""
    tree = ast.parse(code, SHOWN)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        return compile(tree, SHOWN, "exec"), None
    tree.body.pop()
    return compile(tree, SHOWN, "exec"), compile(ast.Expression(last.value), SHOWN, "eval")


@lru_cache(maxsize=512)
def _compiled(code: str, mode: str) -> CodeType:
    return compile(code.strip() if mode == "eval" else code, "<lesson>", mode)


def _line(error: BaseException) -> int:
    """The line of the program that raised, the innermost one; of a syntax error, where it is."""
    if isinstance(error, SyntaxError):
        return error.lineno or 0
    lines = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == SHOWN:
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return lines[-1] if lines else 0


def _seed(seed: int) -> None:
    import torch

    torch.default_generator.manual_seed(seed)  # `torch.manual_seed` seeds every device: five times as slow
    random.seed(seed)
