"""Write PyTorch building blocks from scratch, and be told what is wrong with them.

    from torch_judge import check, hint, lesson
    lesson("batchnorm")
    check("batchnorm")

Importing this package imports neither torch nor any problem: that happens when a name is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "torch_judge.report": ("Report",),
    "torch_judge.learner.session": ("check", "hint", "judge", "replay", "reset_progress", "solution", "status"),
    "torch_judge.study.explain": ("explain",),
    "torch_judge.study.practice": ("cards", "drill", "rate", "review"),
    "torch_judge.study.session": ("answer", "lesson", "quiz"),
    "torch_judge.study.trace": ("trace",),
}
__all__ = [
    "Report",
    "answer",
    "cards",
    "check",
    "drill",
    "explain",
    "hint",
    "judge",
    "lesson",
    "quiz",
    "rate",
    "replay",
    "reset_progress",
    "review",
    "solution",
    "status",
    "trace",
]

if TYPE_CHECKING:
    from torch_judge.learner.session import check, hint, judge, replay, reset_progress, solution, status
    from torch_judge.report import Report
    from torch_judge.study.explain import explain
    from torch_judge.study.practice import cards, drill, rate, review
    from torch_judge.study.session import answer, lesson, quiz
    from torch_judge.study.trace import trace


def __getattr__(name: str) -> Any:
    home = next((module for module, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
