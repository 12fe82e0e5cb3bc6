"""What an official verdict costs beside another checkout's, in the same run: `python -m bench.official [OTHER]`.

Prints Markdown: milliseconds for one hand-in of batchnorm in a worker that is warm, right and wrong ones in turn of the
two checkouts, as the clock and as processors' time of the judge and of all its processes. OTHER is a folder with
another checkout, e.g. of the commit before; its modules may lie elsewhere, so it runs in a process of its own. The
last row is a bare fork server: one fork for each hand-in, ten asserts, no guard, no walls.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS, EACH = 4, 10

MEASURE = r"""
import os, sys, time

sys.path.insert(0, sys.argv[1])
try:
    from torch_judge.verdict.official import judge_program
except ImportError:
    from torch_judge.official import judge_program
from torch_judge.bank import find_bank
from torch_judge.isolate import Worker
from torch_judge.submission import Cell, Program

bank = find_bank()
problem, tick = bank.get("batchnorm"), os.sysconf("SC_CLK_TCK")

def fields(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()

def used():
    "Processors' time of this process and of all below it, those that have ended included."
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            parents[int(name)] = int(fields(name)[1])
        except OSError:
            pass
    family = [os.getpid()]
    for one in family:
        family += [pid for pid, parent in parents.items() if parent == one]
    return sum(int(n) for pid in family for n in fields(pid)[11 : 13 if pid == os.getpid() else 15]) / tick

def one(number, right):
    source = problem.solution if right else problem.solution.replace(", unbiased=False", "")
    program = Program("work.py", (Cell("work.py", f"{source}\nnumber = {number}\n"),))
    assert judge_program(problem, program, worker=worker, roots=bank.roots).accepted == right

with Worker() as worker:
    one(0, True)
    one(0, False)
    print("ready", flush=True)
    for line in sys.stdin:
        right, first, count = (int(word) for word in line.split())
        clock, processors = time.perf_counter(), used()
        for number in range(first, first + count):
            one(number, bool(right))
        print(time.perf_counter() - clock, used() - processors, flush=True)
"""

BARE = r"""
import gc, os, sys, time, torch

torch.set_num_threads(1)
with open(sys.argv[1] + "/problems/batchnorm/solution.py") as file:
    source = file.read()
gc.collect()
gc.freeze()

def job():
    names = {}
    exec(source, names)
    for seed in range(10):
        torch.manual_seed(seed)
        x, ones, zeros = torch.randn(8, 5), torch.ones(5), torch.zeros(5)
        expected = torch.nn.functional.batch_norm(x, zeros.clone(), ones.clone(), ones, zeros, True)
        assert (names["my_batch_norm"](x, ones, zeros, zeros.clone(), ones.clone()) - expected).abs().max() < 1e-5
    os._exit(0)

print("ready", flush=True)
for line in sys.stdin:
    _, first, count = (int(word) for word in line.split())
    clock, processors = time.perf_counter(), sum(os.times()[:4])
    for _ in range(count):
        if (pid := os.fork()) == 0:
            job()
        assert os.waitpid(pid, 0)[1] == 0
    print(time.perf_counter() - clock, sum(os.times()[:4]) - processors, flush=True)
"""


class Runner:
    """A process that judges as many hand-ins as it is asked to, and says what they took."""

    def __init__(self, code: str, checkout: str) -> None:
        command = [sys.executable, "-P", "-c", code, checkout]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/")
        assert self._answer() == ["ready"]

    def __call__(self, right: bool, first: int) -> tuple[float, float]:
        assert self._process.stdin is not None
        print(int(right), first, EACH, file=self._process.stdin, flush=True)
        clock, processors = self._answer()
        return float(clock), float(processors)

    def _answer(self) -> list[str]:
        assert self._process.stdout is not None
        return self._process.stdout.readline().split()


def main(other: str | None) -> None:
    """Print the table."""
    here = str(Path(__file__).resolve().parent.parent)
    checkouts = {"here": here} | ({"other": os.path.abspath(other)} if other else {})
    with tempfile.TemporaryDirectory() as home:
        os.environ["TORCH_JUDGE_HOME"] = home
        runners = {name: Runner(MEASURE, path) for name, path in checkouts.items()} | {"bare fork": Runner(BARE, here)}
        print("| who | hand-ins | ms | processors' ms |\n| --- | --- | ---: | ---: |")
        for right in (True, False):
            # In turn, so that a busy machine is busy for all; the best of the rounds.
            rounds = [{who: run(right, 1 + EACH * n) for who, run in runners.items()} for n in range(ROUNDS)]
            for who in runners:
                best = [1000 * min(column) / EACH for column in zip(*(r[who] for r in rounds), strict=True)]
                print(f"| {who} | {'right' if right else 'wrong'} | {best[0]:.1f} | {best[1]:.1f} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
