"""What is handed in, as cells of Python: notebooks and files read (`program.py`), magics made inert (`magics.py`)."""

from torch_judge.submission.program import (
    LARGEST,
    Cell,
    Program,
    clean,
    defined_names,
    find_problem,
    missing_entry,
    read_program,
    syntax_check,
)

__all__ = [
    "LARGEST",
    "Cell",
    "Program",
    "clean",
    "defined_names",
    "find_problem",
    "missing_entry",
    "read_program",
    "syntax_check",
]
