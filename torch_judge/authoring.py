"""What a problem folder's cases.py and variants.py import: the door to `torch_judge.cases.authoring`."""

from torch_judge.cases.authoring import (
    BY_LOGSUMEXP,
    ROUNDED_SCORES,
    Case,
    CheckFailed,
    Draw,
    accepted,
    attempt,
    case,
    load_what_fits,
    mistake,
    plausible,
    refusal,
    require,
    same,
)

__all__ = [
    "BY_LOGSUMEXP",
    "ROUNDED_SCORES",
    "Case",
    "CheckFailed",
    "Draw",
    "accepted",
    "attempt",
    "case",
    "load_what_fits",
    "mistake",
    "plausible",
    "refusal",
    "require",
    "same",
]
