"""The container's image, built for real: who runs in it, what it asks for, and that a restart or an upgrade loses nothing."""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("buildah", "debootstrap")
WORKSPACE = "/home/learner/work"
SETTINGS = {"BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "vfs"}
BUILD_TOOLS = ("node", "npm", "gcc", "make", "git", "curl")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.image,
    pytest.mark.skipif(
        not sys.platform.startswith("linux") or os.geteuid() != 0 or not all(map(shutil.which, TOOLS)),
        reason=f"building an image without an engine takes Linux, root, {' and '.join(TOOLS)}",
    ),
]


def run(*command: str | Path, **environment: str) -> str:
    """Run a command and return what it printed."""
    done = subprocess.run(
        [str(word) for word in command],
        env={**os.environ, **SETTINGS, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def config() -> dict[str, object]:
    """The settings of the image that this test built."""
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / "image.log").open("w") as log:
        build = [ROOT / "tests" / "image" / "build.sh", ROOT / "build" / "image"]
        subprocess.run(build, env={**os.environ, **SETTINGS}, stdout=log, stderr=log, check=True)
    inspected = json.loads(run("buildah", "inspect", "--type", "image", "localhost/torch-judge"))
    settings: dict[str, object] = inspected["Docker"]["config"]
    return settings


@pytest.fixture(scope="module")
def container(config: dict[str, object]) -> Iterator[str]:
    name = run("buildah", "from", "--pull=never", "localhost/torch-judge")
    run("buildah", "config", "--volume", f"{WORKSPACE}-", name)  # buildah would lay a volume of its own over the tests'
    yield name
    run("buildah", "rm", name)


@pytest.fixture
def volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Docker makes of an empty named volume: a folder owned as the image's is."""
    folder = tmp_path_factory.mktemp("volume")
    os.chown(folder, 1000, 1000)
    for above in folder.parents:
        if above.stat().st_mode & 0o005 != 0o005:
            above.chmod(above.stat().st_mode | 0o005)
    return folder


@contextmanager
def served(config: dict[str, object], container: str, volume: Path, token: str = "") -> Iterator[tuple[str, str, Path]]:
    """The image's own command, on a free port: its address, the token, and its log."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [re.sub(r"^--port=\d+$", f"--port={port}", word) for word in config["Cmd"]]  # type: ignore[attr-defined]
    log = volume.parent / f"{volume.name}.log"
    options = ["--volume", f"{volume}:{WORKSPACE}"] + (["--env", f"JUPYTER_TOKEN={token}"] if token else [])
    with log.open("w") as file:
        process = subprocess.Popen(
            ["buildah", "run", *options, container, "--", *command],
            env={**os.environ, **SETTINGS},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/api", process, log)
        found = re.search(r"[?&]token=(\w+)", log.read_text())
        yield url, token or (found[1] if found else ""), log
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"no server at {url}\n{log.read_text()}")


def status(url: str, token: str = "") -> int:
    request = urllib.request.Request(url, headers={"Authorization": f"token {token}"} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def inside(container: str, *command: str) -> str:
    return run("buildah", "run", container, "--", *command)


def test_it_runs_as_an_ordinary_user_without_build_tools(container: str) -> None:
    assert inside(container, "id", "-u") == "1000"
    script = f"for tool in {' '.join(BUILD_TOOLS)}; do command -v $tool; done; true"
    assert inside(container, "sh", "-c", script) == ""


def test_it_has_labels_a_health_check_and_a_volume(config: dict[str, object]) -> None:
    assert {f"org.opencontainers.image.{name}" for name in ("title", "description", "licenses")} <= set(
        config["Labels"]
    )  # type: ignore[call-overload]
    assert "8888" in json.dumps(config["Healthcheck"]) and WORKSPACE in config["Volumes"]  # type: ignore[operator]


def test_a_fresh_container_asks_for_the_token_that_its_log_prints(
    config: dict[str, object], container: str, volume: Path
) -> None:
    with served(config, container, volume) as (url, token, _):
        assert len(token) > 20
        for path in ("api/contents", "torch-judge/problems", "lab/api/workspaces"):
            assert (status(f"{url}/{path}"), status(f"{url}/{path}", token)) == (403, 200), path
        check = [re.sub(r":8888", f":{url.rpartition(':')[2]}", word) for word in config["Healthcheck"]["Test"][1:]]  # type: ignore[index]
        inside(container, *check)


def test_a_restart_keeps_work_and_an_upgrade_brings_what_is_new(
    config: dict[str, object], container: str, volume: Path
) -> None:
    mine = b'{"cells": [], "metadata": {"mine": true}, "nbformat": 4, "nbformat_minor": 5}'
    with served(config, container, volume):
        pass
    assert (volume / "00_welcome.ipynb").is_file()
    (volume / "01_relu.ipynb").write_bytes(mine)
    (volume / "02_softmax.ipynb").unlink()  # as if this version brought it
    solved = "from torch_judge.learner.progress import Store; from torch_judge.report import Report; "
    solved += "Store().record(Report('relu', True, 0, 'cpu'))"
    run("buildah", "run", "--volume", f"{volume}:{WORKSPACE}", container, "--", "python", "-c", solved)
    with served(config, container, volume, "chosen0token") as (url, token, _):
        assert (volume / "01_relu.ipynb").read_bytes() == mine
        assert (volume / "02_softmax.ipynb").is_file()
        request = urllib.request.Request(f"{url}/torch-judge/problems", headers={"Authorization": f"token {token}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            states = {row["id"]: row["state"] for row in json.load(answer)["problems"]}
    assert states["relu"] == "solved"


def test_a_learner_works_in_it(config: dict[str, object], container: str, volume: Path) -> None:
    """The browser's tests, against the server of the image."""
    token = secrets.token_hex(16)
    with served(config, container, volume, token) as (url, _, log):
        environment = {"TORCH_JUDGE_LAB_URL": url, "TORCH_JUDGE_LAB_TOKEN": token}
        tests = [ROOT / "tests" / "lab" / "test_lab_browser.py", "-p", "no:cacheprovider", "-o", "addopts="]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *map(str, tests)],
            env={**os.environ, **environment, "TORCH_JUDGE_LAB_WORKSPACE": str(volume)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-6000:] + log.read_text()[-3000:]


def test_compose_publishes_on_this_machine_only_and_keeps_the_work() -> None:
    text = (ROOT / "compose.yaml").read_text()
    assert re.findall(r'"([\d.:]+)"', text) == ["127.0.0.1:8888:8888"]
    assert f"- work:{WORKSPACE} " in text and "- JUPYTER_TOKEN " in text
    assert shlex.split(text.split("build:")[1].splitlines()[0]) == ["."]
