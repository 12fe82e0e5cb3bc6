"""What a problem folder's cases.py and variants.py import: the door to `torch_judge.cases.authoring`."""

from torch_judge.cases.authoring import (
    BY_LOGSUMEXP,
    ROUNDED_SCORES,
    Case,
    CheckFailed,
    Draw,
    accepted,
    case,
    mistake,
    plausible,
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
    "case",
    "mistake",
    "plausible",
    "require",
    "same",
]
