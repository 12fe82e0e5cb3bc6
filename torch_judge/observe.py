"""Runs cases on a candidate and returns what they observed. Holds no expected value and judges nothing."""

from __future__ import annotations

import builtins
import contextlib
import functools
import io
import random
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

import torch

from torch_judge.cases.authoring import Case
from torch_judge.cases.draw import Draw, seed_of
from torch_judge.cases.frames import exception_info, importing, learners_line
from torch_judge.cases.observations import Marker, Seen, flatten
from torch_judge.errors import JudgeError
from torch_judge.guard.concepts import matcher
from torch_judge.guard.witness import Watch
from torch_judge.surroundings import usual_settings

MAX_OUTPUT = 20_000
CUT = f"… cut here: only the first {MAX_OUTPUT:,} characters of a case are kept"
PATIENCE = 2
IMPORT_PATIENCE = 6
TOO_LONG = "the case did not end within"
NOT_RUN = "not run: "


@dataclass(frozen=True)
class Setting:
    """How to observe: the problem's id (part of every seed), the seed, the device, what is forbidden, the limit.

    ``limit_s`` is a best-effort limit per case by signal (0 for none). ``taken_away`` says that what is forbidden has
    been taken away in this process, for good (`torch_judge.guard.absent`): no witness need look for it.
    """

    problem: str
    seed: int = 0
    device: str = "cpu"
    forbidden: tuple[str, ...] = ()
    limit_s: float = 0.0
    taken_away: bool = False


class TimeLimitError(BaseException):
    """The case ran over its limit, at the learner's line that is its text.

    A BaseException, so that ``except Exception`` in the learner's code lets it pass.
    """


class BoundedText(io.StringIO):
    """Captures prints, and stops growing at MAX_OUTPUT characters."""

    cut = False

    @property
    def full(self) -> bool:
        """Whether there is no more room."""
        return self.tell() >= MAX_OUTPUT

    def write(self, text: str) -> int:
        """Keep as much as there is room for; the writer is told that all of it was taken."""
        room = MAX_OUTPUT - self.tell()
        self.cut = self.cut or len(text) > room
        if room > 0:
            super().write(text[:room])
        return len(text)

    def getvalue(self) -> str:
        """What was printed; where that was too much, the last line says so."""
        return super().getvalue() + (f"\n{CUT}\n" if self.cut else "")


def observe(cases: Sequence[Case], candidate: Any, setting: Setting) -> Generator[Seen, None, None]:
    """Run each case on the candidate, in order. A failure belongs to its case; the first time-out ends the run.

    The generators of random numbers are left as the last case left them: `clean_state` keeps them.
    """
    stopped = False
    with usual_settings():
        for case in cases:
            if stopped:
                yield Seen(case.name, stopped=f"{NOT_RUN}an earlier case ran over its time limit")
                continue
            seen = observe_case(case, candidate, setting)
            stopped = seen.stopped.startswith(TOO_LONG)
            yield seen


def draw_for(case: Case, setting: Setting) -> Draw:
    """The draw of a case: its inputs depend on the problem, the case's name, the seed and the device's kind only."""
    return Draw(f"{setting.problem}/{case.name}", setting.seed, setting.device)


def observe_case(case: Case, candidate: Any, setting: Setting) -> Seen:
    """Run one case under the guard and usual settings; never raises on the candidate's account."""
    with usual_settings():
        return _observed(case, candidate, setting)


def _observed(case: Case, candidate: Any, setting: Setting) -> Seen:
    draw = draw_for(case, setting)
    watch = Watch(matcher(setting.forbidden), setting.taken_away)
    watch.candidate(candidate)
    output = BoundedText()
    found: dict[str, Any] = {}
    _seed_generators(seed_of(draw.key, setting.seed))
    started = time.perf_counter()
    try:
        with capturing(output), time_limit(setting.limit_s):
            with watch.running():
                returned = case.run(candidate, draw)
            watch.graph(returned)
    except TimeLimitError as error:
        where = f"; it was stopped at {error}" if str(error) else ""
        found["stopped"] = f"{TOO_LONG} {setting.limit_s:g} s{where}"
    except (KeyboardInterrupt, JudgeError):
        raise
    except BaseException as error:
        found["exception"] = exception_info(error)
    else:
        with torch.no_grad():
            found["observations"] = {**draw.observed, **_flatten(returned)}
    seconds = time.perf_counter() - started
    before, after, drawn = draw.kept()
    return Seen(
        case.name, before=before, after=after, drawn=drawn, output=output.getvalue(), seconds=seconds,
        evidence=watch.evidence, **found,
    )  # fmt: skip


def _flatten(returned: object) -> dict[str, Any]:
    if isinstance(returned, dict):
        return flatten(returned)
    return {"result": Marker(f"a case must return a dict, not a `{type(returned).__name__}`")}


@contextlib.contextmanager
def clean_state() -> Iterator[None]:
    """Within the block torch has its usual settings; it leaves settings and generators as they were."""
    numpy = sys.modules.get("numpy.random")
    states = torch.get_rng_state(), random.getstate(), numpy.get_state() if numpy else None
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    try:
        with usual_settings():
            yield
    finally:
        torch.set_rng_state(states[0])
        random.setstate(states[1])
        if numpy:
            numpy.set_state(states[2])
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)


def _seed_generators(seed: int) -> None:
    """The same start for every case, whatever the notebook or an earlier case left behind."""
    torch.default_generator.manual_seed(seed)
    random.seed(seed)
    if numpy := sys.modules.get("numpy.random"):
        numpy.seed(seed % 2**32)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)


@contextlib.contextmanager
def capturing(output: BoundedText) -> Iterator[None]:
    """What is printed goes to ``output``; warnings go nowhere."""
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = builtins.print
        builtins.print = _print_to(output, before)
        try:
            yield
        finally:
            builtins.print = before


def _print_to(output: BoundedText, before: Callable[..., None]) -> Callable[..., None]:
    """`print`, which does nothing once nobody will read it: a tensor takes 1 ms to be written as text."""

    @functools.wraps(before)
    def quick(*values: object, file: Any = None, **options: Any) -> None:
        if output.full and file is None:
            output.cut = True
        else:
            before(*values, file=file, **options)

    return quick


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeLimitError after ``seconds`` of processor time: in the main thread only, and not under a debugger.

    On a busy machine, right work may wait long for the processor; what sleeps is stopped after PATIENCE times as long.
    An import does not count until IMPORT_PATIENCE times as long have passed: a module that is stopped halfway stays
    broken, and a first use of torch.optim imports a thousand of them.
    """
    usable = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not seconds or not usable or sys.gettrace() is not None:
        yield
        return

    fired: list[str] = []
    worked, began = time.process_time(), time.monotonic()
    imports_end = began + IMPORT_PATIENCE * seconds

    def stop(_: int, frame: FrameType | None) -> None:
        nonlocal worked, began
        if importing(frame) and time.monotonic() < imports_end:
            worked, began = time.process_time(), time.monotonic()
            return
        if time.process_time() - worked < seconds and time.monotonic() - began < PATIENCE * seconds:
            return
        fired.append(learners_line(frame))
        raise TimeLimitError(fired[0])

    before = signal.signal(signal.SIGALRM, stop)
    # The interval asks again, also for code that swallows the first error with a bare except.
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    if fired:  # swallowed, and ended all the same
        raise TimeLimitError(fired[0])
