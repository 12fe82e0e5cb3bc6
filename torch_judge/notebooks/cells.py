"""Cells and notebooks as values: what all generated notebooks are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch_judge.notebooks import colab

if TYPE_CHECKING:
    from nbformat import NotebookNode


def notebook(about: dict[str, str], cells: list[NotebookNode]) -> NotebookNode:
    """A notebook; ``about`` becomes its metadata ``torch_judge``."""
    from nbformat import v4

    metadata = {
        "torch_judge": about,
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    made: NotebookNode = v4.new_notebook(cells=cells, metadata=metadata)  # type: ignore[no-untyped-call]
    made.nbformat_minor = 5
    return made


def markdown(id: str, text: str) -> NotebookNode:
    """A cell of prose."""
    from nbformat import v4

    cell: NotebookNode = v4.new_markdown_cell(text.strip(), id=id)  # type: ignore[no-untyped-call]
    return cell


def code(id: str, source: str, role: str, **metadata: Any) -> NotebookNode:
    """A cell of code; ``role`` says what part of the notebook it is."""
    from nbformat import v4

    metadata["torch_judge"] = {"role": role}
    cell: NotebookNode = v4.new_code_cell(  # type: ignore[no-untyped-call]
        source.strip("\n").rstrip(), id=id, metadata=metadata
    )
    return cell


def install(repository: str | None, setup: str = "") -> NotebookNode:
    """The set-up cell, folded in JupyterLab (`source_hidden`) and in Colab (`cellView`)."""
    folded = {"tags": ["install"], "jupyter": {"source_hidden": True}, "cellView": "form"}
    return code("install", setup or colab.install(repository), "install", **folded)


def dumped(made: NotebookNode) -> str:
    """As Jupyter itself saves it (keys sorted, indent 1, UTF-8), so that saving it again changes nothing."""
    import nbformat

    text: str = nbformat.writes(made)  # type: ignore[no-untyped-call]
    return text.rstrip("\n") + "\n"
