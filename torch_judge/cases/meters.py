"""Cost meters: what a piece of code allocates and how many steps it takes, seen at the level of ATen operators."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode


def with_tensors(func: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments of an operator as a dispatch mode must hand them on.

    In TorchScript and under `torch.jit.trace` a number is a tensor, but a mode is given it as a plain number, which
    operators such as `view` then refuse.
    """
    if not args or type(args[0]) not in (float, int, complex, bool):
        return args
    if str(func._schema.arguments[0].type) != "Tensor":
        return args
    doubles = any(isinstance(arg, torch.Tensor) and arg.dtype is torch.float64 for arg in args)
    dtype = torch.float64 if doubles and type(args[0]) is float else None
    return (torch.tensor(args[0], dtype=dtype, device="cpu"), *args[1:])


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
        out = func(*with_tensors(func, args), **(kwargs or {}))
        for tensor in out if isinstance(out, (tuple, list)) else (out,):
            if isinstance(tensor, torch.Tensor):
                # The storage, not numel: an expanded view owns no S × S elements.
                self.elements = max(self.elements, tensor.untyped_storage().nbytes() // tensor.element_size())
        return out
