"""What belongs together in a report: evidence about one line, cases that fail alike, numbers that follow each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from torch_judge.report import CaseResult, ExceptionInfo, Violation


@dataclass(frozen=True)
class Bullet:
    """What was seen of one line of the learner's, whatever number of witnesses saw it; ``line`` may be unknown ("")."""

    line: str
    apis: tuple[str, ...]
    witnesses: tuple[str, ...]


@dataclass(frozen=True)
class Alike:
    """Failing cases that raised the same, by number; a case that failed in its own way stands alone."""

    numbers: tuple[int, ...]
    cases: tuple[CaseResult, ...]

    @property
    def first(self) -> CaseResult:
        """The case to show for all of them."""
        return self.cases[0]


def bullets(violations: Iterable[Violation]) -> list[Bullet]:
    """One bullet for each line that breaks a ban; what no line is known for comes last, in one bullet."""
    lines: dict[str, list[Violation]] = {}
    for violation in violations:
        lines.setdefault(violation.line, []).append(violation)
    lines = {line: lines[line] for line in sorted(lines, key=lambda line: not line)}
    return [
        Bullet(line, tuple(dict.fromkeys(v.api for v in found)), tuple(dict.fromkeys(v.witness for v in found)))
        for line, found in lines.items()
    ]


def alike(failed: Iterable[tuple[int, CaseResult]]) -> list[Alike]:
    """The failing cases, those that raised the same together and on top."""
    groups: dict[tuple[str, ExceptionInfo | None, int], list[tuple[int, CaseResult]]] = {}
    for at, (number, case) in enumerate(failed):
        key = (case.message, case.exception, at if case.mismatches or not number else -1)
        groups.setdefault(key, []).append((number, case))
    found = [Alike(tuple(n for n, _ in group), tuple(c for _, c in group)) for group in groups.values()]
    return sorted(found, key=lambda group: len(group.cases) == 1)


def ranges(numbers: Sequence[int]) -> str:
    """``1 to 4, 6 and 9``."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    texts = [f"{run[0]} to {run[-1]}" if len(run) > 2 else " and ".join(map(str, run)) for run in runs]
    if len(texts) == 1:
        return texts[0]
    texts = [str(n) for n in sorted(numbers)] if all(len(run) <= 2 for run in runs) else texts
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


def cases(numbers: Sequence[int]) -> str:
    """``case 3``, ``cases 1 to 4``; ``a case`` where it has no number."""
    known = [number for number in numbers if number]
    if not known:
        return "a case"
    return f"case{'s' if len(known) > 1 else ''} {ranges(known)}"
