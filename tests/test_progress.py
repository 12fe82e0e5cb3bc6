"""Progress: what is kept, what is said about it, and that no state of the disk can break a check."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import platformdirs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torch_judge.learner import progress, storage
from torch_judge.learner.progress import FILE, Attempt, Store, Summary, compare_with_last, streak
from torch_judge.report import CaseResult, Report

NINE = "abcdefghi"
TODAY = date(2026, 3, 15)


def report(failing: str = "", *, cases: str = NINE, problem: str = "relu", **changes: object) -> Report:
    results = tuple(CaseResult(name, "values", passed=name not in failing) for name in cases)
    fields = {"accepted": bool(cases) and not failing, "seed": 0, "cases": results} | changes
    return Report(problem=problem, **fields)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home")


# What is kept


def test_an_attempt_comes_back_as_it_was_recorded(store: Store) -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    store.record(report("bc", seed=2**63 + 1, device="cuda", isolated=True, duration_s=0.25), "f00d", at=at)
    assert store.last("relu") == Attempt(
        at, "relu", False, ("b", "c"), 7, 9, 0.25, "f00d", 2**63 + 1, "cuda", True, number=1, solved=False
    )
    assert store.notices == []


def test_every_attempt_is_kept_and_the_last_is_the_latest(store: Store) -> None:
    for failing in ("abc", "", "b"):
        store.record(report(failing))
    last = store.last("relu")
    assert last is not None
    assert (last.number, last.failed, last.solved) == (3, ("b",), True)
    assert store.last("softmax") is None


@pytest.mark.parametrize(
    ("fault", "attempts"), [("judge", 0), ("learner", 1)], ids=["the judge's fault", "a syntax error"]
)
def test_only_an_error_of_the_learner_is_an_attempt(store: Store, fault: str, attempts: int) -> None:
    store.record(report(cases="", error="Nothing could be judged.", fault=fault))
    assert store.summary("relu").attempts == attempts
    assert store.summary("relu").state == ("attempted" if attempts else "to do")


def test_a_skipped_case_counts_neither_as_passed_nor_as_failed(store: Store) -> None:
    skipped = CaseResult("gpu", "values", passed=False, skipped="no CUDA device")
    store.record(Report("relu", True, 0, cases=(CaseResult("a", "values", True), skipped)))
    last = store.last("relu")
    assert last is not None
    assert (last.passed, last.total, last.failed) == (1, 1, ())


def test_the_summary_has_the_best_accepted_time_and_the_first_solution(store: Store) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    for minute, (failing, seconds) in enumerate([("a", 0.1), ("", 0.9), ("", 0.4), ("b", 0.2)]):
        store.record(report(failing, duration_s=seconds), at=start + timedelta(minutes=minute))
    assert store.summary("relu") == Summary("relu", "solved", 4, 0.4, start + timedelta(minutes=1))


def test_summaries_have_every_problem_that_was_touched(store: Store) -> None:
    store.record(report(problem="relu"))
    store.record(report("a", problem="softmax"))
    store.record_peek("rope")
    assert {id: s.state for id, s in store.summaries().items()} == {
        "relu": "solved",
        "softmax": "attempted",
        "rope": "to do",
    }


@pytest.mark.parametrize(
    ("acts", "peeked"),
    [
        (["peek"], True),
        (["peek", "solve"], True),
        (["solve", "peek"], False),
        (["fail", "peek", "solve", "peek"], True),
        (["solve"], False),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_peek_counts_until_the_problem_is_solved(store: Store, acts: list[str], peeked: bool) -> None:
    for act in acts:
        if act == "peek":
            store.record_peek("relu")
        else:
            store.record(report("a" if act == "fail" else ""))
    assert store.summary("relu").peeked is peeked


def test_a_hint_level_never_falls(store: Store) -> None:
    assert store.hint_level("relu") == 0
    for level in (1, 3, 2):
        store.record_hint("relu", level)
    assert store.hint_level("relu") == 3


@pytest.mark.parametrize(("problem", "left"), [("relu", {"softmax"}), (None, set())], ids=["one", "all"])
def test_reset_forgets_attempts_hints_and_peeks(store: Store, problem: str | None, left: set[str]) -> None:
    for id in ("relu", "softmax"):
        store.record(report(problem=id))
        store.record_hint(id, 2)
        store.record_peek(id)
    store.reset(problem)
    assert set(store.summaries()) == left
    assert {id for id in ("relu", "softmax") if store.hint_level(id)} == left


def test_reading_writes_nothing(store: Store) -> None:
    assert (store.summaries(), store.last("relu"), store.hint_level("relu"), store.streak_days()) == (
        {},
        None,
        0,
        0,
    )
    assert not store.path.parent.exists()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["", "a", "bc"]), min_size=1, max_size=6))
def test_solved_never_falls_back(order: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        for count, failing in enumerate(order, start=1):
            store.record(report(failing))
            summary, last = store.summary("relu"), store.last("relu")
            solved = "" in order[:count]
            assert last is not None
            assert (summary.state, last.solved) == ("solved" if solved else "attempted", solved)
            assert summary.attempts == last.number == count


# The streak


@pytest.mark.parametrize(
    ("ago", "days"),
    [
        ([], 0),
        ([0], 1),
        ([1], 1),
        ([2], 0),
        ([0, 1, 2], 3),
        ([1, 2], 2),
        ([0, 2, 3], 1),
        ([-1, -2], 0),
        ([-1, 0, 1], 2),
    ],
    ids=str,
)
def test_the_streak_ends_today_or_yesterday(ago: list[int], days: int) -> None:
    assert streak({TODAY - timedelta(days=n) for n in ago}, TODAY) == days


@given(st.sets(st.integers(-3, 12)))
def test_the_streak_is_the_longest_run_that_ends_today_or_yesterday(ago: set[int]) -> None:
    runs = [n for first in (0, 1) for n in range(1, 15) if set(range(first, first + n)) <= ago]
    assert streak({TODAY - timedelta(days=n) for n in ago}, TODAY) == max(runs, default=0)


def test_the_store_counts_days_by_the_calendar_of_this_machine(store: Store) -> None:
    noon = datetime(2026, 3, 15, 12).astimezone()
    for days in (0, 1, 1, 3):
        store.record(report("a"), at=noon - timedelta(days=days))
    assert store.streak_days(TODAY) == 2
    assert store.streak_days(TODAY + timedelta(days=2)) == 0


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone of a process is set by POSIX only")
@pytest.mark.parametrize(("zone", "days"), [("Asia/Tokyo", 2), ("UTC", 1)])
def test_a_day_ends_at_midnight_where_the_learner_is(
    store: Store, monkeypatch: pytest.MonkeyPatch, zone: str, days: int
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        for hour in (10, 20):
            store.record(report("a"), at=datetime(2026, 3, 14, hour, tzinfo=UTC))
        assert store.streak_days(TODAY) == days
    finally:
        monkeypatch.undo()
        time.tzset()


# The sentence


@pytest.mark.parametrize(
    ("before", "now", "sentence"),
    [
        (["abcd"], report("ab"), "7 of 9 cases pass, 2 more than last time."),
        (["ab"], report("abc"), "6 of 9 cases pass, 1 fewer than last time."),
        (["ab"], report("ab"), "7 of 9 cases pass, the same as last time."),
        (["ab"], report("bc"), "7 of 9 cases pass, as many as last time, but now others fail: `c`."),
        (["abc", "ab", "a"], report(), "Solved on attempt 4."),
        (["a", "", "a"], report(), "Solved again."),
        ([], report("ab"), ""),
        ([], report(), ""),
        (["ab"], report(cases="", error="A syntax error.", fault="learner"), ""),
        ([None], report("ab"), "7 of 9 cases pass; last time the code did not run."),
        (["ab"], report("a", cases="abc"), "2 of 3 cases pass; last time it was 7 of 9."),
        ([""], report(accepted=False), "9 of 9 cases pass, the same as last time."),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_sentence_about_progress(store: Store, before: list[str | None], now: Report, sentence: str) -> None:
    for failing in before:
        error = report(cases="", error="A syntax error.", fault="learner")
        store.record(error if failing is None else report(failing))
    assert compare_with_last(now, store.last("relu")) == sentence


# Where it is kept


def test_the_home_is_the_named_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TORCH_JUDGE_HOME", "~/class")
    assert Store().path == tmp_path / "class" / FILE


@pytest.mark.parametrize("named", [None, ""], ids=["unset", "empty"])
def test_the_home_is_else_the_users_data_folder(monkeypatch: pytest.MonkeyPatch, named: str | None) -> None:
    monkeypatch.delenv("TORCH_JUDGE_HOME", raising=False)
    if named is not None:
        monkeypatch.setenv("TORCH_JUDGE_HOME", named)
    assert Store().path == Path(platformdirs.user_data_dir("torch-judge", appauthor=False)) / FILE


def test_the_file_needs_no_shared_memory(store: Store) -> None:
    store.record(report())
    assert sqlite3.connect(store.path).execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert [file.name for file in store.path.parent.iterdir()] == [FILE]


def test_progress_does_not_import_torch() -> None:
    code = "import sys, torch_judge.learner.progress; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# Several kernels at once

RECORD = """
import sys
from pathlib import Path
from torch_judge.learner.progress import Store
from torch_judge.report import Report
sys.stdin.read(1)
for n in range(int(sys.argv[3])):
    store = Store(Path(sys.argv[1]))
    store.record(Report(sys.argv[2], n % 2 == 0, n))
    store.record_hint("shared", n)
    store.last("shared"), store.summaries()
    assert not [notice for notice in store.notices if "was set aside" not in notice], store.notices
