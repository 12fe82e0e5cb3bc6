"""The separate process: failing well, walls, reuse. The wire's own tests stand at the end."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from torch_judge.cases.observations import Bound, Container, Fingerprint, Leaf, Marker, Seen, TensorLeaf, with_tensors
from torch_judge.errors import JudgeError, ProblemError
from torch_judge.isolate import Job, Limits, Outcome, Worker, framing, wire
from torch_judge.isolate.client import Client
from torch_judge.isolate.fields import WireError
from torch_judge.isolate.kernel import LINUX
from torch_judge.isolate.limits import build_fence
from torch_judge.isolate.paths import allowed_paths, is_library
from torch_judge.isolate.scratch import empty_scratch, new_scratch, overfull, remove_scratch
from torch_judge.observe import TOO_LONG
from torch_judge.report import ExceptionInfo, Frame, Violation
from torch_judge.submission import Cell, Program

CASES = """
from torch_judge.authoring import case


@case("one", kind="values")
def one(solve, draw):
    return {"output": solve(draw.randn("x", 3))}


@case("two", kind="values")
def two(solve, draw):
    return {"output": solve(draw.randn("x", 5))}
"""
IDENTITY = "def f(x):\n    return x * 1\n"
LIMITS = Limits(wall_s=4.0, cpu_s=10, memory_mb=512, file_mb=1, case_s=0.5)
needs_linux = pytest.mark.skipif(not LINUX, reason="the wall exists on Linux only")


def job(*cells: str, limits: Limits = LIMITS, cases: str = CASES) -> Job:
    program = Program("x.py", tuple(Cell(f"cell {n}", source) for n, source in enumerate(cells, 1)))
    return Job(program, "f", "tiny", cases, ("one", "two"), limits=limits)


def said(worker: Worker, expression: str, *before: str) -> str:
    """What the learner's process prints for an expression, or the exception that it raises."""
    code = "\n".join(
        [*before, "try:", f"    print({expression})", "except BaseException as e:", "    print(type(e).__name__)"]
    )
    return worker.run(job(code)).output.strip()


def stops(outcome: Outcome) -> list[str]:
    return [seen.stopped for seen in outcome.seen]


def test_a_right_solution_is_seen_whole(worker: Worker) -> None:
    outcome = worker.run(job("print('hello')", IDENTITY))
    assert [(s.case, s.stopped, s.exception) for s in outcome.seen] == [("one", "", None), ("two", "", None)]
    output = outcome.seen[0].observations["output"]
    assert isinstance(output, TensorLeaf) and output.data.shape == (3,)
    assert (outcome.missing, outcome.load_error, outcome.output) == (None, None, "hello\n")


ENDED = "not run: an earlier case ended the process"


