"""Builds the notebooks of ``templates/`` and ``solutions/`` from the problem folders."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch_judge.errors import JudgeError

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from torch_judge.bank import Bank, Problem

INSTALL = """\
# @title Set-up: does nothing where the judge is installed
import importlib.util

if importlib.util.find_spec("torch_judge") is None:
    import subprocess
    import sys
    from importlib.metadata import distributions
    from pathlib import Path

    found = [wheel for place in (Path.cwd(), Path("/content")) for wheel in place.glob("torch_exercise_judge-*.whl")]
    if not found:
        raise RuntimeError(
            "torch_judge is not installed: put its wheel (torch_exercise_judge-*.whl) beside this notebook,"
            " or upload it to /content, and run this cell again."
        )
    wheel = str(max(found, key=lambda path: path.stat().st_mtime))
    # Naming the installed version of torch keeps pip from replacing it.
    torch = [f"torch=={d.version}" for d in distributions(name="torch")][:1]
    if subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", wheel, *torch]).returncode:
        raise RuntimeError(f"pip could not install {wheel}: its message above says why.")
    importlib.invalidate_caches()
"""

_CELL_MARK = re.compile(r"^# %%.*$", re.MULTILINE)
_CODE_CELL = re.compile(r"^```python cell[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^##+ ", re.MULTILINE)
_TABLE = re.compile(r"(<!-- problems: [^>]*-->\n).*?(<!-- /problems -->)", re.DOTALL)
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def template(problem: Problem, repository: str | None = None) -> NotebookNode:
    """The notebook that a learner starts from; with a ``repository`` (OWNER/NAME), a badge opens it in Colab."""
    return _notebook(
        problem,
        [
            _markdown("statement", _title(problem, repository, "templates") + problem.statement),
            _install(),
            *_starter(problem),
            *_check(problem),
        ],
    )


def solution(problem: Problem, repository: str | None = None) -> NotebookNode:
    """The solution notebook. The section of the notes that holds their first code cell, and what follows it, come
    after the solution, so that the cells may use it.
    """
    before, after = _divided(problem.notes)
    return _notebook(
        problem,
        [
            _markdown("notes", _title(problem, repository, "solutions") + before),
            _install(),
            _code("solution", problem.solution, "solution"),
            *_plots(after),
            *_check(problem)[:1],
        ],
    )


def write_all(bank: Bank, root: Path, repository: str | None = None) -> list[Path]:
    """Write ``templates/`` and ``solutions/`` under ``root``; returns the files that changed.

    ``repository`` defaults to that of ``[tool.torch-judge]`` in ``root/pyproject.toml``. Nothing is ever deleted:
    a notebook of no problem may be somebody's work.
    """
    changed = [(path, text) for path, text in _texts(bank, root, repository) if _current(path) != text]
    for path, text in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return [path for path, _ in changed]


def stale(bank: Bank, root: Path, repository: str | None = None) -> list[Path]:
    """The notebooks that are missing, that differ from what `write_all` would write, or that belong to no problem."""
    wanted = dict(_texts(bank, root, repository))
    present = {path for folder in ("templates", "solutions") for path in (root / folder).glob("*.ipynb")}
    return sorted({path for path, text in wanted.items() if _current(path) != text} | (present - wanted.keys()))


def _texts(bank: Bank, root: Path, repository: str | None) -> Iterator[tuple[Path, str]]:
    repository = repository or _repository(root)
    for problem in bank.problems():
        yield root / "templates" / f"{problem.notebook}.ipynb", _dumped(template(problem, repository))
        yield root / "solutions" / f"{problem.notebook}_solution.ipynb", _dumped(solution(problem, repository))
    readme = _current(root / "README.md")
    if readme and _TABLE.search(readme):
        yield root / "README.md", _TABLE.sub(lambda match: match[1] + _table(bank) + match[2], readme)


def _table(bank: Bank) -> str:
    """The README's rows, one for each problem."""
    rows = (f"| {p.number:02d} | `{p.id}` | {p.title} | {p.difficulty} | {p.topic} |" for p in bank.problems())
    return "| | id | title | difficulty | topic |\n| ---: | --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"


def _dumped(notebook: NotebookNode) -> str:
    """As Jupyter itself saves it (keys sorted, indent 1, UTF-8), so that saving it again changes nothing."""
    import nbformat

    text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    return text.rstrip("\n") + "\n"


def _current(path: Path) -> str | None:
    """What the file holds, byte for byte; None if there is none or it is no text."""
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _repository(root: Path) -> str | None:
    try:
        data = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise JudgeError(f"`{root / 'pyproject.toml'}` cannot be read: {error}.", "Mend the file.") from None
    repository = data.get("tool", {}).get("torch-judge", {}).get("repository")
    if repository is not None and not (isinstance(repository, str) and _REPOSITORY.fullmatch(repository)):
        raise JudgeError(
            f"`repository` of `[tool.torch-judge]` is {repository!r}.", "Write it as OWNER/NAME, or leave it out."
        )
    return repository


def _notebook(problem: Problem, cells: list[NotebookNode]) -> NotebookNode:
    from nbformat import v4

    metadata = {
        "torch_judge": {
            "problem": problem.id,
            "generated": f"torch-judge notebooks; edit problems/{problem.id}/ instead",
        },
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook: NotebookNode = v4.new_notebook(cells=cells, metadata=metadata)  # type: ignore[no-untyped-call]
    notebook.nbformat_minor = 5
    return notebook


def _title(problem: Problem, repository: str | None, folder: str) -> str:
    suffix = "" if folder == "templates" else "_solution"
    link = f"https://colab.research.google.com/github/{repository}/blob/main/{folder}/{problem.notebook}{suffix}.ipynb"
    badge = f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({link})\n\n"
    heading = f"# {problem.number:02d} · {problem.title}{': solution' if suffix else ''}"
    return f"{heading}\n\n{badge if repository else ''}**{problem.difficulty}** · {problem.topic}\n\n"


def _install() -> NotebookNode:
    # Folded in JupyterLab (`source_hidden`) and in Colab (`cellView`).
    folded = {"tags": ["install"], "jupyter": {"source_hidden": True}, "cellView": "form"}
    return _code("install", INSTALL, "install", **folded)


def _starter(problem: Problem) -> list[NotebookNode]:
    parts = [part for part in _CELL_MARK.split(problem.starter) if part.strip()]
    return [
        _code("starter-1", part, "starter") if i == 0 else _code(f"debug-{i}", part, "debug")
        for i, part in enumerate(parts)
    ]


def _check(problem: Problem) -> list[NotebookNode]:
    return [
        _code("check", f'from torch_judge import check, hint\n\ncheck("{problem.id}")', "check"),
        _code("hint", f'# hint("{problem.id}")', "hint"),
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
            yield _code(f"plot-{i}", part, "plot") if i % 2 else _markdown(f"notes-{i}", part)


def _markdown(id: str, text: str) -> NotebookNode:
    from nbformat import v4

    cell: NotebookNode = v4.new_markdown_cell(text.strip(), id=id)  # type: ignore[no-untyped-call]
    return cell


def _code(id: str, source: str, role: str, **metadata: Any) -> NotebookNode:
    from nbformat import v4

    metadata["torch_judge"] = {"role": role}
    cell: NotebookNode = v4.new_code_cell(  # type: ignore[no-untyped-call]
        source.strip("\n").rstrip(), id=id, metadata=metadata
    )
    return cell