"""


def record_at_once(folder: Path, kernels: int, each: int) -> dict[str, Summary]:
    """Let real processes record, released at the same moment."""
    command = [sys.executable, "-c", RECORD, str(folder)]
    running = [subprocess.Popen([*command, f"p{k}", str(each)], stdin=subprocess.PIPE) for k in range(kernels)]
    for process in running:
        assert process.stdin is not None
        process.stdin.write(b"g")
        process.stdin.close()
    assert [process.wait(60) for process in running] == [0] * kernels
    return Store(folder).summaries()


def test_kernels_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    summaries = record_at_once(tmp_path / "home", kernels=4, each=12)
    assert {id: s.attempts for id, s in summaries.items()} == {f"p{k}": 12 for k in range(4)}
    assert Store(tmp_path / "home").hint_level("shared") == 11


def test_kernels_that_find_the_file_damaged_at_once_set_aside_one_file(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 500)
    summaries = record_at_once(tmp_path, kernels=4, each=3)
    assert {s.attempts for s in summaries.values()} == {3}
    assert sorted(file.name for file in tmp_path.iterdir()) == ["progress.damaged-1.sqlite3", FILE]


def test_a_short_lock_is_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "TIMEOUT_S", 0.05)
    store = Store(store.path.parent)
    store.record(report())
    other = sqlite3.connect(store.path, isolation_level=None)
    connect, waits = sqlite3.connect, []

    def connect_late(*args: object, **kwargs: object) -> sqlite3.Connection:
        waits.append(1)
        if len(waits) == 3:
            other.execute("COMMIT")
        return connect(*args, **kwargs)  # type: ignore[arg-type, no-any-return, call-overload]

    other.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(storage.sqlite3, "connect", connect_late)
    store.record(report())
    assert (store.summary("relu").attempts, store.notices) == (2, [])


def test_a_lock_that_stays_is_told_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.record(report())
    monkeypatch.setattr(storage, "TIMEOUT_S", 0.4)
    stuck = Store(store.path.parent)
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    started = time.monotonic()
    stuck.record(report())
    first = time.monotonic() - started
    assert stuck.last("relu") is None
    assert time.monotonic() - started < 1.8 * first  # it is not waited for as long again
    assert stuck.notices == [f"Progress was not kept: `{store.path}` is locked. Close what else uses it, then retry."]


# A damaged file


def not_a_database(path: Path) -> None:
    path.write_bytes(b"no database" * 500)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def a_page_overwritten(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096 : 2 * 4096] = os.urandom(4096)
    path.write_bytes(data)


def executing(sql: str) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        db = sqlite3.connect(path)
        db.executescript(sql)
        db.close()

    return spoil


DAMAGES = [
    (not_a_database, "is damaged"),
    (truncated, "is damaged"),
    (a_page_overwritten, "is damaged"),
    (executing("PRAGMA user_version = 99"), "was written by a newer torch-judge"),
    (executing("PRAGMA user_version = 0"), "is a database of something else"),
    (executing("DROP TABLE hints"), "lacks a table or a column"),
    (executing("ALTER TABLE attempts DROP COLUMN seed"), "lacks a table or a column"),
]
DAMAGE_IDS = ["not a database", "truncated", "a page", "newer", "something else", "no table", "no column"]


@pytest.mark.parametrize("reading_first", [False, True], ids=["writing", "reading"])
@pytest.mark.parametrize(("damage", "reason"), DAMAGES, ids=DAMAGE_IDS)
def test_a_damaged_file_is_set_aside(
    store: Store, damage: Callable[[Path], None], reason: str, reading_first: bool
) -> None:
    store.record(report())
    damage(store.path)
    spoiled = store.path.read_bytes()
    taken = store.path.with_name("progress.damaged-1.sqlite3")
    taken.write_text("an earlier one")
    again = Store(store.path.parent)
    if reading_first:
        assert again.last("relu") is None
    again.record(report("a"))
    aside = store.path.with_name("progress.damaged-2.sqlite3")
    assert again.notices == [
        f"The progress file {reason}; it was set aside as `{aside}` and a new one begun."
        " To have it back, mend it and rename it to `progress.sqlite3`."
    ]
    assert (aside.read_bytes(), taken.read_text()) == (spoiled, "an earlier one")
    assert again.summary("relu").state == "attempted"


def test_damage_that_appears_later_is_noticed_too(store: Store) -> None:
    store.record(report())
    not_a_database(store.path)
    store.record(report())
    assert (store.summary("relu").attempts, len(store.notices)) == (1, 1)


def test_a_connection_that_is_kept_open_serves_all_until_one_fails(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, connect = [], sqlite3.connect
    monkeypatch.setattr(storage.sqlite3, "connect", lambda *a, **k: opened.append(a) or connect(*a, **k))
    store.record(report("bc"))
    with store.database.kept_open():
        store.record(report())
        assert store.latest() == "relu" and store.summary("relu").attempts == 2
        assert len(opened) == 2
        assert store.database.read("SELECT nothing") == []
        assert store.last("relu") is not None
        assert len(opened) == 3
    store.record(report())
    assert store.latest() == "relu" and len(opened) == 5
    with sqlite3.connect(store.path) as other:  # nobody holds a lock
        other.execute("BEGIN EXCLUSIVE")


def test_an_added_table_that_was_read_first_is_written_to_the_file(tmp_path: Path) -> None:
    path, old = tmp_path / "p.db", {"a": {"x": "INTEGER"}}
    storage.Database(path, old, 1, {}, {}).write(("INSERT INTO a VALUES (:x)", {"x": 1}))
    newer = storage.Database(path, old, 1, {}, {"b": {"y": "INTEGER"}})
    with newer.kept_open():
        assert newer.read("SELECT y FROM b") == []
        assert newer.write(("INSERT INTO b VALUES (:y)", {"y": 2}))
    assert [tuple(row) for row in newer.read("SELECT y FROM b")] == [(2,)]


def test_damage_is_mended_while_a_connection_is_kept_open(store: Store) -> None:
    store.record(report())
    with store.database.kept_open():
        assert store.latest() == "relu"
        store.path.write_bytes(b"no database" * 1000)
        store.record(report(problem="softmax"))
        assert store.latest() == "softmax"
    assert store.latest() == "softmax" and "set aside" in store.notices[0]


def test_an_empty_file_is_no_damage(store: Store) -> None:
    store.path.parent.mkdir()
    store.path.touch()
    assert store.last("relu") is None
    store.record(report())
    assert (store.summary("relu").attempts, store.notices) == (1, [])


def test_a_file_that_another_kernel_mends_meanwhile_is_left_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextlib.contextmanager
    def meanwhile(lock: Path) -> Iterator[None]:
        monkeypatch.undo()
        store.path.unlink()
        Store(store.path.parent).record(report())
        yield

    store.path.parent.mkdir()
    not_a_database(store.path)
    monkeypatch.setattr(storage, "_alone", meanwhile)
    store.record(report())
    assert (store.summary("relu").attempts, store.notices) == (2, [])
    assert [file.name for file in store.path.parent.iterdir()] == [FILE]


KILLED = """
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA cache_size = 1")
db.execute("BEGIN IMMEDIATE")
db.execute("UPDATE attempts SET failed = hex(zeroblob(50000)), passed = -1")
os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(os.name != "posix", reason="kills a process by signal")
def test_a_kernel_killed_while_it_writes_loses_only_what_it_wrote(store: Store) -> None:
    for _ in range(50):
        store.record(report("ab"))
    assert subprocess.run([sys.executable, "-c", KILLED, str(store.path)]).returncode == -9
    assert Path(f"{store.path}-journal").exists()  # else this tests nothing
    last = Store(store.path.parent).last("relu")
    assert last is not None
    assert (last.number, last.passed, last.failed) == (50, 7, ("a", "b"))


