"""Problem folders on disk: finding and loading them (`problems.py`), refusing bad records
(`records.py`), beginning a new one (`scaffold.py`)."""

from torch_judge.bank.problems import HEADINGS, Bank, Edit, Equivalent, Problem, Reading, find_bank, load
from torch_judge.bank.records import CHANCE, HINTS, HISTORY

__all__ = [
    "CHANCE",
    "HEADINGS",
    "HINTS",
    "HISTORY",
    "Bank",
    "Edit",
    "Equivalent",
    "Problem",
    "Reading",
    "find_bank",
    "load",
]
