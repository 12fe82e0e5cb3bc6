"""Attacks on the official verdict: tables of programs that would be accepted without the work that is asked.

`hidden.py` holds ways to hide a call (`RUNS`) and calls to hide (`CALLS`); `direct.py` programs with a road of their own to
what is forbidden; `outside.py` those that reach beyond their process. Names are spelled backwards so that no scan of the
source sees them: what is tested is what happens when they run.
"""