def test_a_lock_left_by_a_kernel_that_died_is_overcome(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "TIMEOUT_S", 0.05)
    store.path.parent.mkdir()
    not_a_database(store.path)
    store.path.with_suffix(".mending").mkdir()
    store.record(report())
    assert store.summary("relu").attempts == 1
    assert not store.path.with_suffix(".mending").exists()


# A home that cannot be written


def as_an_ordinary_user(work: Callable[[], object]) -> object:
    """What ``work`` returns when run by somebody whom permissions bind (root they do not)."""
    if os.geteuid() != 0:
        return work()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            os.write(writing, json.dumps(work()).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return json.loads(answer)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="torch-judge-"))
    folder.chmod(0o755)
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    shutil.rmtree(folder)


def use_everything(folder: Path) -> dict[str, object]:
    """Call every method, as `check`, `hint`, `solution` and `status` would."""
    store = Store(folder)
    store.record(report("a"))
    store.record_hint("relu", 1)
    store.record_hint("relu", 2)
    assert Store(folder).hint_level("relu") == store.hint_level("relu")
    store.record_peek("relu")
    last = store.last("relu")
    return {
        "number": last and last.number,
        "hint": store.hint_level("relu"),
        "states": {id: s.state for id, s in store.summaries().items()},
        "streak": store.streak_days(),
        "reset": store.reset("relu"),
        "hint after reset": store.hint_level("relu"),
        "notices": store.notices,
    }


