"""Problem folders on disk: finding and loading them (`problems.py`), beginning a new one (`scaffold.py`)."""

from torch_judge.bank.problems import HEADINGS, HINTS, Bank, Edit, Equivalent, Problem, Reading, find_bank, load

__all__ = ["HEADINGS", "HINTS", "Bank", "Edit", "Equivalent", "Problem", "Reading", "find_bank", "load"]
