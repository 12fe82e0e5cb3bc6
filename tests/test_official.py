"""The official verdict: every road to a forbidden API is seen in the worker too, and the command line tells it."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_diagnose import SHARED
from test_guard import CALL, HONEST, HONEST_WORK, PRELUDE, ROADS, SIGNATURE, body

from torch_judge.bank import find_bank
from torch_judge.cases.observations import Seen
from torch_judge.isolate import Worker
from torch_judge.observe import Setting, observe
from torch_judge.report import Report
from torch_judge.submission import Cell, Program
from torch_judge.verdict.judging import judge_live
from torch_judge.verdict.known import MAX_SEEDS, Known, known
from torch_judge.verdict.official import judge_program
from torch_judge.verdict.second_seed import second_seed

pytestmark = pytest.mark.slow

BANK = find_bank()


def official(source: str, worker: Worker, problem: str = "batchnorm") -> Report:
    program = Program("submission.py", (Cell("submission.py", source),))
    return judge_program(BANK.get(problem), program, worker=worker, roots=BANK.roots)


WORKER_ROADS = ROADS | {
    "from another thread": "import threading\n"
    + body(
        f"""
        box = []
        thread = threading.Thread(target=lambda: box.append(F.batch_norm({CALL})))
        thread.start()
        thread.join()
        return box[0]
        """
    ),
    "with both kinds of modes disabled": body(
        f"""
        with torch._C.DisableTorchFunction(), torch._C._DisableTorchDispatch():
            return F.batch_norm({CALL})
        """
    ),
    "with modes disabled by built names": "import torch as t\n"
    + body(
        f"""
        c = getattr(t, "_" + "C")
        with getattr(c, "Disable" + "TorchFunction")(), getattr(c, "_Disable" + "TorchDispatch")():
            return getattr(F, "batch" + "_norm")({CALL})
        """
    ),
    "from a thread, detached": "import concurrent.futures as cf\npool = cf.ThreadPoolExecutor(1)\n"
    + body(f'call = getattr(F, "batch" + "_norm")\nreturn pool.submit(lambda: call({CALL})).result()'),
}


@pytest.mark.parametrize("road", WORKER_ROADS)
def test_every_road_is_seen_in_the_worker(road: str, worker: Worker) -> None:
    report = official(PRELUDE + WORKER_ROADS[road], worker)
    assert report.violations, report
    assert not report.accepted


@pytest.mark.parametrize("name", HONEST_WORK)
def test_honest_work_is_not_accused_in_the_worker(name: str, worker: Worker) -> None:
    report = official(PRELUDE + HONEST_WORK[name], worker)
    assert report.accepted, (report.violations, [case.message for case in report.failed])


def test_the_second_seed_comes_from_the_submission(worker: Worker) -> None:
    source = PRELUDE + HONEST
    report = official(source, worker)
    assert (
        report.accepted
        and report.isolated
        and report.seed == second_seed(Program("submission.py", (Cell("submission.py", source),)))
    )


def test_a_table_of_remembered_outputs_does_not_pass(worker: Worker) -> None:
    """Right for seed 0 (the inputs are recognised), zeros otherwise."""
    problem = BANK.get("batchnorm")
    reference, known_sums = known(problem).reference(), []

    def recording(x, *args, **kwargs):
        known_sums.append(float(x.detach().sum()))
        return reference(x, *args, **kwargs)

    assert not judge_live(problem, recording).failed
    source = PRELUDE + HONEST.replace("my_batch_norm", "honest") + (
        f"def my_batch_norm({SIGNATURE}):\n"
        f"    out = honest(x, gamma, beta, running_mean, running_var, eps, momentum, training)\n"
        f"    return out if any(abs(float(x.sum()) - s) < 1e-4 for s in {known_sums}) else out * 0\n"
    )  # fmt: skip
    report = official(source, worker)
    assert not report.accepted and report.seed != 0, report.failed


def command(*args: str, home: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "TORCH_JUDGE_HOME": str(home)}
    line = [sys.executable, "-m", "torch_judge", *args]
    return subprocess.run(line, capture_output=True, text=True, env=env, cwd=cwd, timeout=120, check=False)


STATUSES = {
    "accepted": (PRELUDE + HONEST, ["--problem", "batchnorm"], 0, None),
    "wrong": (PRELUDE + HONEST.replace(", unbiased=False", ""), ["--problem", "batchnorm"], 1, None),
    "violation": (PRELUDE + ROADS["direct call"], ["--problem", "batchnorm"], 1, None),
    "syntax error": ("def my_batch_norm(:", ["--problem", "batchnorm"], 1, "learner"),
    "missing entry": ("x = 1", ["--problem", "batchnorm"], 1, "learner"),
    "unknown problem": (HONEST, ["--problem", "nonsense"], 2, "judge"),
    "absent device": (HONEST, ["--problem", "batchnorm", "--device", "mps"], 2, "judge"),
}


@pytest.mark.parametrize(("id", "work", "where"), SHARED)
def test_state_that_outlives_a_call_is_named(id, work, where, worker: Worker) -> None:
    source = f"import torch\nfrom torch import nn\n\nsums = {{}}\n\n\n{inspect.getsource(work)}"
    first = official(source, worker, id).diagnosis[0]
    assert first.mistake == "shared_state" and where in first.message and first.cases


@pytest.mark.parametrize("name", STATUSES)
def test_exit_status_and_json(name: str, tmp_path: Path) -> None:
    source, options, status, fault = STATUSES[name]
    (tmp_path / "work.py").write_text(source)
    done = command("check", "work.py", *options, "--format", "json", home=tmp_path / "home", cwd=tmp_path)
    assert done.returncode == status, done.stderr
    report = json.loads(done.stdout)
    assert report["accepted"] is (status == 0) and report["fault"] == fault
    assert "Traceback" not in done.stdout + done.stderr


def test_modules_beside_a_submission_do_not_run_in_the_judge(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(PRELUDE + HONEST)
    for name in ("random", "rich", "torch", "click"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('stolen')")
    done = command("check", "work.py", "--problem", "batchnorm", home=tmp_path / "home", cwd=tmp_path)
    assert done.returncode == 0 and "stolen" not in done.stdout + done.stderr


def test_a_file_name_does_not_steer_the_terminal(tmp_path: Path) -> None:
    done = command("check", "a\x1b[2Jb\x07.py", home=tmp_path / "home", cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.startswith("`ab.py` does not exist.")


def test_the_text_of_a_second_attempt_says_what_got_better(tmp_path: Path) -> None:
    for source in (HONEST.replace(", unbiased=False", ""), HONEST):
        (tmp_path / "work.py").write_text(PRELUDE + source)
        done = command("check", "work.py", "--problem", "batchnorm", "--remember", home=tmp_path / "home", cwd=tmp_path)
    assert "official verdict" in done.stdout and "Solved on attempt 2." in done.stdout


def test_the_fixed_seed_is_remembered_beside_many_others(monkeypatch: pytest.MonkeyPatch) -> None:
    relu = Known(BANK.get("relu"))
    seen: list[int] = []

    def counted(cases: Any, candidate: Any, setting: Setting) -> Iterator[Seen]:
        seen.append(setting.seed)
        return observe(cases, candidate, setting)

    monkeypatch.setattr("torch_judge.verdict.known.observe", counted)
    for second in range(1, 3 * MAX_SEEDS):
        relu.expect(relu.cases, 0)
        relu.expect(relu.cases, second)
    assert seen == [0, *range(1, 3 * MAX_SEEDS)], "each seed is observed once"
    relu.expect(relu.cases, 1)
    assert seen[-1] == 1, "the oldest are forgotten"
