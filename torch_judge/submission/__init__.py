"""What is handed in, as cells of Python: file formats (`formats.py`), magics made inert (`magics.py`), what comes
along (`files.py`), what it all defines (`program.py`), and which problem it solves (`naming.py`).
"""

from torch_judge.submission.files import File
from torch_judge.submission.formats import LARGEST
from torch_judge.submission.lost import lost_entry
from torch_judge.submission.naming import checked_ids, find_problem
from torch_judge.submission.program import (
    Cell,
    Program,
    async_entry,
    clean,
    defined_names,
    defines,
    missing_entry,
    read_program,
    syntax_check,
)

__all__ = [
    "LARGEST",
    "Cell",
    "File",
    "Program",
    "async_entry",
    "checked_ids",
    "clean",
    "defined_names",
    "find_problem",
    "defines",
    "lost_entry",
    "missing_entry",
    "read_program",
    "syntax_check",
]
