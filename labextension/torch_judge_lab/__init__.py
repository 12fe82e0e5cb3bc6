"""The buttons and the side panel of torch-judge in JupyterLab, and the small server extension behind them."""

from __future__ import annotations

from typing import Any

NAME = "torch-exercise-judge-lab"


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": NAME}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "torch_judge_lab"}]


def _load_jupyter_server_extension(server_app: Any) -> None:
    from torch_judge_lab.handlers import handlers

    server_app.web_app.add_handlers(".*$", handlers(server_app.web_app.settings["base_url"]))
