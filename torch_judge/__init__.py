"""Write PyTorch building blocks from scratch, and be told what is wrong with them.

    from torch_judge import check, hint
    check("batchnorm")

Importing this package imports neither torch nor any problem: that happens when a name is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = ["Report", "check", "hint", "judge", "replay", "reset_progress", "solution", "status"]

if TYPE_CHECKING:
    from torch_judge.learner.session import check, hint, judge, replay, reset_progress, solution, status
    from torch_judge.report import Report


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module("torch_judge.report" if name == "Report" else "torch_judge.learner.session"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
