"""`trace("batchnorm")`: a real model, its data and its training, looked at stage by stage."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from torch_judge import show
from torch_judge.bank.lessons import Lesson
from torch_judge.errors import JudgeError, ProblemError
from torch_judge.study.lessons import lessons
from torch_judge.study.session import told
from torch_judge.study.terminal import as_text

if TYPE_CHECKING:
    import torch

    from torch_judge.study.training import Epoch

NEEDED = ("TITLE", "INTRO", "INSIGHT", "stages", "training", "prediction", "notices")
ROWS = 3


class Stage(NamedTuple):
    """A tensor on its way through a model: its first rows, and mean and deviation (divided by N) of each column.

    Leading dimensions are taken together: a column is one place of the last dimension. ``by_row``: mean and deviation
    are those of the rows shown instead.
    """

    name: str
    said: str
    shape: tuple[int, ...]
    rows: tuple[tuple[float, ...], ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    by_row: bool = False


class Run(NamedTuple):
    """One training; the first epoch stands for "before training"."""

    name: str
    epochs: tuple[Epoch, ...]


@dataclass(frozen=True)
class Trace:
    """What `trace` shows. ``unfounded``: sentences that do not hold in this run, and so are not shown."""

    topic: str
    title: str
    intro: str
    stages: tuple[Stage, ...]
    runs: tuple[Run, ...]
    prediction: tuple[Stage, ...]
    notices: tuple[str, ...]
    unfounded: tuple[str, ...]
    insight: str
    source: str


def trace(topic: str) -> None:
    """Show how data goes through a model: stages with shapes and values, a training with and without the layer,
    and one prediction, layer by layer.

    Parameters
    ----------
    topic: a lesson's topic, e.g. "batchnorm".
    """
    from torch_judge.study.trace_page import trace_html
    from torch_judge.study.trace_text import trace_text

    def tell() -> None:
        found = traced(lessons().get(topic))
        show.publish(as_text(trace_text(found)), lambda: trace_html(found))

    told(tell)


def traced(lesson: Lesson) -> Trace:
    """Run a lesson's trace; raises JudgeError if it has none, ProblemError if its file is at fault.

    The same numbers every time: seeded, in one thread, with torch's usual settings.
    """
    if not lesson.has("trace.py"):
        raise JudgeError(f"The lesson `{lesson.topic}` has no trace.", f"`lesson({lesson.topic!r})` shows the lesson.")
    path = lesson.folder / "trace.py"
    try:
        with _steady():
            part = module_of(path)
            runs = tuple(Run(name, tuple(epochs)) for name, epochs in part.training())
            said = list(part.notices([run.epochs for run in runs]))
            return Trace(
                topic=lesson.topic,
                title=part.TITLE,
                intro=part.INTRO,
                stages=_stages(part.stages()),
                runs=runs,
                prediction=_stages(part.prediction()),
                notices=tuple(sentence for sentence, holds in said if holds),
                unfounded=tuple(sentence for sentence, holds in said if not holds),
                insight=part.INSIGHT,
                source=lesson.text("trace.py"),
            )
    except JudgeError:
        raise
    except Exception as error:
        raise ProblemError(f"`{path}` raises {type(error).__name__}: {error}.", "Mend the file.") from error


def module_of(path: Path) -> ModuleType:
    """A lesson's trace.py as a module; raises ProblemError if a part is missing."""
    spec = importlib.util.spec_from_file_location(f"trace_of_{path.parent.name}", path)
    assert spec is not None and spec.loader is not None
    part = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(part)
    if missing := [name for name in NEEDED if not hasattr(part, name)]:
        raise ProblemError(f"`{path}` does not define `{missing[0]}`.", "See trace.py in docs/lessons.md.")
    return part


def part_of(topic: str) -> ModuleType:
    """A topic's trace.py, for questions about the same data."""
    return module_of(lessons().get(topic).folder / "trace.py")


def _stages(given: Iterable[tuple[Any, ...]]) -> tuple[Stage, ...]:
    return tuple(_stage(name, said, value.detach(), "rows" in along) for name, said, value, *along in given)


def _stage(name: str, said: str, value: torch.Tensor, by_row: bool) -> Stage:
    columns = value.double().reshape(-1, value.shape[-1])
    rows = columns[:ROWS]
    read = rows.T if by_row else columns
    mean, deviation = read.mean(0), read.std(0, correction=0)
    return Stage(name, said, tuple(value.shape), _rows(rows), _row(mean), _row(deviation), by_row)


def _rows(values: torch.Tensor) -> tuple[tuple[float, ...], ...]:
    return tuple(map(_row, values))


def _row(values: torch.Tensor) -> tuple[float, ...]:
    listed: list[Any] = values.tolist()
    return tuple(map(float, listed))


@contextlib.contextmanager
def _steady() -> Iterator[None]:
    """One thread: sums in another order differ in their last digits, and a training that jumps makes much of them."""
    import torch

    from torch_judge.study.running import quiet

    threads = torch.get_num_threads()
    with quiet():
        torch.manual_seed(0)
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
