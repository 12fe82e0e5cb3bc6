"""A running JupyterLab, and starting one of our own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
STARTED_S = 60


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: its address, its token, and its workspace as seen from here."""

    url: str
    token: str
    workspace: Path

    def request(self, path: str, body: object = None, *, method: str = "", token: str | None = None) -> tuple[int, Any]:
        """Status and JSON of a request. ``token=""`` sends none."""
        token = self.token if token is None else token
        headers = {"Authorization": f"token {token}"} if token else {}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/{path}", data, headers, method=method or None)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, json.loads(text) if text.startswith(b"{") else text

    def setting(self, plugin: str, **values: object) -> None:
        """Change a setting of JupyterLab, as its settings editor does."""
        status, _ = self.request(f"lab/api/settings/{plugin}", {"raw": json.dumps(values)}, method="PUT")
        assert status == 204

    def state(self, problem: str) -> dict[str, Any]:
        """What the panel is told about a problem."""
        status, listing = self.request("torch-judge/problems")
        assert status == 200
        return next(row for row in listing["problems"] if row["id"] == problem)


def serve(lab: Lab, folder: Path) -> subprocess.Popen[bytes]:
    own = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_RUNTIME_DIR": "runtime", "TORCH_JUDGE_HOME": "home"}
    own |= {"JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces"}
    environment = {**os.environ, **{name: str(folder / at) for name, at in own.items()}, "JUPYTER_TOKEN": lab.token}
    port = lab.url.rpartition(":")[2]
    command = [sys.executable, "-m", "torch_judge", "lab", str(lab.workspace), "--no-browser", "--allow-root"]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [*command, f"--port={port}", "--ServerApp.port_retries=0"],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(lab: Lab, process: subprocess.Popen[bytes] | None = None, log: Path | None = None) -> None:
    """Until the server answers; it alone says when."""
    end = time.monotonic() + STARTED_S
    while True:
        try:
            if lab.request("api/status")[0] == 200:
                return
        except OSError:
            pass
        ended = process is not None and process.poll() is not None
        if ended or time.monotonic() > end:
            raise AssertionError(f"no server at {lab.url}\n{log.read_text() if log else ''}")
        time.sleep(0.1)


def quiet(lab: Lab) -> Lab:
    """JupyterLab asks whether it may fetch news; here nobody answers."""
    lab.setting("@jupyterlab/apputils-extension:notification", fetchNews="false", checkForUpdates=False)
    return lab
