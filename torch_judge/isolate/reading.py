"""Makes sense of what a job sends, as it comes: its frames have one order, and anything else is garbage."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Sequence

from torch_judge.cases.observations import Seen
from torch_judge.errors import JudgeError, ProblemError
from torch_judge.isolate import framing, wire
from torch_judge.isolate.fields import WireError
from torch_judge.isolate.jobs import Job, Outcome

MAX_TOTAL = 64 << 20
"""The most bytes that one seed of a job may send."""
GARBAGE = "the process died or sent garbage"

GoOn = Callable[[int, Sequence[Seen]], bool]
"""Asked when all cases of a seed (its place among the job's seeds) were seen: is the next seed wanted?"""


def always(_: int, __: Sequence[Seen]) -> bool:
    """Every seed is wanted."""
    return True


class Reading:
    """One job's answer. ``status``, ``peak_kb``, ``killed`` and ``server_gone`` are set by whoever follows the job.

    ``wanted`` counts the seeds that were asked for so far.
    """

    def __init__(self, job: Job, key: bytes, walls: tuple[str, ...], go_on: GoOn = always) -> None:
        self.status: int | None = None
        self.peak_kb = 0
        self.killed = ""
        self.server_gone = False
        self.wanted = 1
        self._job, self._walls, self._go_on = job, walls, go_on
        self._reader = framing.FrameReader(key)
        self._total = self._frames = 0
        self._garbage = self._decided = False
        self._fault: tuple[str, ...] = ()
        self._loaded: wire.Loaded | None = None
        self._seen: list[Seen] = []

    def take(self, data: bytes) -> None:
        """Take in a piece of the stream; an empty one is its end."""
        self._total += len(data)
        if self._garbage or self._decided:
            return
        try:
            for packet in self._reader.feed(data):
                self._packet(packet)
            if not data:
                self._reader.finish()
        except WireError:
            self._garbage = True

    @property
    def overfull(self) -> bool:
        """Whether more came than one job may send."""
        return self._total > MAX_TOTAL * len(self._job.seeds)

    def why_kill(self) -> str:
        """Why the job should end now, if it should."""
        if self._garbage:
            return GARBAGE
        most = MAX_TOTAL * len(self._job.seeds) >> 20
        return f"the process was killed: it sent more than {most} MB" if self.overfull else ""

    def outcome(self) -> Outcome:
        """One Seen for every case, in order, at each seed that was wanted.

        Raises ProblemError if cases.py itself failed, JudgeError if a wall could not be put up.
        """
        if self._fault:
            raise self._at_fault(*self._fault)
        loaded = self._loaded or wire.Loaded()
        return Outcome(
            self._runs(loaded),
            [*loaded.notes, *self._walls],
            loaded.missing,
            loaded.error if loaded.missing is not None else None,
            loaded.output,
            self.peak_kb,
            self.server_gone,
        )

    def _packet(self, packet: framing.Packet) -> None:
        at, self._frames = self._frames, self._frames + 1
        names = self._job.case_names
        match packet.kind, at:
            case framing.FAULT, 0:
                self._fault = wire.decode_texts(packet.payload)
            case framing.READY, 0:
                self._walls += wire.decode_texts(packet.payload)
            case framing.LOADED, 1:
                self._loaded = wire.decode_loaded(packet.payload)
            case framing.SEEN, _ if at >= 2 and len(self._seen) < len(names) * len(self._job.seeds):
                seen = wire.decode_seen(packet.payload)
                if seen.case != names[len(self._seen) % len(names)]:
                    raise WireError("the cases are out of order")
                self._seen.append(seen)
                self._ask()
            case framing.END, _ if at >= 2:
                pass
            case _:
                raise WireError("a frame is out of order")

    def _ask(self) -> None:
        """At the end of each seed but the last: is the next one wanted?"""
        seeds, more = divmod(len(self._seen), len(self._job.case_names))
        if not more and seeds < len(self._job.seeds):
            self._decided = not self._go_on(seeds - 1, self._seen[-len(self._job.case_names) :])
            self.wanted += not self._decided

    def _at_fault(self, whose: str, what: str) -> JudgeError:
        problem = self._job.problem
        if whose == "problem":
            return ProblemError(
                f"The cases of `{problem}` cannot be run apart: {what}.",
                f"Mend its cases.py: `torch-judge audit {problem}` runs them.",
            )
        return JudgeError(f"A limit of the separate process cannot be set: {what}.", "Use `check` in a notebook.")

    def _runs(self, loaded: wire.Loaded) -> list[list[Seen]]:
        """What was seen, cut by seeds; the first seed that is not whole is filled up, and ends them."""
        names = self._job.case_names
        runs = [self._seen[at : at + len(names)] for at in range(0, len(self._seen), len(names))]
        if not runs or (len(runs[-1]) == len(names) and len(runs) < len(self._job.seeds) and not self._decided):
            runs.append([])
        runs[-1] += [Seen(name, stopped=why) for name, why in self._stopped(names[len(runs[-1]) :], loaded)]
        return runs

    def _stopped(self, names: tuple[str, ...], loaded: wire.Loaded) -> list[tuple[str, str]]:
        """Why each case that did not report did not."""
        if loaded.missing is not None:
            return [(name, f"not run: `{self._job.entry}` is missing") for name in names]
        why = self._sentence()
        if self._loaded is None:
            return [(name, f"{why} before the first case, while your code was loaded") for name in names]
        later = "not run: an earlier case ended the process"
        by_itself = why.startswith("the process ended by itself")
        first = f"{why} before this case was done" if by_itself else why
        return list(zip(names, [first, *[later] * len(names)], strict=False))

    def _sentence(self) -> str:
        """Why a case did not report, for the learner."""
        if self.killed or self._garbage:
            return self.killed or GARBAGE
        if self.status is None or self.server_gone:
            return "the process and the server that started it were killed"
        code = os.waitstatus_to_exitcode(self.status)
        if code == -signal.SIGXCPU:
            limit = self._job.limits.cpu_s * self.wanted
            return f"the process was killed: it took more than {limit} s of processor time"
        if code == -signal.SIGKILL:
            return (
                "the process was killed: it took too much processor time, wrote too many files, "
                "or the system ran out of memory"
            )
        if code < 0:
            with contextlib.suppress(ValueError):
                return f"the process crashed ({signal.Signals(-code).name})"
        return f"the process ended by itself (exit status {code})"
