"""The separate process that runs a learner's code: `Worker` runs a `Job` within `Limits` and gives an `Outcome`.

The judge's side is worker.py and client.py; server.py is the process that forks, child.py the learner's process. The
names are looked up when used: the server must make its first steps before torch is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch_judge.isolate.jobs import Job, Limits, Outcome
    from torch_judge.isolate.worker import Worker

__all__ = ["Job", "Limits", "Outcome", "Worker"]


def __getattr__(name: str) -> Any:
    if name == "Worker":
        from torch_judge.isolate.worker import Worker

        return Worker
    if name in __all__:
        from torch_judge.isolate import jobs

        return getattr(jobs, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
