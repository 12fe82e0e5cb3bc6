"""Builds the notebooks of ``templates/`` and ``solutions/`` from the problem and lesson folders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from torch_judge.bank.lessons import find_lessons
from torch_judge.notebooks import colab
from torch_judge.notebooks import lessons as teaching
from torch_judge.notebooks import welcome as welcoming
from torch_judge.notebooks.cells import code, dumped, install, markdown, notebook
from torch_judge.notebooks.settings import repository_of

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from torch_judge.bank import Bank, Problem

_CELL_MARK = re.compile(r"^# %%.*$", re.MULTILINE)
_CODE_CELL = re.compile(r"^```python cell[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^##+ ", re.MULTILINE)
_TABLE = re.compile(r"(<!-- problems: [^>]*-->\n).*?(<!-- /problems -->)", re.DOTALL)


def welcome(bank: Bank, repository: str | None = None) -> NotebookNode:
    """The notebook to begin with: what this is, the problems by topic, a study plan."""
    texts = welcoming.introduction(bank, repository), welcoming.problems(bank, repository), welcoming.plan(bank)
    ids = "welcome", "problems", "plan"
    cells = [markdown(id, text) for id, text in zip(ids, texts, strict=True)]
    return notebook(
        {"generated": "torch-judge notebooks"},
        [
            cells[0],
            install(repository),
            code("status", welcoming.STATUS, "status"),
            code("review", welcoming.REVIEW, "review"),
            *cells[1:],
        ],
    )


def template(problem: Problem, repository: str | None = None, setup: str = "") -> NotebookNode:
    """The notebook that a learner starts from; with a ``repository`` (OWNER/NAME), a badge opens it in Colab.

    ``setup`` is the source of another set-up cell, of a notebook that travels alone: it links no other.
    """
    lesson = "" if setup else teaching.link(problem)
    return notebook(
        _about(problem),
        [
            markdown("statement", _title(problem, repository, "templates") + lesson + problem.statement),
            install(repository, setup),
            *_starter(problem),
            *_check(problem),
        ],
    )


def solution(problem: Problem, repository: str | None = None) -> NotebookNode:
    """The solution notebook. The section of the notes that holds their first code cell, and what follows it, come
    after the solution, so that the cells may use it.
    """
    before, after = _divided(problem.notes)
    return notebook(
        _about(problem),
        [
            markdown("notes", _title(problem, repository, "solutions") + before),
            install(repository),
            code("solution", problem.solution, "solution"),
            *_plots(after),
            *_check(problem)[:1],
        ],
    )


def write_all(bank: Bank, root: Path, repository: str | None = None, *, whole: bool = True) -> list[Path]:
    """Write ``templates/`` and ``solutions/`` under ``root``; returns the files that changed.

    ``repository`` defaults to that of ``[tool.torch-judge]`` in ``root/pyproject.toml``. Nothing is ever deleted:
    a notebook of no problem may be somebody's work. ``whole``: the welcome notebook and the README's table, too.
    """
    changed = [(path, text) for path, text in _texts(bank, root, repository, whole) if _current(path) != text]
    for path, text in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return [path for path, _ in changed]


def stale(bank: Bank, root: Path, repository: str | None = None, *, whole: bool = True) -> list[Path]:
    """The notebooks that are missing or differ from what `write_all` would write; if ``whole``, also those of no
    problem.
    """
    wanted = dict(_texts(bank, root, repository, whole))
    present = {path for folder in ("templates", "solutions") for path in (root / folder).glob("*.ipynb") if whole}
    return sorted({path for path, text in wanted.items() if _current(path) != text} | (present - wanted.keys()))


def _texts(bank: Bank, root: Path, repository: str | None, whole: bool) -> Iterator[tuple[Path, str]]:
    repository = repository or repository_of(root)
    if whole:
        yield root / "templates" / "00_welcome.ipynb", dumped(welcome(bank, repository))
    for problem in bank.problems():
        yield root / "templates" / f"{problem.notebook}.ipynb", dumped(template(problem, repository))
        yield root / "solutions" / f"{problem.notebook}_solution.ipynb", dumped(solution(problem, repository))
    for lesson in find_lessons(bank).lessons():
        yield root / "templates" / f"{lesson.notebook}.ipynb", dumped(teaching.lesson(lesson, bank, repository))
    readme = _current(root / "README.md")
    if whole and readme and _TABLE.search(readme):
        yield root / "README.md", _TABLE.sub(lambda match: match[1] + _table(bank) + match[2], readme)


def _table(bank: Bank) -> str:
    """The README's rows, one for each problem."""
    rows = (f"| {p.number:02d} | `{p.id}` | {p.title} | {p.difficulty} | {p.topic} |" for p in bank.problems())
    return "| | id | title | difficulty | topic |\n| ---: | --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"


def _current(path: Path) -> str | None:
    """What the file holds, byte for byte; None if there is none or it is no text."""
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _about(problem: Problem) -> dict[str, str]:
    return {"problem": problem.id, "generated": f"torch-judge notebooks; edit problems/{problem.id}/ instead"}


def _title(problem: Problem, repository: str | None, folder: str) -> str:
    name = problem.notebook if folder == "templates" else f"{problem.notebook}_solution"
    heading = f"# {problem.number:02d} · {problem.title}{'' if folder == 'templates' else ': solution'}"
    badge = colab.badge(repository, f"{folder}/{name}.ipynb")
    return f"{heading}\n\n{badge}**{problem.difficulty}** · {problem.topic}\n\n"


def _starter(problem: Problem) -> list[NotebookNode]:
    parts = [part for part in _CELL_MARK.split(problem.starter) if part.strip()]
    return [
        code("starter-1", part, "starter") if i == 0 else code(f"debug-{i}", part, "debug")
        for i, part in enumerate(parts)
    ]


def _check(problem: Problem) -> list[NotebookNode]:
    return [
        code("check", f'from torch_judge import check, hint\n\ncheck("{problem.id}")', "check"),
        code("hint", f'# hint("{problem.id}")', "hint"),
    ]


def _divided(notes: str) -> tuple[str, str]:
    """The notes before and from the section that holds the first code cell."""
    first = _CODE_CELL.search(notes)
    if not first:
        return notes, ""
    sections = [found.start() for found in _SECTION.finditer(notes, 0, first.start())]
    at = sections[-1] if sections else first.start()
    return notes[:at], notes[at:]


def _plots(notes: str) -> Iterator[NotebookNode]:
    """Markdown cells and, for each block fenced as `python cell`, a code cell."""
    for i, part in enumerate(_CODE_CELL.split(notes)):
        if part.strip():
            yield code(f"plot-{i}", part, "plot") if i % 2 else markdown(f"notes-{i}", part)
