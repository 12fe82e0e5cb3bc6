"""What is handed in, as cells of Python: file formats (`formats.py`), magics made inert (`magics.py`), what comes
along (`files.py`), what it all defines (`program.py`), what is said when
the entry is not there (`missing.py`), and which problem it solves (`naming.py`).
"""

from torch_judge.submission.files import File
from torch_judge.submission.formats import LARGEST
from torch_judge.submission.missing import async_entry, lost_entry, missing_entry
from torch_judge.submission.naming import checked_ids, find_problem
from torch_judge.submission.program import (
    Cell,
    Program,
    clean,
    defined_names,
    defines,
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
