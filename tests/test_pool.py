"""Many official verdicts at once: the pool and its clerks, twins, and hand-ins that hurt nobody but themselves."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from torch_judge.bank import find_bank
from torch_judge.isolate import pool as pools
from torch_judge.isolate.pool import ClerkGone, Pool
from torch_judge.submission import Cell, Program
from torch_judge.verdict.many import HandIn, Judged, judge_many
from torch_judge.verdict.second_seed import canonical, installation_secret, second_seed


@pytest.fixture
def pool() -> Iterator[Pool]:
    with Pool("clerk_for_tests", {"hello": "there"}, 2) as started:
        yield started


def test_every_request_is_answered(pool: Pool) -> None:
    answers = [future.result() for future in [pool.submit({"n": n}) for n in range(20)]]
    assert [answer["n"] for answer in answers] == list(range(20))
    assert {answer["hello"] for answer in answers} == {"there"} and len({answer["pid"] for answer in answers}) <= 2


@pytest.mark.parametrize("do", ["die", "half"])
def test_what_ends_two_clerks_is_given_up_and_the_others_are_not(pool: Pool, do: str) -> None:
    futures = [pool.submit({"n": n, "do": do if n == 3 else ""}) for n in range(8)]
    with pytest.raises(ClerkGone):
        futures[3].result()
    assert [f.result()["n"] for n, f in enumerate(futures) if n != 3] == [0, 1, 2, 4, 5, 6, 7]


def test_a_request_whose_clerk_died_is_asked_again(pool: Pool, tmp_path: Path) -> None:
    assert pool.submit({"n": 1, "do": "die once", "mark": str(tmp_path / "mark")}).result()["n"] == 1


def test_a_clerk_that_hangs_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "SILENCE_S", 0.3)
    monkeypatch.setattr(pools, "CLOSE_S", 0.1)
    with Pool("clerk_for_tests", {"hello": ""}, 1) as own:
        with pytest.raises(ClerkGone):
            own.submit({"do": "sleep"}).result()
        monkeypatch.setattr(pools, "SILENCE_S", 30.0)
        assert own.submit({"n": 1}).result()["n"] == 1


def test_an_interrupted_pool_ends_in_the_middle_of_its_work() -> None:
    began = time.monotonic()
    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # what a shell starts in its background ignores it
    try:
        with pytest.raises(KeyboardInterrupt), Pool("clerk_for_tests", {"hello": ""}, 2) as own:
            futures = [own.submit({"do": "sleep"}) for _ in range(9)]
            threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
            futures[0].result()
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - began < 30
    assert all(future.done() for future in futures)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("def f(x):  # mine\n\n    return (x +\n            1)\n", True),
        ("def f(x):\n    return x+1", True),
        ("def f(x):\n    return x + 1.0\n", False),
        ("def f(y):\n    return y + 1\n", False),
        ("def f(x)\n    return x + 1\n", False),
    ],
)
def test_programs_that_say_the_same(other: str, same: bool) -> None:
    plain, second = (Program("a.py", (Cell("a.py", source),)) for source in ("def f(x):\n    return x + 1\n", other))
    assert (canonical(plain) == canonical(second)) is same
    assert (second_seed(plain, b"key") == second_seed(second, b"key")) is same
    assert second_seed(plain, b"key") != second_seed(plain, b"another")


def test_cells_are_kept_apart() -> None:
    one, two = Program("a", (Cell("1", "x = 1\ny = 2"),)), Program("a", (Cell("1", "x = 1"), Cell("2", "y = 2")))
    assert canonical(one) != canonical(two)


def test_the_secret_is_made_once_and_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TORCH_JUDGE_SECRET", raising=False)
    monkeypatch.setenv("TORCH_JUDGE_HOME", str(tmp_path / "home"))
    secret = installation_secret()
    path = tmp_path / "home" / "secret"
    assert path.read_bytes() == secret == installation_secret() and len(secret) == 32
    assert path.stat().st_mode & 0o777 == 0o600 and os.listdir(path.parent) == ["secret"]
    monkeypatch.setenv("TORCH_JUDGE_HOME", str(tmp_path / "other"))
    assert installation_secret() != secret
    monkeypatch.setenv("TORCH_JUDGE_SECRET", "set by the instructor")
    assert installation_secret() == installation_secret() != secret
    monkeypatch.delenv("TORCH_JUDGE_SECRET")
    monkeypatch.setenv("TORCH_JUDGE_HOME", "/proc/nowhere")
    assert installation_secret() == installation_secret()


BANK = find_bank()
RIGHT = BANK.get("batchnorm").solution
WRONG = RIGHT.replace(", unbiased=False", "")


def hand_in(label: str, source: str, problem: str = "batchnorm") -> HandIn:
    return HandIn(label, Program("work.py", (Cell("work.py", source),)), problem)


def judged(*hand_ins: HandIn) -> dict[str, Judged]:
    return {one.label: one for one in judge_many(hand_ins, bank=BANK, workers=2, secret=b"of a test")}


@pytest.mark.slow
def test_a_class_is_judged() -> None:
    relu = BANK.get("relu").solution
    found = judged(
        hand_in("right", RIGHT),
        hand_in("wrong", WRONG),
        hand_in("broken", "def my_batch_norm(:"),
        hand_in("missing", "x = 1"),
        hand_in("other", relu, "relu"),
        hand_in("unknown", relu, "nonsense"),
        hand_in("commented", f"# by me\n{RIGHT}"),
        *(hand_in(f"again {n}", WRONG) for n in range(9)),
        hand_in("raises", "def my_batch_norm(*args, **options):\n    raise KeyError"),
        hand_in("raises lower", "\n\ndef my_batch_norm(*args, **options):\n    raise KeyError"),
    )
    accepted = {label for label, one in found.items() if one.report.accepted}
    assert accepted == {"right", "commented", "other"} and len(found) == 18
    faults = {label: one.report.fault for label, one in found.items() if one.report.fault}
    assert faults == {"broken": "learner", "missing": "learner", "unknown": "judge"}
    assert {found["right"].twin, found["commented"].twin} == {None, "right"}
    assert sum(one.twin is None for label, one in found.items() if label.startswith(("again", "wrong"))) == 1
    places = [found[label].report.failed[0].exception.frames[0].place for label in ("raises", "raises lower")]  # type: ignore[union-attr]
    assert places == ["work.py, line 2", "work.py, line 4"]
    assert found["wrong"].report.diagnosis and found["right"].report.seed != 0


HOSTILE = {
    "endless loop": "def my_batch_norm(*args, **options):\n    while True: pass",
    "memory": "hog = []\nwhile True: hog.append(bytearray(1 << 26))",
    "fork bomb": "import os\nwhile True: os.fork()",
    "kills its parent": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
    "kills everybody": "import os, signal\nos.kill(-1, signal.SIGKILL)",
    "exits at import": "import os\nos._exit(0)",
    "closes descriptors": "import os\nos.closerange(0, 9999)",
    "prints": "for _ in range(1 << 20): print('x' * 1024)",
    "writes to descriptors": "import os\nfor fd in range(64):\n    try: os.write(fd, b'x' * 9999)\n    except OSError: pass",
    "much code": "x = 1\n" * 40_000,
    "deep code": "x = " + "-" * 90_000 + "1",
}


@pytest.mark.slow
def test_a_hostile_hand_in_costs_nobody_else_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    hand_ins = [hand_in(name, source) for name, source in HOSTILE.items()]
    between = [hand_in(f"right {n}", f"{RIGHT}\nnumber = {n}\n") for n in range(len(hand_ins))]
    found = judged(*(one for pair in zip(hand_ins, between, strict=True) for one in pair))
    assert len(found) == 2 * len(HOSTILE)
    assert {label for label, one in found.items() if one.report.accepted} == {one.label for one in between}
    assert {name for name in HOSTILE if found[name].report.fault == "judge"} == set()
