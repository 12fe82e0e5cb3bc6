"""Problem folders on disk: finding and loading them (`problems.py`), refusing bad records
(`records.py`), beginning a new one (`scaffold.py`)."""

from torch_judge.bank.problems import HEADINGS, Bank, Edit, Equivalent, Problem, Reading, find_bank, load
from torch_judge.bank.records import HINTS

__all__ = ["HEADINGS", "HINTS", "Bank", "Edit", "Equivalent", "Problem", "Reading", "find_bank", "load"]
