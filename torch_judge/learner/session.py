"""What a learner types in a notebook or a Python session."""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from torch_judge import show
from torch_judge.bank import Bank, Problem, find_bank
from torch_judge.errors import JudgeError, SubmissionError
from torch_judge.learner import shared as learner
from torch_judge.learner.due import due, lesson_rows, study_sentence
from torch_judge.learner.progress import Store
from torch_judge.report import ExceptionInfo, Report, ShownReport

INCUMBENT = "torch-judge"


def check(problem: str, *, seed: int = 0, device: str = "cpu", case: int | str | None = None) -> Report:
    """Judge the notebook's solution of a problem and show the result.

    Parameters
    ----------
    problem: the problem's id, its number, or how its id alone begins: "batchnorm", "07", "batch".
    seed: draws other inputs; a report names the seed that replays it.
    device: "cpu", "cuda" or "mps".
    case: judge only this case (its number or name) and show your prints in full.

    Returns the Report, which stays silent as a cell's last value. Raises nothing: whatever keeps the judge from
    judging is shown, and stands in ``error``.
    """
    namespace = _namespace(sys._getframe(1).f_globals)
    report = Report(problem, False, seed, device)
    try:
        found = _bank().get(problem)
        report = dataclasses.replace(report, problem=found.id)
        candidate = _candidate(found, namespace)
        report = judge(found.id, candidate, seed=seed, device=device, case=case)
        _present(found, report, candidate, case)
    except JudgeError as error:
        fault = "learner" if isinstance(error, SubmissionError) else "judge"
        report = dataclasses.replace(report, error=str(error), fault=fault)
        show.show_message(error.fact, error.remedy, style="error")
    except KeyboardInterrupt:
        report = dataclasses.replace(report, error="Interrupted.", fault="judge")
        show.show_message("Interrupted.", "Nothing was judged.", style="error")
    except Exception as error:
        text = f"torch-judge itself failed: {type(error).__name__}: {error}"
        report = dataclasses.replace(report, error=text, fault="judge")
        show.show_message(f"{text}.", "This is no fault of yours; please report it.", style="error")
    return ShownReport(**{field.name: getattr(report, field.name) for field in dataclasses.fields(Report)})


def judge(problem: str, candidate: Any, *, seed: int = 0, device: str = "cpu", case: int | str | None = None) -> Report:
    """Judge an object as a solution of a problem: shows nothing, stores nothing.

    Raises JudgeError if nothing can be judged (an unknown problem, an absent device, a problem at fault) and
    SubmissionError if ``candidate`` cannot be called.
    """
    from torch_judge.verdict.judging import judge_live

    found = _bank().get(problem)
    if not callable(candidate):
        raise SubmissionError(
            f"`{found.entry}` cannot be called: it is of type `{type(candidate).__name__}`.",
            f"Define it as the statement asks: `{_signature(found)}`.",
        )
    if inspect.iscoroutinefunction(candidate):
        from torch_judge.submission import async_entry

        raise async_entry(found.entry)
    return judge_live(found, candidate, seed=seed, device=device, case=case)


def hint(problem: str) -> None:
    """Show the next of a problem's three hints: a nudge, the approach, nearly the answer in words."""

    def tell() -> None:
        store = Store()
        level, text = learner.next_hint(_bank().get(problem), store)
        show.show_message(f"Hint {level} of 3: {text}")
        _tell_notices(store)

    _shown(tell)


def status(*, topic: str | None = None, difficulty: str | None = None, state: str | None = None) -> None:
    """Show what is solved, attempted and to do, by topic, with best times and attempts, and what comes next.

    Parameters
    ----------
    topic: only topics with this text in their names, e.g. "attention".
    difficulty: only "easy", "medium" or "hard".
    state: only "solved", "attempted" or "to do".
    """

    def tell() -> None:
        store = Store()
        rows, summary = learner.status_rows(_bank(), store)
        shown = learner.chosen(rows, topic, difficulty, state)
        following = " ".join(filter(None, (learner.next_sentence(learner.next_row(rows, store)), _studies(store))))
        show.show_status(shown, summary=summary, following=following, filtered=len(shown) < len(rows))
        _tell_notices(store)

    _shown(tell)


def solution(problem: str) -> None:
    """Print the reference solution of a problem. The peek is remembered."""

    def tell() -> None:
        found, store = _bank().get(problem), Store()
        store.record_peek(found.id)
        print(found.solution)
        _tell_notices(store)

    _shown(tell)


