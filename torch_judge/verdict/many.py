"""Many official verdicts: a pool of processes judges hand-ins, in any order, each once."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
import zlib
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any

from torch_judge.bank import Bank
from torch_judge.isolate.pool import ClerkGone, Pool
from torch_judge.report import Report
from torch_judge.submission import Program
from torch_judge.verdict.second_seed import canonical, installation_secret, second_seed

REMEMBERED = 1024
"""How many judged programs are remembered for their twins, packed: each is about a kilobyte."""


@dataclass(frozen=True)
class HandIn:
    """One program to judge as a solution of ``problem``; ``label`` says whose it is, and comes back with the report."""

    label: str
    program: Program
    problem: str


@dataclass(frozen=True)
class Judged:
    """The report on one hand-in. ``twin`` is the label of an equal program if the report is that one's."""

    label: str
    report: Report
    seconds: float = 0.0
    twin: str | None = None


def judge_many(
    hand_ins: Iterable[HandIn],
    *,
    bank: Bank,
    workers: int | None = None,
    seed: int = 0,
    device: str = "cpu",
    secret: bytes | None = None,
) -> Iterator[Judged]:
    """Judge all of them officially, on ``workers`` processes (default: the processors); yields in any order.

    Takes from ``hand_ins`` only a few ahead, so a generator may read them from disk. Equal programs (comments and
    layout apart) for one problem are judged once. Nothing raises for one hand-in's sake: what kept it from being
    judged is its report's ``error``, with ``fault`` "learner" or "judge". ``secret`` replaces the installation's.
    """
    with open_pool(bank, workers=workers, seed=seed, device=device) as pool:
        yield from judge_in(pool, hand_ins, secret)


def open_pool(bank: Bank, *, workers: int | None = None, seed: int = 0, device: str = "cpu") -> Pool:
    """A pool of clerks that judge: a context manager, for as many calls of `judge_in` as you like."""
    greeting = {"roots": [str(root) for root in bank.roots], "seed": seed, "device": device}
    return Pool("torch_judge.verdict.clerk", greeting, workers)


def judge_in(pool: Pool, hand_ins: Iterable[HandIn], secret: bytes | None = None) -> Iterator[Judged]:
    """What `judge_many` does, in a pool that is open."""
    yield from _Round(pool, installation_secret() if secret is None else secret).judge(hand_ins)


@dataclass
class _Work:
    """A hand-in in the pool, and those that wait for its report because they look the same."""

    hand_in: HandIn
    key: bytes
    started: float
    twins: list[HandIn] = dataclasses.field(default_factory=list)


@dataclass(frozen=True)
class _Known:
    """What is remembered of a hand-in that was judged: enough to tell whether its report is a twin's, too."""

    label: str
    sources: bytes
    names_a_place: bool
    report: bytes

    @classmethod
    def of(cls, hand_in: HandIn, report: Report) -> _Known:
        text = report.to_json()
        named = _names_a_place(text, hand_in.program)
        return cls(hand_in.label, _digest(hand_in.program), named, zlib.compress(text.encode(), 1))

    def judged(self, twin: HandIn) -> Judged | None:
        """The twin's report; None where the places that the report names may be others in the twin."""
        if self.names_a_place and _digest(twin.program) != self.sources:
            return None
        return Judged(twin.label, Report.from_data(json.loads(zlib.decompress(self.report))), twin=self.label)


class _Round:
    """Everything about one call of `judge_many`."""

    def __init__(self, pool: Pool, secret: bytes) -> None:
        self._pool, self._secret = pool, secret
        self._running: dict[Future[dict[str, Any]], _Work] = {}
        self._by_key: dict[bytes, _Work] = {}
        self._done: OrderedDict[bytes, _Known] = OrderedDict()
        self._ready: deque[Judged] = deque()

    def judge(self, hand_ins: Iterable[HandIn]) -> Iterator[Judged]:
        for hand_in in hand_ins:
            self._take(hand_in)
            while self._waiting >= self._pool.window:
                self._collect()
            yield from self._out()
        while self._running:
            self._collect()
            yield from self._out()

    @property
    def _waiting(self) -> int:
        return sum(1 + len(work.twins) for work in self._running.values())

    def _out(self) -> Iterator[Judged]:
        while self._ready:
            yield self._ready.popleft()

    def _take(self, hand_in: HandIn) -> None:
        key = hashlib.sha256(hand_in.problem.encode() + b"\0" + canonical(hand_in.program)).digest()
        if key in self._done and (judged := self._done[key].judged(hand_in)):
            self._ready.append(judged)
        elif key in self._by_key:
            self._by_key[key].twins.append(hand_in)
        else:
            self._submit(hand_in, key)

    def _submit(self, hand_in: HandIn, key: bytes) -> None:
        program = hand_in.program
        future = self._pool.submit(
            {
                "problem": hand_in.problem,
                "name": program.name,
                "cells": [[cell.label, cell.source] for cell in program.cells],
                "files": [[file.path, file.text] for file in program.files],
                "notes": program.notes,
                "second": second_seed(program, self._secret),
            }
        )
        work = self._running[future] = _Work(hand_in, key, time.monotonic())
        self._by_key.setdefault(key, work)

    def _collect(self) -> None:
        """Wait for at least one report; its twins get the same, or are judged if it names places that they lack."""
        for future in wait(self._running, return_when=FIRST_COMPLETED).done:
            work = self._running.pop(future)
            if self._by_key.get(work.key) is work:
                del self._by_key[work.key]
            report = _report(future, work.hand_in)
            self._ready.append(Judged(work.hand_in.label, report, time.monotonic() - work.started))
            if report.fault != "judge":
                self._done[work.key] = _Known.of(work.hand_in, report)
                while len(self._done) > REMEMBERED:
                    self._done.popitem(last=False)
            for twin in work.twins:
                self._take(twin)


def _report(future: Future[dict[str, Any]], hand_in: HandIn) -> Report:
    try:
        return Report.from_data(future.result())
    except ClerkGone:
        why = "The process that judged this submission ended twice before it had a verdict."
        return Report(hand_in.problem, False, 0, isolated=True, error=why, fault="judge")


def _digest(program: Program) -> bytes:
    return hashlib.sha256("\0".join(program.sources).encode("utf-8", "surrogatepass")).digest()


def _names_a_place(report: str, program: Program) -> bool:
    """Whether a report names a cell or a file of its program: a twin's lines may stand elsewhere."""
    places = (*(cell.label for cell in program.cells), *(file.path for file in program.files))
    return any(json.dumps(place)[1:-1] in report for place in places)