def unwritable(folder: Path) -> list[str]:
    fact = f"Progress is not being kept: `{folder}` is not writable."
    return [f"{fact} Set `TORCH_JUDGE_HOME` to a folder of yours."]


needs_permissions = pytest.mark.skipif(os.name != "posix", reason="folders are made read-only by POSIX permissions")


@needs_permissions
@pytest.mark.parametrize(
    ("mode", "sub"),
    [(0o555, ""), (0o555, "deep/below"), (0o000, ""), (0o000, "deep/below")],
    ids=["read-only", "absent and uncreatable", "unreadable", "below an unreadable one"],
)
def test_a_home_that_cannot_be_written_is_told_once_and_breaks_nothing(public: Path, mode: int, sub: str) -> None:
    public.chmod(mode)
    assert as_an_ordinary_user(lambda: use_everything(public / sub)) == {
        "number": None, "hint": 2, "states": {}, "streak": 0, "reset": None, "hint after reset": 0,
        "notices": unwritable(public / sub),
    }  # fmt: skip


@needs_permissions
def test_a_readable_file_in_a_home_that_cannot_be_written_is_read(public: Path) -> None:
    store = Store(public)
    store.record(report())
    store.record_hint("relu", 3)
    store.path.chmod(0o444)
    public.chmod(0o555)
    assert as_an_ordinary_user(lambda: use_everything(public)) == {
        "number": 1, "hint": 3, "states": {"relu": "solved"}, "streak": 1, "reset": None,
        "hint after reset": 3, "notices": unwritable(public),
    }  # fmt: skip


@needs_permissions
@pytest.mark.parametrize("mode", [0o444, 0o000], ids=["damaged", "unreadable"])
def test_a_damaged_file_that_cannot_be_set_aside_stays_where_it_is(public: Path, mode: int) -> None:
    not_a_database(public / FILE)
    (public / FILE).chmod(mode)
    public.chmod(0o555)
    seen = as_an_ordinary_user(lambda: use_everything(public))
    assert isinstance(seen, dict)
    assert (seen["states"], seen["notices"]) == ({}, unwritable(public))
    assert [file.name for file in public.iterdir()] == [FILE]


@pytest.mark.parametrize("kind", ["file", "folder"], ids=["home is a file", "the file is a folder"])
def test_something_in_the_way_breaks_nothing(tmp_path: Path, kind: str) -> None:
    home = tmp_path / "home"
    if kind == "file":
        home.write_text("in the way")
    else:
        (home / FILE).mkdir(parents=True)
    seen = use_everything(home)
    assert (seen["number"], seen["states"], seen["notices"]) == (None, {}, unwritable(home))


def test_the_public_names_are_documented() -> None:
    names = [home for home in vars(progress).values() if getattr(home, "__module__", "") == progress.__name__]
    assert names
    assert all(name.__doc__ for name in names)