def reset_progress(problem: str | None = None) -> None:
    """Forget what was done on one problem, or on all."""

    def tell() -> None:
        store = Store()
        id = _bank().get(problem).id if problem is not None else None
        store.reset(id)
        show.show_message(f"The progress of {f'`{id}`' if id else 'all problems'} was reset.")
        _tell_notices(store)

    _shown(tell)


def replay(problem: str, case: int | str = 1, *, seed: int = 0, device: str = "cpu") -> dict[str, Any]:
    """The inputs of a case by name, as they are before the call; prints the call to paste.

    Raises JudgeError for an unknown problem or case.
    """
    from torch_judge.learner.replaying import replayed
    from torch_judge.verdict.known import known

    found = _bank().get(problem)
    inputs, calls = replayed(known(found), case, seed, device)
    wanted = f", seed={seed}" if seed else ""
    print(f"inputs = replay({found.id!r}, case={case!r}{wanted})")
    for call in calls:
        print(call)
    return inputs


def _present(problem: Problem, report: Report, candidate: Any, case: int | str | None) -> None:
    """Keep a whole check as an attempt, then show it. A single case is a look, not an attempt."""
    from torch_judge.guard.names import source_of
    from torch_judge.verdict.known import known

    sentence = following = ""
    if case is None:
        store = Store()
        with store.database.kept_open():
            sentence = learner.remember(report, store, hashlib.sha256(source_of(candidate).encode()).hexdigest())
            if report.accepted:
                following = learner.next_sentence(learner.next_problem(_bank(), store))
                following = " ".join(filter(None, (following, due(_bank(), store).sentence("`review()`"))))
        _tell_notices(store)
    numbers = {c.name: number for number, c in enumerate(known(problem).cases, start=1)}
    show.show(
        report,
        title=problem.title,
        entry=problem.entry,
        progress=sentence,
        unfold=case is not None,
        numbers=numbers,
        following=following,
    )
    if notice := _incumbent():
        show.show_message(*notice)


def _studies(store: Store) -> str:
    found = due(_bank(), store)
    return study_sentence(lesson_rows(_bank(), store, found), found, "`review()`")


def _candidate(problem: Problem, namespace: Mapping[str, Any]) -> Any:
    """The entry from the notebook's names; raises SubmissionError, with near misses, if it is not there."""
    from torch_judge.submission import missing_entry

    if problem.entry not in namespace:
        own = {name for name, value in namespace.items() if not name.startswith("_") and callable(value)}
        raise missing_entry(problem.entry, own, live=True, raised=_raised_while_defining(problem.entry))
    return namespace[problem.entry]


def _raised_while_defining(entry: str) -> ExceptionInfo | None:
    """What the newest error was, if the cell that raised it is the one that defines ``entry``."""
    import linecache

    from torch_judge.cases.frames import exception_info, is_learners
    from torch_judge.submission import defines

    error = getattr(sys, "last_value", None)
    trace = getattr(error, "__traceback__", None)
    while trace is not None and not is_learners(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    if error is None or trace is None:
        return None
    source = "".join(linecache.getlines(trace.tb_frame.f_code.co_filename))
    return exception_info(error) if defines(source, entry) else None


def _namespace(caller: dict[str, Any]) -> dict[str, Any]:
    """The notebook's names, or the caller's outside of one."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell.user_ns if shell is not None else caller


def _signature(problem: Problem) -> str:
    from torch_judge.verdict.one_case import signature

    return signature(problem)


def _bank() -> Bank:
    import os

    return _bank_at(os.environ.get("TORCH_JUDGE_PROBLEMS"))


@lru_cache(maxsize=4)
def _bank_at(_: str | None) -> Bank:
    return find_bank()


def _shown(tell: Callable[[], None]) -> None:
    try:
        tell()
    except JudgeError as error:
        show.show_message(error.fact, error.remedy, style="error")


def _tell_notices(store: Store) -> None:
    for notice in store.notices:
        show.show_message(notice)


@lru_cache(maxsize=1)
def _incumbent() -> tuple[str, str] | None:
    """A warning if the other distribution, whose package has our name, is installed as well."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        version(INCUMBENT)
    except PackageNotFoundError:
        return None
    return (
        f"The distribution `{INCUMBENT}` is installed as well, and its package has the same name as ours.",
        f"Uninstall it (`pip uninstall {INCUMBENT}`), then install `torch-exercise-judge` again.",
    )