@pytest.mark.parametrize(
    ("body", "first", "second"),
    [
        ("os._exit(3)", "the process ended by itself (exit status 3) before this case was done", ENDED),
        ("os.kill(os.getpid(), 11)", "the process crashed (SIGSEGV)", ENDED),
        ("os.abort()", "the process crashed (SIGABRT)", ENDED),
        ("torch.empty(1 << 30)", "ran out of memory (limit 512 MB)", "ran out of memory (limit 512 MB)"),
        ("[bytes(1 << 26) for _ in range(99)]", *["ran out of memory (limit 512 MB)"] * 2),
        ("os.closerange(0, 999)", "the process ended by itself (exit status 70) before this case was done", ENDED),
        ("list(map(forge, range(9)))", "the process died or sent garbage", ENDED),
        ("sys.exit(0)", "", ""),
        pytest.param(
            "time.sleep(99)",
            f"{TOO_LONG} 0.5 s; it was stopped at cell 2, line 2: `time.sleep(99)`",
            "not run: an earlier case ran over its time limit",
            marks=pytest.mark.slow,
        ),
        pytest.param("stubborn()", "the process was killed: it took more than 4 s", ENDED, marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_a_failure_belongs_to_its_case(worker: Worker, body: str, first: str, second: str) -> None:
    prelude = """
import os, sys, time, torch
def stubborn():
    while True:
        try:
            while True:
                pass
        except BaseException: pass
def forge(n):
    try: os.write(n, b'tj' + bytes(99))
    except OSError: pass
"""
    assert stops(worker.run(job(prelude, f"def f(x):\n    {body}"))) == [first, second]
    assert stops(worker.run(job(IDENTITY))) == ["", ""]


@pytest.mark.slow
def test_processor_time_is_limited(worker: Worker) -> None:
    limits = Limits(wall_s=9.0, cpu_s=1, case_s=0)
    outcome = worker.run(job("def f(x):\n    while True: pass", limits=limits))
    assert stops(outcome)[0] == "the process was killed: it took more than 1 s of processor time"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "wall_s", "why"),
    [
        ("until = process_time() + 0.35\n    while process_time() < until: pass\n    return x", 60, ""),
        ("while True: pass", 60, "the process was killed: it took more than 1 s of processor time"),
        ("signal(SIGALRM, SIG_IGN)\n    sleep(99)", 2, "the process was killed: it took more than 2 s"),
    ],
)
def test_each_seed_has_its_own_time(worker: Worker, body: str, wall_s: float, why: str) -> None:
    code = f"from signal import *\nfrom time import *\ndef f(x):\n    {body}"
    outcome = worker.run(replace(job(code, limits=Limits(wall_s=wall_s, cpu_s=1, case_s=0)), seeds=(0, 1)))
    assert [run[0].stopped for run in outcome.runs] == ([why] if why else ["", ""])


@needs_linux
@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        "open(f'{n}', 'wb').write(bytes(1 << 20))",
        "os.makedirs(f'{n}/a/b')",
        "os.mkdir('d' * 200); os.chdir('d' * 200); open('f', 'wb').write(bytes(1 << 20))",
        "held.append(open('f', 'wb')); held[-1].write(bytes(1 << 23)); os.unlink('f')",
    ],
)
def test_all_files_together_are_limited(worker: Worker, body: str) -> None:
    code = f"import itertools, os\nheld = []\ndef f(x):\n    for n in itertools.count():\n        {body}"
    outcome = worker.run(job(code, limits=Limits(wall_s=60.0, cpu_s=60, case_s=0)))
    assert "wrote too many files" in stops(outcome)[0]
    assert stops(worker.run(job(IDENTITY))) == ["", ""]


@pytest.mark.slow
def test_what_is_sent_is_limited(worker: Worker) -> None:
    code = "import torch\ndef f(x):\n    return [torch.zeros(1 << 24) for _ in range(3)]"
    outcome = worker.run(job(code, limits=Limits(memory_mb=4096)))
    assert stops(outcome) == ["the case returned more than 16 MB"] * 2


@pytest.mark.parametrize(
    ("cell", "note"),
    [
        ("x = 1\ny = 1 / 0\nz = y", "cell 1, line 2 raised ZeroDivisionError: division by zero; the rest was judged"),
        ("def g(:\n  pass", "cell 1, line 1 raised SyntaxError: invalid syntax; the rest was judged"),
        ("import sys; sys.exit(2)", "cell 1, line 1 raised SystemExit: 2; the rest was judged"),
        ("input()", "cell 1, line 1 raised EOFError: EOF when reading a line; the rest was judged"),
        ("raise KeyboardInterrupt", "cell 1, line 1 raised KeyboardInterrupt; the rest was judged"),
        pytest.param(
            "while True: pass\nx = 1",
            "cell 1, line 1 still ran after 1 s and was stopped; what follows it was not run",
            marks=pytest.mark.slow,
        ),  # fmt: skip
    ],
)
def test_a_debug_cell_that_fails_is_noted(worker: Worker, cell: str, note: str) -> None:
    outcome = worker.run(job(cell, IDENTITY))
    assert outcome.notes[0] == note
    if "SyntaxError" not in note and "still ran" not in note:
        assert stops(outcome) == ["", ""]


@needs_linux
def test_what_forks_has_one_thread(worker: Worker) -> None:
    assert stops(worker.run(job(IDENTITY))) == ["", ""]
    assert worker._client is not None
    server = worker._client._process.pid
    (copy,) = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    assert [len(os.listdir(f"/proc/{pid}/task")) for pid in (server, copy)] == [1, 1]


def test_a_missing_entry_names_what_there_is(worker: Worker) -> None:
    outcome = worker.run(job("import torch\nfrom math import pi\n1 / 0\n_x = g = 3"))
    assert outcome.missing == ("pi", "g")
    assert outcome.load_error is not None and outcome.load_error.type == "ZeroDivisionError"
    assert stops(outcome) == ["not run: `f` is missing"] * 2


def test_death_while_loading(worker: Worker) -> None:
    why = "the process ended by itself (exit status 0) before the first case, while your code was loaded"
    assert stops(worker.run(job("import os; os._exit(0)"))) == [why, why]


