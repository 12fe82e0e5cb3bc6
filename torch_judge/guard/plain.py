"""Calls of torch that do nothing but what their names say: where the call was looked at, its operators need no look.

An operator mode costs three to five times what a small operator does, and nearly all operators come from such calls.
Each of these runs operators that no concept names which does not name the call, too (`tests/test_plain.py` runs them).
"""

from __future__ import annotations

from functools import lru_cache
from types import FunctionType
from typing import Any

import torch

from torch_judge.cases.frames import is_learners

NAMES = """
    add sub mul div neg exp log log1p expm1 sqrt rsqrt pow square abs sign reciprocal sin cos tanh sigmoid erf
    add_ sub_ mul_ div_ neg_ exp_ log_ sqrt_ pow_ abs_ lerp lerp_ addcmul addcmul_ addcdiv addcdiv_ copy_ zero_ fill_
    floor ceil round floor_ round_ remainder floor_divide logaddexp logsumexp
    __rsub__ __rdiv__ __rpow__ __floordiv__ __and__ __or__ __xor__ __invert__ __eq__ eq ne lt le gt ge
    logical_and logical_or logical_not bitwise_and bitwise_or bitwise_not isnan isinf isfinite
    sum mean var std prod amax amin max min maximum minimum argmax argmin cumsum cumprod all any equal
    sort argsort topk kthvalue
    where masked_fill masked_fill_ tril triu tril_ triu_ gather scatter scatter_ scatter_add scatter_add_
    index_select index_add index_add_ index_copy_ nonzero
    matmul mm bmm mv dot outer einsum tensordot addmm baddbmm
    view view_as reshape flatten unflatten transpose t permute movedim squeeze unsqueeze expand expand_as repeat
    repeat_interleave roll flip split chunk unbind cat stack narrow select diagonal diag
    __getitem__ __setitem__ __bool__ __int__ __float__ item tolist
    clone detach detach_ contiguous to float double half bfloat16 long int bool type_as
    tensor as_tensor scalar_tensor empty zeros ones full arange eye linspace empty_like zeros_like ones_like full_like
    new_empty new_zeros new_ones new_full new_tensor
    rand randn randint rand_like randn_like bernoulli bernoulli_ uniform_ normal_ normal multinomial exponential_
    linear softmax log_softmax relu gelu silu embedding layer_norm
    kaiming_uniform_ kaiming_normal_ xavier_uniform_ xavier_normal_ zeros_ ones_ constant_
"""
HOMES: tuple[Any, ...] = (
    torch.Tensor,
    torch._C._VariableFunctions,
    torch.functional,
    torch._C._nn,
    torch.nn.functional,
    torch.nn.init,
)
PROPERTIES = ("T", "mT", "data")


@lru_cache(maxsize=1)
def plain_calls() -> frozenset[Any]:
    """The functions, methods and properties, as a mode of Python-level calls is told of them."""
    found = [getattr(home, name, None) for home in HOMES for name in NAMES.split()]
    properties = [getattr(torch.Tensor, name).__get__ for name in PROPERTIES]
    return frozenset((*properties, *(value for value in found if callable(value) and not _is_learners(value))))


def _is_learners(value: object) -> bool:
    return type(value) is FunctionType and is_learners(value.__code__.co_filename)
