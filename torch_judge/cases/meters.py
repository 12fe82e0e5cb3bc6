"""Cost meters: what a piece of code allocates and how many steps it takes, seen at the level of ATen operators."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode


class Costs(TorchDispatchMode):
    """Remembers the number of elements of the largest storage that any operator returned, and counts the operators."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.elements = 0
        self.operators = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Entering a first dispatch mode would import torch._dynamo (0.8 s) otherwise."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.operators += 1
        out = func(*args, **(kwargs or {}))
        for tensor in out if isinstance(out, (tuple, list)) else (out,):
            if isinstance(tensor, torch.Tensor):
                # The storage, not numel: an expanded view owns no S × S elements.
                self.elements = max(self.elements, tensor.untyped_storage().nbytes() // tensor.element_size())
        return out