def test_frames_name_the_learners_cell(worker: Worker) -> None:
    error = worker.run(job("1", "def f(x):\n    return x.nonsense")).seen[0].exception
    assert error is not None and error.frames[-1] == Frame("cell 2, line 2", "return x.nonsense", "f")


def test_code_behaves_as_in_a_notebook(worker: Worker) -> None:
    cell = """
from __future__ import annotations
import inspect, pickle, dataclasses
@dataclasses.dataclass
class P:
    x: Undefined = 3
def g(): return 1
get_ipython().run_line_magic("matplotlib", "inline"); display(P())
from torch_judge import check, hint
check("tiny")
print(__name__, pickle.loads(pickle.dumps(P())), inspect.getsource(g).strip())
"""
    outcome = worker.run(job(cell))
    assert (outcome.output, outcome.notes) == ("__main__ P(x=3) def g(): return 1\n", [])


def test_the_judge_is_hidden(worker: Worker) -> None:
    assert said(worker, "torch_judge.observe", "import torch_judge") == "AttributeError"
    assert said(worker, "__import__('torch_judge.cases.compare')") == "ModuleNotFoundError"
    delete = "import sys, importlib; sys.modules.pop('torch_judge'); importlib.invalidate_caches()"
    assert said(worker, "__import__('torch_judge.cases.compare')", delete) in ("ModuleNotFoundError", "PermissionError")


def test_an_authors_error_is_the_problems_fault(worker: Worker) -> None:
    with pytest.raises(ProblemError, match="cases of `tiny` cannot be run apart: ZeroDivisionError"):
        worker.run(job(IDENTITY, cases="1 / 0"))
    assert stops(worker.run(job(IDENTITY))) == ["", ""]


@pytest.mark.slow
def test_nothing_is_inherited(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "x")
    with Worker() as own:
        names = said(own, "sorted(os.environ)", "import os")
    assert "A_SECRET" not in names and "PYTHONPATH" not in names
    assert said(worker, "os.path.realpath(os.environ['HOME']) == os.getcwd() == tempfile.gettempdir()",
                "import os, tempfile") == "True"  # fmt: skip
    if LINUX:
        # The job's two pipes, its answer and the question for the next seed, are all there is beside the standard three.
        probe = "import os\ndef there(n):\n    try: return os.fstat(n) and True\n    except OSError: return False"
        assert said(worker, "[there(n) for n in range(64)].count(True)", probe) == "5"


@pytest.mark.slow
def test_both_processes_draw_with_the_same_instructions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "default")
    with Worker() as own:
        assert said(own, "torch.backends.cpu.get_cpu_capability()", "import torch") in ("DEFAULT", "NO AVX")


@needs_linux
@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("open(r'{checkout}/pyproject.toml')", "PermissionError"),
        ("os.listdir(r'{checkout}/problems')", "PermissionError"),
        ("open(r'{package}/cases/compare.py')", "PermissionError"),
        ("os.listdir(os.path.expanduser('~root'))", "PermissionError"),
        ("open('/etc/passwd')", "PermissionError"),
        ("open('/proc/self/environ')", "PermissionError"),
        ("open('/tmp/x', 'w')", "PermissionError"),
        ("open('x', 'w').write('x' * 10)", "10"),
        ("open('x', 'w').write('x' * (2 << 20))", "OSError"),
        ("subprocess.run(['/bin/true'])", "PermissionError"),
        ("subprocess.run([sys.executable, '-c', '1'])", "PermissionError"),
        ("os.execv('/bin/true', ['true'])", "PermissionError"),
        ("os.fork()", "PermissionError"),
        ("multiprocessing.get_context('spawn').Process(target=print).start()", "PermissionError"),
        ("[t := threading.Thread(target=print), t.start(), t.join()] and 'ran'", "ran"),
        ("concurrent.futures.ThreadPoolExecutor(3).submit(int).result()", "0"),
        ("torch.set_num_threads(3) or int((torch.ones(300, 300) @ torch.ones(300, 300))[0, 0])", "300"),
        ("socket.socket(socket.AF_UNIX)", "PermissionError"),
        ("socket.socket(socket.AF_INET, socket.SOCK_DGRAM)", "PermissionError"),
        ("socket.socketpair()", "PermissionError"),
        ("os.memfd_create('x')", "PermissionError"),
        ("os.pidfd_open(os.getppid())", "PermissionError"),
        ("called(272, 0x10000000)", "1"),
        ("os.chmod('.', 0)", "PermissionError"),
        ("os.utime('.')", "PermissionError"),
        ("os.setxattr('.', 'user.x', b'')", "PermissionError"),
        ("os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)", "PermissionError"),
        ("resource.prlimit(os.getppid(), resource.RLIMIT_CPU)", "PermissionError"),
        ("called(29, 7, 4096, 0o1600)", "1"),
        ("called(250, 0, 0)", "1"),
        ("called(435, 0, 0)", "38"),
        ("called(57 | 0x40000000)", "1"),
        ("os.kill(os.getppid(), 0)", "PermissionError"),
        ("resource.setrlimit(resource.RLIMIT_CPU, (99, 99))", "ValueError"),
        ("len(os.urandom(4))", "4"),
        ("__import__('sympy').__name__", "sympy"),
        ("__import__('colorsys').__name__", "colorsys"),
    ],
)
def test_walls(worker: Worker, expression: str, answer: str) -> None:
    import torch_judge

    package = Path(torch_judge.__file__).parent
    filled = expression.replace("{checkout}", str(package.parent)).replace("{package}", str(package))
    modules = (
        "import concurrent.futures, ctypes, multiprocessing, os, resource, socket, subprocess, sys, threading, torch"
    )
    by_number = """
def called(*call):
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.syscall(*call) == -1 and ctypes.get_errno()"""
    assert said(worker, filled, modules, by_number) == answer


