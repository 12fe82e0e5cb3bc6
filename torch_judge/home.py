"""The folder that is this user's own: the progress file, the secret of the second seed."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """``TORCH_JUDGE_HOME``, else the user's data folder."""
    if named := os.environ.get("TORCH_JUDGE_HOME"):
        return Path(os.path.abspath(os.path.expanduser(named)))
    return Path(platformdirs.user_data_dir("torch-judge", appauthor=False))
