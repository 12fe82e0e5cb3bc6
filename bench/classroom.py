"""How fast a class is judged, beside a bare fork server: `python -m bench.classroom [HAND-INS]`.

Prints Markdown. The hand-ins are batchnorm's: half right, half wrong in ten ways, two in a hundred hostile; no two are
equal. The bare fork server is the least that anybody would write: a process with torch, one fork a hand-in, exec,
ten asserts on the outputs, no guard, no walls. Both use two workers, one after the other in this same run.

Rates are those of a class that is under way: the clock starts when every worker has answered once (the bare server's,
when it has done everything once), and what comes before stands beside them as the start. The whole command, at the
end, has its start in it.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from torch_judge.bank import find_bank
from torch_judge.submission import Cell, Program
from torch_judge.verdict.many import HandIn, judge_in, open_pool

WORKERS = 2
PROBLEM = "batchnorm"
HOSTILE = 0.02
TEN_ASSERTS = """
for seed in range(10):
    torch.manual_seed(seed)
    x, gamma, beta = torch.randn(6, 4), torch.randn(4), torch.randn(4)
    mean, var = torch.zeros(4), torch.ones(4)
    out = my_batch_norm(x, gamma, beta, mean, var, training=True)
    right = torch.nn.functional.batch_norm(x, None, None, gamma, beta, True)
    assert torch.allclose(out, right, atol=1e-4)
"""


def sources(count: int) -> Iterator[str]:
    """Programs: no two are equal, and the same at every call."""
    problem, chance = find_bank().get(PROBLEM), random.Random(3)
    wrong = [problem.edited(*mistake.edits) for mistake in problem.mistakes if mistake.edits][:10]
    for number in range(count):
        own = f"\nmine_{number} = {number}\n"
        if chance.random() < HOSTILE:
            yield "import os\nos._exit(0)\n" + own
        else:
            yield (problem.solution if chance.random() < 0.5 else chance.choice(wrong)) + own


def judged(programs: list[str], workers: int = WORKERS) -> tuple[float, float]:
    """Hand-ins a second through the pool once every worker has answered, and the seconds until then."""
    work = [HandIn(str(k), Program("a.py", (Cell("a.py", text),)), PROBLEM) for k, text in enumerate(programs)]
    began = time.perf_counter()
    with open_pool(find_bank(), workers=workers) as pool:
        list(judge_in(pool, work[:workers]))  # one each: none is ready before the others have begun
        started = time.perf_counter()
        done = len(list(judge_in(pool, work[workers:])))
        return done / (time.perf_counter() - started), started - began


def bare(programs: list[str], workers: int = WORKERS) -> tuple[float, float]:
    """Hand-ins a second through bare forks, and the seconds until the first: the import of torch."""
    began = time.perf_counter()
    import torch

    torch.set_num_threads(1)
    names: dict[str, object] = {}
    exec("import torch\n" + find_bank().get(PROBLEM).solution + TEN_ASSERTS, names)  # warm, as a server would be
    started, running = time.perf_counter(), 0
    for text in programs:
        if running == workers:
            os.wait()
            running -= 1
        if os.fork() == 0:
            code = 1
            try:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                exec("import torch\n" + text + TEN_ASSERTS, {})
                code = 0
            finally:
                os._exit(code)
        running += 1
    while running:
        os.wait()
        running -= 1
    return len(programs) / (time.perf_counter() - started), started - began


def apart(run: Callable[[], Any]) -> Any:
    """The result of ``run`` in a process of its own, so that nothing of it is warm for the next."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        with os.fdopen(writing, "w") as file:
            json.dump(run(), file)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        result = json.load(file)
    os.wait()
    return result


def folder_of(count: int, folder: Path) -> Path:
    """A class of ``count`` students on disk."""
    for number, text in enumerate(sources(count)):
        (folder / f"s{number:05d}").mkdir(parents=True)
        (folder / f"s{number:05d}" / "07_batchnorm.py").write_text(text, encoding="utf-8")
    return folder


def whole(count: int) -> tuple[float, float]:
    """A whole `torch-judge grade`: seconds a hand-in, and the most memory of the judge itself in MB."""
    from torch_judge.cli.main import main

    with tempfile.TemporaryDirectory() as scratch:
        folder = folder_of(count, Path(scratch, "in"))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        started = time.perf_counter()
        main(
            ["grade", str(folder), "--out", str(Path(scratch, "out")), "--workers", str(WORKERS)], standalone_mode=False
        )
        seconds = time.perf_counter() - started
    return seconds / count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    programs = list(sources(count))
    rounds = [(apart(lambda: judged(programs)), apart(lambda: bare(programs))) for _ in range(3)]
    (ours, start), (theirs, their_start) = sorted(rounds, key=lambda pair: pair[0][0] / pair[1][0])[1]
    print(f"{count} hand-ins of {PROBLEM}, {WORKERS} workers, the round of three with the median share:\n")
    print("| | hand-ins a second | start, s |\n| --- | ---: | ---: |")
    print(f"| torch-judge, all walls | {ours:.1f} | {start:.1f} |")
    print(f"| bare fork server | {theirs:.1f} | {their_start:.1f} |\n| share | {ours / theirs:.0%} | |\n")
    print("| hand-ins | seconds each, the whole command | judge's memory, MB |\n| ---: | ---: | ---: |")
    for size in (count * 2 // 5, count * 4):
        seconds, memory = apart(lambda size=size: whole(size))
        print(f"| {size} | {seconds:.4f} | {memory:.0f} |", flush=True)


if __name__ == "__main__":
    main()