@needs_linux
def test_no_network(worker: Worker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        assert said(worker, f"socket.create_connection({address})", "import socket") in ("PermissionError", "OSError")
    with socket.socket(socket.AF_UNIX) as abstract:
        name = f"\0torch-judge-{os.getpid()}"
        abstract.bind(name)
        abstract.listen()
        assert said(worker, f"socket.socket(socket.AF_UNIX).connect({name!r})", "import socket") in (
            "PermissionError",
            "ConnectionRefusedError",
        )


@needs_linux
def test_the_processor_is_the_same_inside(worker: Worker) -> None:
    capability = torch.backends.cpu.get_cpu_capability()
    assert said(worker, "torch.backends.cpu.get_cpu_capability()", "import torch") == capability


@needs_linux
def test_no_file_of_a_library_is_locked_or_changed(worker: Worker) -> None:
    assert said(worker, "os.truncate(torch.__file__, 0)", "import os, torch") == "PermissionError"


@needs_linux
def test_descendants_are_killed_where_calls_are_not_filtered() -> None:
    code = """
import os, time
from torch_judge.isolate.family import kill_children
from torch_judge.isolate.kernel import adopt_orphans
adopt_orphans()
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork(): os._exit(0)
        time.sleep(99)
time.sleep(0.2)
assert kill_children(5.0)
try: os.waitpid(-1, os.WNOHANG)
except ChildProcessError: print("alone")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "alone\n", done.stderr


def test_folders_within_each_other_do_not_end_what_looks_at_them() -> None:
    """A thousand of them once killed the server: os.walk calls itself, until Python 3.12."""
    scratch = new_scratch()
    before = os.getcwd()
    try:
        os.chdir(scratch)
        for _ in range(1500):
            os.mkdir("d")
            os.chdir("d")
        os.chdir(scratch)
        assert not overfull(scratch)
        assert empty_scratch(scratch)
    finally:
        os.chdir(before)
        remove_scratch(scratch)


@pytest.mark.slow
def test_scratch_is_emptied_and_removed() -> None:
    with Worker() as own:
        own.run(job("import os\nos.makedirs('a/b')\nopen('a/b/c', 'w').write('x')\nos.chmod('a', 0)\nos.chmod('.', 0)"))
        assert said(own, "os.listdir()", "import os") == "[]"
        assert own._client is not None
        scratch = Path(own._client.scratch)
        assert scratch.parent == Path(tempfile.gettempdir()).resolve() and scratch.exists()
    assert not scratch.exists()


@needs_linux
def test_huge_pages_hold_what_was_there() -> None:
    code = (
        "from torch_judge.isolate.kernel import use_huge_pages\n"
        "kept = [bytes([n % 251]) * 4096 for n in range(4096)]\n"
        "use_huge_pages()\n"
        "assert all(page == bytes([n % 251]) * 4096 for n, page in enumerate(kept))\n"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


@needs_linux
def test_no_descriptors_leak() -> None:
    def held(client: Client) -> list[int]:
        return [len(os.listdir(f"/proc/{pid}/fd")) for pid in (os.getpid(), client._process.pid)]

    with Worker() as own:
        own.run(job(IDENTITY))
        assert own._client is not None
        before = held(own._client)
        for n in range(20):
            own.run(job(IDENTITY if n % 3 else "import os; os._exit(1)"))
        own._client.wait_clean()
        assert held(own._client) == before


@pytest.mark.slow
def test_a_dead_server_is_replaced() -> None:
    with Worker() as own:
        own.run(job(IDENTITY))
        assert own._client is not None
        process = own._client._process
        threading.Timer(0.2, process.kill).start()
        outcome = own.run(job("import time; time.sleep(1.2)", IDENTITY))
        assert all("were killed" in why for why in stops(outcome))
        assert stops(own.run(job(IDENTITY))) == ["", ""]


@pytest.mark.slow
def test_two_workers_at_once(worker: Worker) -> None:
    outcomes: list[Outcome] = []
    with Worker() as other:
        threads = [threading.Thread(target=lambda w=w: outcomes.append(w.run(job(IDENTITY)))) for w in (worker, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert [stops(outcome) for outcome in outcomes] == [["", ""]] * 2


def test_a_server_that_does_not_start_is_the_judges_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Worker() as own, pytest.raises(JudgeError, match="does not start: exit status 1"):
        own.run(job(IDENTITY))


@needs_linux
@pytest.mark.parametrize(
    ("version", "missing"), [(0, "Landlock is not available"), (3, "TCP connections are not"), (4, "Signals to other")]
)
def test_missing_walls_are_named(version: int, missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def abi() -> int:
        if not version:
            raise OSError("an old kernel")
        return version

    monkeypatch.setattr("landlock.landlock_abi_version", abi)
    fence = build_fence(allowed_paths((), "cpu"), str(tmp_path))
    for ruleset in fence.rulesets:
        os.close(ruleset)
    assert missing in " ".join(fence.missing)


def test_windows_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    assert "Windows" in (Worker.available() or "")


def test_a_protected_folder_within_a_library_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "site-packages"
    for name in ("numpy", "torch_judge/problems", "other/problems"):
        (library / name).mkdir(parents=True)
    (library / "link").symlink_to("/")
    monkeypatch.setattr("torch_judge.isolate.paths.library_folders", lambda: (str(library),))
    allowed = allowed_paths([str(library / "other" / "problems")], "cpu")
    mine = [os.path.relpath(p, library) for p in allowed.read if p.startswith(str(library))]
    assert (mine, allowed.listed) == (["numpy"], (str(library), str(library / "other")))
    assert is_library(str(library / "numpy")) and not is_library(str(tmp_path))


LEAVES: dict[str, Leaf] = {
    "plain": TensorLeaf(torch.arange(6.0).reshape(2, 3)),
    "device": TensorLeaf(torch.ones(2), "cuda"),
    "0-d": TensorLeaf(torch.tensor(2.5)),
    "0-d bfloat16": TensorLeaf(torch.tensor(2.5, dtype=torch.bfloat16)),
    "0-d complex": TensorLeaf(torch.tensor(2.5j)),
    "64-d": TensorLeaf(torch.ones([1] * 64)),
    "empty": TensorLeaf(torch.empty(0, 3)),
    "empty complex": TensorLeaf(torch.empty(0, 3, dtype=torch.complex128)),
    "strided": TensorLeaf(torch.arange(12.0).reshape(3, 4).T[::2]),
    "expanded": TensorLeaf(torch.ones(1, 3).expand(4, 3)),
    "conjugate": TensorLeaf(torch.randn(2, 3, dtype=torch.complex64).conj().T),
    **{str(d): TensorLeaf(torch.ones(2).to(d)) for d in (torch.bool, torch.uint8, torch.int16, torch.uint16,
                                                         torch.float16, torch.bfloat16, torch.float64)},
    "container": Container("tuple", 3),
    "bound": Bound(3, 4.5),
    "marker": Marker("a `set`"),
    "numbers": 1.5, "infinite": float("-inf"), "minus zero": -0.0, "small": 5e-324,
    "int": -7, "huge": -(10**300), "bool": True, "none": None,
    "text": "é\0\n", "surrogates \ud83d": "\ud83d\ude00",
}  # fmt: skip
SHARED = torch.arange(4.0)
SEEN = Seen(
    "case", LEAVES, {"x": TensorLeaf(SHARED)}, {"x": TensorLeaf(SHARED), "y": TensorLeaf(SHARED[1:])},
    frozenset({"x"}), ExceptionInfo("E", "m", (Frame("cell 1, line 2", "code", "f"),)), "out", 0.25,
    (Violation("torch.relu", "call", "line"),), "stopped",
)  # fmt: skip


def test_every_leaf_crosses() -> None:
    back = with_tensors(wire.decode_seen(wire.encode_seen(SEEN)), SEEN.before)
    for part in ("observations", "before", "after"):
        sent, got = getattr(SEEN, part), getattr(back, part)
        assert sent.keys() == got.keys()
        for path, leaf in sent.items():
            if isinstance(leaf, TensorLeaf):
                assert got[path].device == leaf.device and got[path].data.dtype == leaf.data.dtype
                assert got[path].data.shape == leaf.data.shape and got[path].data.tolist() == leaf.data.tolist()
            else:
                assert repr(got[path]) == repr(leaf) and type(got[path]) is type(leaf)
    rest = ("case", "drawn", "exception", "output", "seconds", "evidence", "stopped")
    assert all(getattr(SEEN, name) == getattr(back, name) for name in rest)


def test_what_was_drawn_crosses_as_a_fingerprint() -> None:
    back = wire.decode_seen(wire.encode_seen(SEEN))
    assert isinstance(back.before["x"], Fingerprint) and back.after["x"] == back.before["x"]
    for other in (TensorLeaf(SHARED + 1), TensorLeaf(SHARED.double()), TensorLeaf(SHARED[None]), 1.0):
        assert isinstance(with_tensors(back, {"x": other}).after["x"], Marker)
    assert isinstance(with_tensors(back, {}).before["x"], Marker)


def test_nan_crosses() -> None:
    got = wire.decode_seen(wire.encode_seen(Seen("c", {"n": float("nan")}))).observations["n"]
    assert isinstance(got, float) and got != got


def test_what_cannot_cross_becomes_a_marker() -> None:
    odd = {"int": 10**5000, "text": "x" * (2 << 20), "bound": Bound("x", 1)}  # type: ignore[arg-type]
    back = wire.decode_seen(wire.encode_seen(Seen("c", odd)))
    assert {path: type(leaf) for path, leaf in back.observations.items()} == dict.fromkeys(odd, Marker)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_garbage_is_a_wire_error(data: bytes) -> None:
    for decode in (wire.decode_seen, wire.decode_loaded, wire.decode_texts):
        with pytest.raises(WireError):
            decode(data + b"?")
    if not b"tj".startswith(data[:2]):
        with pytest.raises(WireError):
            framing.FrameReader().feed(data)


def test_a_tensor_of_more_dimensions_than_can_be_compared_is_a_wire_error() -> None:
    deep = TensorLeaf(torch.ones([1] * 65, dtype=torch.bfloat16))
    with pytest.raises(WireError):
        wire.decode_seen(wire.encode_seen(Seen("c", {"x": deep})))


VALID = wire.encode_seen(SEEN)


@settings(max_examples=500, deadline=None)
@given(st.integers(0, len(VALID) - 1), st.binary(max_size=4), st.integers(0, 4))
def test_mutated_observations_decode_or_are_a_wire_error(at: int, new: bytes, cut: int) -> None:
    with contextlib.suppress(WireError):
        wire.decode_seen(VALID[:at] + new + VALID[at + cut :])


def frames(*payloads: bytes, key: bytes = b"k") -> bytes:
    read, write = os.pipe()
    for payload in payloads:
        framing.write_frame(write, framing.SEEN, payload, key)
    os.close(write)
    with open(read, "rb") as file:
        return file.read()


def test_frames_come_whole_however_they_are_cut() -> None:
    reader, got = framing.FrameReader(b"k"), []
    for byte in frames(b"", b"abc", b"x" * 99):
        got += reader.feed(bytes([byte]))
    reader.finish()
    assert [packet.payload for packet in got] == [b"", b"abc", b"x" * 99]


@given(st.integers(0, 60), st.integers(1, 255))
def test_a_flipped_byte_is_noticed(at: int, flip: int) -> None:
    data = bytearray(frames(b"abc", b"0123456789"))
    data[at % len(data)] ^= flip
    reader = framing.FrameReader(b"k")
    with pytest.raises(WireError):
        assert len(reader.feed(bytes(data))) < 2
        reader.finish()


def test_frames_of_another_key_are_garbage_and_those_before_are_kept() -> None:
    reader = framing.FrameReader(b"k")
    assert len(reader.feed(frames(b"abc") + frames(b"forged", key=b""))) == 1
    with pytest.raises(WireError):
        reader.finish()
