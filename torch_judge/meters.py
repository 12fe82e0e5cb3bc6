"""Cost meters for a problem folder's cases.py: the door to `torch_judge.cases.meters`."""

from torch_judge.cases.meters import Costs

__all__ = ["Costs"]
