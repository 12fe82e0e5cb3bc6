"""Starts JupyterLab, with the buttons of the distribution torch-exercise-judge-lab, on a workspace."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from torch_judge.errors import JudgeError
from torch_judge.notebooks.workspace import WELCOME, Workspace

SETTINGS = Path(__file__).resolve().parent / "lab_settings"  # no questions about news, nothing asked of other hosts
NEEDED = ("jupyterlab", "torch_judge_lab")


def launch(workspace: Workspace, options: Sequence[str] = ()) -> None:
    """Fill the workspace and run JupyterLab on its welcome notebook until it ends.

    Raises JudgeError, and writes nothing, if JupyterLab or its buttons are not installed.
    """
    missing = [f"`{name}`" for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        which = "which is" if len(missing) == 1 else "which are"
        raise JudgeError(
            f"`torch-judge lab` needs {' and '.join(missing)}, {which} not installed here.",
            "Install the distribution `torch-exercise-judge-lab`; in a checkout, `make lab` does it.",
        )
    written = workspace.fill()
    print(f"The workspace is `{workspace.root}`: {len(written)} notebooks written, the others left as they were.")
    command = [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={workspace.root}",
        f"--LabApp.default_url=/lab/tree/{WELCOME}",
        f"--LabApp.app_settings_dir={SETTINGS}",
        *options,
    ]
    sys.stdout.flush()
    if os.name == "posix":
        os.execv(sys.executable, command)  # signals then reach the server itself, also as a container's first process
    raise SystemExit(subprocess.call(command))
