"""What the notebook and the command line share: progress kept and told, hints in their order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from torch_judge.bank import HINTS, Bank, Problem
from torch_judge.bank.order import Heading, P, following
from torch_judge.bank.records import DIFFICULTIES
from torch_judge.errors import JudgeError
from torch_judge.learner.progress import Store, Summary, compare_with_last
from torch_judge.report import Report
from torch_judge.show.status import STATES

if TYPE_CHECKING:
    from torch_judge.show import StatusRow


def remember(report: Report, store: Store, source_hash: str = "") -> str:
    """Keep a report as an attempt; the sentence about progress since the one before."""
    sentence = compare_with_last(report, store.last(report.problem))
    store.record(report, source_hash)
    return sentence


def next_hint(problem: Problem, store: Store) -> tuple[int, str]:
    """The level and text of the next hint. The last one stays, and says that it is the last."""
    shown = store.hint_level(problem.id)
    level = min(shown + 1, HINTS)
    store.record_hint(problem.id, level)
    text = problem.hints[level - 1]
    return level, f"{text} (There is no further hint.)" if shown >= HINTS else text


def start_notebook(problem: Problem, to: Path, *, carried: bool = False) -> Path:
    """Write a problem's notebook to ``to`` (an ``.ipynb``, else a folder); ``carried``: with the judge in it.

    Raises JudgeError if it cannot be written; what is there already is left as it is.
    """
    from torch_judge.notebooks import carried as carrying
    from torch_judge.notebooks.build import template
    from torch_judge.notebooks.cells import dumped
    from torch_judge.notebooks.settings import repository

    name = f"{problem.notebook}_colab.ipynb" if carried else f"{problem.notebook}.ipynb"
    target = to if to.suffix == ".ipynb" and not to.is_dir() else to / name
    made = template(problem, setup=carrying.setup(problem)) if carried else template(problem, repository())
    text = dumped(made)
    remedy = f"Name another place: `torch-judge start {problem.id} --to PATH`."
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise JudgeError(f"`{target}` exists already; it was left as it is.", remedy) from None
    except OSError as error:
        raise JudgeError(f"`{target}` cannot be written: {error.strerror}.", remedy) from None
    return target


def problem_rows(bank: Bank, store: Store) -> list[StatusRow]:
    """A row for each problem, by number."""
    summaries = store.summaries()
    return [_row(problem, summaries) for problem in bank.problems()]


def status_rows(bank: Bank, store: Store) -> tuple[list[StatusRow], dict[str, int]]:
    """A row for each problem, by number, and the counts: solved, attempted, total, streak_days."""
    rows = problem_rows(bank, store)
    states = [row.state for row in rows]
    return rows, {
        "solved": states.count("solved"),
        "attempted": states.count("attempted"),
        "total": len(rows),
        "streak_days": store.streak_days(),
    }


def chosen(
    rows: Sequence[StatusRow], topic: str | None = None, difficulty: str | None = None, state: str | None = None
) -> list[StatusRow]:
    """The rows whose topic contains ``topic``, whose difficulty and state begin as told, in any case.

    Raises JudgeError, naming what there is, where no problem's field is such.
    """
    kept = list(rows)
    for field, wanted, every in (
        ("topic", topic, list(dict.fromkeys(row.topic for row in rows))),
        ("difficulty", difficulty, list(DIFFICULTIES)),
        ("state", state, list(STATES)),
    ):
        if wanted is None:
            continue
        asked = wanted.lower().replace("-", " ").strip()
        fits = {v for v in every if (asked in v.lower() if field == "topic" else _begins(v.lower(), asked))}
        if not fits:
            raise JudgeError(f"There is no {field} `{wanted}`.", f"Use one of: {', '.join(every)}.")
        kept = [row for row in kept if getattr(row, field) in fits]
    return kept


def _begins(value: str, asked: str) -> bool:
    return bool(asked) and (value.startswith(asked) or value.replace(" ", "").startswith(asked))


def next_row(rows: Sequence[StatusRow], store: Store) -> StatusRow | None:
    """What to work on: the problem tried last if it is not solved, else the next unsolved one; None if all are."""
    return _next(rows, store.latest(), {row.id for row in rows if row.state == "solved"})


def next_problem(bank: Bank, store: Store) -> StatusRow | None:
    """`next_row` of all the bank's problems, of which none is loaded and no other row made."""
    summaries = store.summaries()
    solved = {id for id, done in summaries.items() if done.state == "solved"}
    found = _next(bank.headings(), store.latest(), solved)
    return None if found is None else _row(found, summaries)


def _next(problems: Sequence[P], latest: str | None, solved: Collection[str]) -> P | None:
    last = next((problem for problem in problems if problem.id == latest), None)
    return last if last is not None and last.id not in solved else following(problems, latest, solved)


def next_sentence(row: StatusRow | None, *, shell: bool = False, options: str = "") -> str:
    """What comes next, and in a shell the command that begins it, with ``options``; "" if nothing does."""
    if row is None:
        return ""
    word = "Go on with" if row.state == "attempted" else "Next"
    how = f" `torch-judge start {row.id}{options}` writes its notebook." if shell and row.state == "to do" else ""
    return f"{word}: `{row.id}`, {row.title} ({row.difficulty}).{how}"


def _row(problem: Problem | Heading, summaries: Mapping[str, Summary]) -> StatusRow:
    from torch_judge.show import StatusRow

    done = summaries.get(problem.id, Summary(problem.id))
    return StatusRow(
        number=problem.number,
        id=problem.id,
        title=problem.title,
        topic=problem.topic,
        difficulty=problem.difficulty,
        state=done.state,
        attempts=done.attempts,
        best_s=done.best_s,
        peeked=done.peeked,
    )
