"""Which frames are the learner's, and how messages name their lines."""

from __future__ import annotations

import linecache
import os
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType, TracebackType

from torch_judge.report import ExceptionInfo, Frame

MAX_FRAMES = 8
MAX_MESSAGE = 2000
CASES_FILE = "<cases of {}>"
CASE = "the case"
"""The place of a case's own line."""

_HERE = str(Path(__file__).resolve().parents[1]) + os.sep
_OBSERVE = _HERE + "observe.py"
_LIBRARIES = tuple(
    {str(Path(path).resolve()) + os.sep for name, path in sysconfig.get_paths().items() if name.endswith("lib")}
    | {str(Path(os.__file__).resolve().parent) + os.sep}
    | {path.rstrip(os.sep) + os.sep for path in sys.path if path.endswith(("site-packages", "dist-packages"))}
)


@lru_cache(maxsize=4096)
def is_learners(filename: str) -> bool:
    """Whether code of this file is the learner's: not ours, not a case, not a library, not the interpreter's."""
    if filename.startswith(("<cases of", "<frozen", "<reference", "<__array_function__", "<attrs", "<string>")):
        return False
    return not filename.startswith((_HERE, *_LIBRARIES))


def place(filename: str, line: int) -> str:
    """Where a line stands, as a learner would say it: "cell 3, line 7"."""
    return f"{_label(filename)}, line {line}"


def _label(filename: str) -> str:
    if "ipykernel" in filename or "ipython-input" in filename:
        number = _execution_count(filename)
        return f"cell [{number}]" if number is not None else "a cell"
    return filename.strip("<>") if filename.startswith("<") else os.path.basename(filename)


def _execution_count(filename: str) -> int | None:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    numbers = getattr(getattr(shell, "compile", None), "_filename_map", {})
    return numbers.get(filename)


def learners_line(frame: FrameType | None) -> str:
    """The learner's innermost line on the stack, with its code; "" if the judge itself made the call.

    Beyond the frame that runs the case stands whoever asked for the check: a learner's cell too, but not the culprit.
    """
    while frame is not None and frame.f_code.co_filename != _OBSERVE:
        filename = frame.f_code.co_filename
        if is_learners(filename):
            code = linecache.getline(filename, frame.f_lineno).strip()
            return f"{place(filename, frame.f_lineno)}: `{code}`" if code else place(filename, frame.f_lineno)
        frame = frame.f_back
    return ""


def importing(frame: FrameType | None) -> bool:
    """Whether an import is under way, within the case."""
    while frame is not None and frame.f_code.co_filename != _OBSERVE:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def exception_info(error: BaseException) -> ExceptionInfo:
    """What a learner's code raised, with the learner's own frames only; if there is none, with the case's line."""
    frames = tuple(_frames(error.__traceback__)) or _in_the_case(error.__traceback__)
    if isinstance(error, SyntaxError) and error.filename and is_learners(error.filename):
        frames += (Frame(place(error.filename, error.lineno or 0), (error.text or "").strip()),)
    if len(frames) > MAX_FRAMES:
        frames = (
            *frames[:2],
            Frame("", f"… {len(frames) - MAX_FRAMES} more …"),
            *frames[-(MAX_FRAMES - 2) :],
        )
    return ExceptionInfo(type(error).__name__, _message(error), frames)


def _frames(trace: TracebackType | None) -> Iterator[Frame]:
    for frame, line in traceback.walk_tb(trace):
        code: CodeType = frame.f_code
        if is_learners(code.co_filename):
            text = linecache.getline(code.co_filename, line).strip()
            yield Frame(place(code.co_filename, line), text, code.co_name)


def _in_the_case(trace: TracebackType | None) -> tuple[Frame, ...]:
    """The line of the case that raised: it could not use what a learner's code had returned."""
    lines = [(f.f_code.co_filename, line) for f, line in traceback.walk_tb(trace)]
    found = [Frame(CASE, linecache.getline(*at).strip()) for at in lines if at[0].startswith(CASES_FILE[:9])]
    return tuple(found[-1:])


def _message(error: BaseException) -> str:
    """The exception's text; a learner's ``__str__`` may itself raise."""
    try:
        return str(error)[:MAX_MESSAGE]
    except Exception as inner:
        return f"(its message raises {type(inner).__name__})"
