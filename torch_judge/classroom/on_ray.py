"""Judging over a Ray cluster: one actor for each processor, shards of hand-ins as text, results through the driver.

An actor starts our own server by exec, never by a fork of the actor itself, which holds Ray's threads. What is in
flight when an actor dies is given to its successor; an actor whose server is gone ends itself, and Ray starts another.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch_judge.bank import Bank, find_bank
from torch_judge.errors import JudgeError
from torch_judge.report import Report
from torch_judge.submission import Cell, File, Program
from torch_judge.verdict.many import HandIn, Judged, judge_in, open_pool
from torch_judge.verdict.second_seed import installation_secret

SHARD = 20
IN_FLIGHT = 2
TRIES = 3


def judge_on_ray(hand_ins: Iterable[HandIn], *, bank: Bank, workers: int | None = None) -> Iterator[Judged]:
    """Judge all hand-ins on the cluster that ``ray.init()`` finds (``RAY_ADDRESS``), or on a local one.

    Yields in any order. Raises JudgeError if Ray is not installed or no cluster answers.
    """
    ray = _imported()
    if not ray.is_initialized():
        try:
            ray.init(log_to_driver=False, include_dashboard=False)
        except Exception as error:
            raise JudgeError(f"No Ray cluster answers: {error}.", "See `RAY_ADDRESS` and docs/class.md.") from None
    count = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
    actor = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=TRIES)(Grader)
    roots = [str(root) for root in bank.roots]
    crew = [actor.remote(roots, installation_secret()) for _ in range(count)]
    try:
        yield from _Round(ray, crew).judge(hand_ins)
    finally:
        for member in crew:
            ray.kill(member)


def _imported() -> Any:
    try:
        import ray
    except ImportError:
        raise JudgeError("Ray is not installed.", "Run `pip install 'torch-exercise-judge[ray]'`.") from None
    return ray


class Grader:
    """What runs in an actor: a pool of one, kept for its life."""

    def __init__(self, roots: list[str], secret: bytes) -> None:
        # The same folders where the machines share them, as they do on one machine; else each machine's own.
        here = tuple(Path(root) for root in roots if Path(root).is_dir())
        self._pool = open_pool(Bank(here) if here else find_bank(), workers=1)
        self._secret = secret

    def judge(self, shard: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The reports on a shard of hand-ins, each with its label."""
        judged = judge_in(self._pool, [unpacked(data) for data in shard], self._secret)
        return [{"label": one.label, "report": one.report.to_json(), "seconds": one.seconds} for one in judged]


class _Round:
    """Shards in flight, and which actor has them."""

    def __init__(self, ray: Any, crew: list[Any]) -> None:
        self._ray, self._crew = ray, crew
        self._flying: dict[Any, tuple[Any, list[dict[str, Any]], int]] = {}

    def judge(self, hand_ins: Iterable[HandIn]) -> Iterator[Judged]:
        """Keep every actor busy; a shard whose actor died is given to another."""
        shards = _shards(hand_ins)
        for member in self._crew * IN_FLIGHT:
            self._send(member, next(shards, []))
        while self._flying:
            (done,), _ = self._ray.wait(list(self._flying), num_returns=1)
            member, shard, tries = self._flying.pop(done)
            try:
                answers = self._ray.get(done)
            except self._ray.exceptions.RayActorError:
                if tries < TRIES:
                    self._send(member, shard, tries + 1)
                    continue
                answers = [_unjudged(data) for data in shard]
            for answer in answers:
                yield Judged(answer["label"], Report.from_json(answer["report"]), answer["seconds"])
            self._send(member, next(shards, []))

    def _send(self, member: Any, shard: list[dict[str, Any]], tries: int = 1) -> None:
        if shard:
            self._flying[member.judge.remote(shard)] = (member, shard, tries)


def _shards(hand_ins: Iterable[HandIn]) -> Iterator[list[dict[str, Any]]]:
    rest = iter(hand_ins)
    while shard := [packed(hand_in) for hand_in in itertools.islice(rest, SHARD)]:
        yield shard


def _unjudged(data: dict[str, Any]) -> dict[str, Any]:
    why = f"The process that judged this submission ended {TRIES} times before it had a verdict."
    report = Report(data["problem"], False, 0, isolated=True, error=why, fault="judge")
    return {"label": data["label"], "report": report.to_json(), "seconds": 0.0}


def packed(hand_in: HandIn) -> dict[str, Any]:
    """A hand-in as plain data."""
    return {"label": hand_in.label, "problem": hand_in.problem, "program": asdict(hand_in.program)}


def unpacked(data: dict[str, Any]) -> HandIn:
    """What `packed` packed."""
    fields = data["program"]
    cells = tuple(Cell(**cell) for cell in fields["cells"])
    files = tuple(File(**file) for file in fields["files"])
    program = Program(**{**fields, "cells": cells, "files": files, "notes": tuple(fields["notes"])})
    return HandIn(data["label"], program, data["problem"])
