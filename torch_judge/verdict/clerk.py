"""A clerk of `torch_judge.isolate.pool`: judges one hand-in after the other, with a server of its own.

``python -P -m torch_judge.verdict.clerk FD``, started by `torch_judge.verdict.many`. It knows no secret: the second
seed comes with the request.
"""

from __future__ import annotations

import contextlib
import gc
import json
import socket
import sys
from io import BufferedRWPair
from pathlib import Path
from typing import Any

from torch_judge.isolate.client import Client


def main() -> None:
    """Answer until the pool closes the socket."""
    lines = socket.socket(fileno=int(sys.argv[1])).makefile("rwb")
    greeting = json.loads(lines.readline())
    client = Client()  # imports torch while this process does
    serve(lines, greeting, client)


def serve(lines: BufferedRWPair, greeting: dict[str, Any], client: Client) -> None:
    """Judge what is asked for, line by line."""
    gc.disable()
    from torch_judge.bank import Bank
    from torch_judge.isolate import Worker
    from torch_judge.verdict import official  # noqa: F401 (torch, and all that an answer needs)

    gc.freeze()  # what is there now stays: the collector need not go through it again and again
    gc.enable()
    bank = Bank(tuple(Path(root) for root in greeting["roots"]))
    with Worker(client) as worker:
        for line in lines:
            lines.write(_answer(bank, worker, greeting, json.loads(line)).encode() + b"\n")
            lines.flush()


def _answer(bank: Any, worker: Any, greeting: dict[str, Any], asked: dict[str, Any]) -> str:
    from torch_judge.errors import JudgeError
    from torch_judge.report import Report
    from torch_judge.submission import Cell, File, Program
    from torch_judge.verdict.official import judge_program

    cells = tuple(Cell(*cell) for cell in asked["cells"])
    files = tuple(File(*file) for file in asked["files"])
    program = Program(asked["name"], cells, asked["problem"], tuple(asked["notes"]), files)
    seed, device = greeting["seed"], greeting["device"]
    try:
        problem = bank.get(asked["problem"])
        report = judge_program(
            problem, program, seed=seed, second=asked["second"], device=device, worker=worker, roots=bank.roots
        )
    except JudgeError as error:
        report = Report(asked["problem"], False, seed, device, isolated=True, error=str(error), fault="judge")
    except Exception as error:
        # One hand-in that trips the judge up is no reason to lose the others.
        what = f"torch-judge itself failed: {type(error).__name__}: {error}; please report it."
        report = Report(asked["problem"], False, seed, device, isolated=True, error=what, fault="judge")
        worker.close()
    return report.to_json()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        main()
