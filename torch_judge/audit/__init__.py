"""Every problem proves its own tests: right solutions are accepted, and every wrong one that we can think of is not."""

from __future__ import annotations

import functools
import multiprocessing
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TextIO

import torch

from torch_judge.audit.bugs import check_bugs
from torch_judge.audit.checks import (
    check_cases,
    check_mistakes,
    check_readings,
    check_reference,
    check_starter,
    check_variants,
)
from torch_judge.audit.exploits import check_exploits
from torch_judge.audit.findings import Exam
from torch_judge.audit.inputs import check_arguments, check_float64, check_seeds
from torch_judge.audit.lint import lint_cases
from torch_judge.audit.official import check_official
from torch_judge.audit.proofs import Proofs
from torch_judge.audit.survivors import Tally, judge_mutants
from torch_judge.audit.writing import check_writing
from torch_judge.bank.problems import Problem
from torch_judge.errors import JudgeError

COLUMNS = ("problem", "cases", "mistakes rejected", "diagnosed", "variants", "readings", "official", "exploits",
           "mutants", "killed", "equivalent", "surviving", "failures", "seconds")  # fmt: skip
PAGE = ("problem", "cases", "mistakes rejected", "diagnosed", "accepted variants", "exploits", "mutants", "killed",
        "equivalent", "surviving")  # fmt: skip
PREFACE = """<!-- Written by `make audit` -->
# How the tests prove themselves

Each problem keeps known mistakes and accepted variants, and the audit runs all of them through the judge: every
mistake must be rejected and named, every variant accepted, every shared exploit refused (a Tensor subclass, an empty
tensor, zeroed inputs, a detached output, cached outputs, …). Then it makes first-order mutants of the reference (a
comparison, an operator, a constant, an axis changed; a keyword, a call, a statement dropped; arguments swapped; values
detached; in-place writes lost). A mutant that survives is either listed in `problem.toml` under `[[equivalent]]` with
the proof that it is no mistake, or the problem needs another case.

"""
Row = dict[str, object]
PROVEN = "proven before"


def audit(
    problems: Sequence[Problem],
    *,
    seeds: int = 1,
    out: TextIO | None = None,
    mutate: bool = True,
    page: Path | None = None,
    jobs: int = 1,
    proofs: Proofs | None = None,
    turn: int = 0,
) -> bool:
    """Audit ``problems`` and write a Markdown table, then every failure with its remedy; True if nothing failed.

    ``seeds`` is how many seeds are tried; ``mutate=False`` leaves out the mutants of the reference; ``page`` is
    written with what does not depend on the seeds; ``jobs`` is how many processes share the work. What ``proofs`` has
    of an unchanged problem is not proven again, but for a handful that ``turn`` chooses; what is proven is added to it.
    """
    out = out or sys.stdout
    failures: dict[str, list[str]] = {}
    table = [_line(PAGE), _line(["---"] + ["---:"] * (len(PAGE) - 1))]
    print(_line(COLUMNS), _line(["---"] + ["---:"] * (len(COLUMNS) - 1)), sep="\n", file=out, flush=True)
    needed = proofs.needed(problems, seeds, turn) if proofs else dict.fromkeys((p.id for p in problems), seeds)
    results = _all([p for p in problems if needed[p.id]], needed, mutate, jobs)
    for problem in problems:
        if proofs and not needed[problem.id]:
            row, failures[problem.id] = proofs.row(problem) | {"seconds": PROVEN}, []
        else:
            row, failures[problem.id] = next(results)
            if proofs:
                kept = {column: row.get(column, "-") for column in PAGE[1:]}
                proofs.keep(problem, needed[problem.id], kept, holds=mutate and not failures[problem.id])
        print(_line([problem.id, *(row.get(column, "-") for column in COLUMNS[1:])]), file=out, flush=True)
        table.append(_line([problem.id, *(row.get(column, "-") for column in PAGE[1:])]))
    for id, sentences in failures.items():
        if sentences:
            print(f"\n## {id}\n", *(f"- {_indented(s)}" for s in sentences), sep="\n", file=out)
    if page is not None:
        page.write_text(PREFACE + "\n".join(table) + "\n", encoding="utf-8")
    return not any(failures.values())


def _all(
    problems: Sequence[Problem], seeds: Mapping[str, int], mutate: bool, jobs: int
) -> Iterator[tuple[Row, list[str]]]:
    work, counts = functools.partial(_timed, mutate=mutate), [seeds[problem.id] for problem in problems]
    if jobs == 1 or len(problems) <= 1:
        yield from map(work, problems, counts)
        return
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(work, problems, counts)


def _timed(problem: Problem, seeds: int, mutate: bool) -> tuple[Row, list[str]]:
    started = time.perf_counter()
    row, failures = audited(problem, seeds, mutate)
    return row | {"failures": len(failures), "seconds": f"{time.perf_counter() - started:.1f}"}, failures


def audited(problem: Problem, seeds: int = 1, mutate: bool = True) -> tuple[Row, list[str]]:
    """One problem's row of the table, and its failures."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # tensors are small: more threads only wait for each other
    try:
        exam = Exam.of(problem, max(1, seeds))
        reference = check_reference(exam)
        if reference.failures:  # nothing else would mean anything
            return {}, [*reference.failures, *check_cases(exam).failures, *lint_cases(problem)]
        return _checked(exam, mutate)
    except (JudgeError, SyntaxError) as error:
        return {}, [str(error)]
    finally:
        torch.set_num_threads(threads)


def _checked(exam: Exam, mutate: bool) -> tuple[Row, list[str]]:
    rejected, named = check_mistakes(exam)
    found = {
        "cases": check_cases(exam),
        "mistakes rejected": rejected,
        "diagnosed": named,
        "variants": check_variants(exam),
        "readings": check_readings(exam),
        "official": check_official(exam),
        "exploits": check_exploits(exam),
    }
    tally = judge_mutants(exam) if mutate else Tally()
    row: Row = {name: str(findings) for name, findings in found.items()}
    row |= {"cases": len(exam.known.cases), "accepted variants": len(exam.known.accepted())}
    if mutate:
        row |= {"mutants": tally.made, "killed": tally.killed}
        row |= {"equivalent": len(tally.equivalent), "surviving": len(tally.surviving)}
    unseen = (check_starter, check_bugs, check_seeds, check_arguments, check_float64)  # no column of their own
    failures = [sentence for check in unseen for sentence in check(exam).failures]
    failures += [*lint_cases(exam.problem), *check_writing(exam)]
    failures += [sentence for findings in found.values() for sentence in findings.failures]
    return row, [*failures, *tally.failures]


def _line(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _indented(sentence: str) -> str:
    """A sentence as an item of a Markdown list; the lines to paste become a code block in it."""
    first, *rest = sentence.splitlines()
    return "\n".join([first, *(["", *(f"      {line}" for line in rest), ""] if rest else [])])
