import functools
import math

import torch
from torch import Tensor
from torch.nn import functional as F

from torch_judge.authoring import accepted, mistake


@accepted
def recursion(num_heads: int, q_len: int, k_len: int) -> Tensor:
    """Slopes by recursion, positions as an outer difference, the mask added."""

    def get_slopes(n):
        if math.log2(n).is_integer():
            start = 2 ** (-(2 ** -(math.log2(n) - 3)))
            return [start * start**i for i in range(n)]
        closest = 2 ** math.floor(math.log2(n))
        return get_slopes(closest) + get_slopes(2 * closest)[0::2][: n - closest]

    assert q_len <= k_len
    slopes = torch.tensor(get_slopes(num_heads), dtype=torch.float32)
    relative = torch.arange(k_len)[None, :] - torch.arange(k_len - q_len, k_len)[:, None]
    mask = torch.full((k_len, k_len), float("-inf")).triu(1)[k_len - q_len :]
    print("slopes", slopes)
    return slopes[:, None, None] * relative.clamp(max=0)[None] + mask


@accepted
def number_by_number(num_heads, q_len, k_len):
    n = 1
    while n * 2 <= num_heads:
        n *= 2
    bias = torch.empty(num_heads, q_len, k_len)
    for h in range(num_heads):
        slope = 2 ** (-8 * (h + 1) / n) if h < n else 2 ** (-8 * (2 * (h - n) + 1) / (2 * n))
        for i in range(q_len):
            for j in range(k_len):
                distance = k_len - q_len + i - j
                bias[h, i, j] = -slope * distance if distance >= 0 else -math.inf
    return bias


@accepted
def exponents_as_tensors(num_heads, q_len, k_len):
    n = 1 << (num_heads.bit_length() - 1)
    exponents = torch.cat([torch.arange(1, n + 1) * 8 / n, (torch.arange(num_heads - n) * 2 + 1) * 4 / n])
    distance = torch.arange(k_len - q_len, k_len).view(-1, 1).sub(torch.arange(k_len)).float()
    distance = torch.where(distance < 0, torch.inf, distance)
    return torch.einsum("h,qk->hqk", -torch.exp2(-exponents), distance)


@accepted
def full_table_and_cut(num_heads, q_len, k_len):
    """Distances by a running count of the keys seen so far; the whole square, of which the last rows are kept."""
    p = 2 ** math.floor(math.log2(num_heads) + 1e-9)
    of_p, of_2p = (torch.logspace(-8 / c, -8, c, base=2.0) for c in (p, 2 * p))
    slopes = torch.cat((of_p, of_2p[::2][: num_heads - p]))
    seen = torch.ones(k_len, k_len).tril()
    steps = seen.flip(1).cumsum(1).flip(1) - 1  # keys from j on that query i sees, without the first
    square = (slopes.reshape(-1, 1, 1) * -steps).masked_fill_(seen == 0, float("-inf"))
    return square[:, k_len - q_len :, :].contiguous()


@accepted
def windows_of_one_row(num_heads, q_len, k_len):
    """Every row is a window of the row …, -2, -1, 0, -inf, -inf, …"""
    p = max(2**e for e in range(20) if 2**e <= num_heads)
    slopes = [1 / 2 ** (8 / p * h) for h in range(1, p + 1)]
    slopes += [1 / 2 ** (8 / (2 * p) * h) for h in range(1, 2 * (num_heads - p), 2)]
    row = torch.cat([torch.arange(-(k_len - 1), 1.0), torch.full((k_len - 1,), -torch.inf)])
    windows = row.unfold(0, k_len, 1).flip(0)[k_len - q_len :]
    return torch.stack([m * windows for m in slopes])


@accepted
class Alibi:
    """A class whose `__new__` answers the call, with slopes that are kept."""

    @staticmethod
    @functools.cache
    def slopes(n):
        p = int(2 ** (len(bin(n)) - 3))
        base = torch.tensor(2.0).pow(-8.0 / p)
        first = base ** torch.arange(1, p + 1)
        if n == p:
            return first
        return torch.cat([first, Alibi.slopes(2 * p)[0::2]])[:n]

    def __new__(cls, num_heads, q_len, k_len):
        distances = torch.arange(k_len).flip(0) - torch.arange(q_len).flip(0)[:, None]
        bias = distances.expand(num_heads, -1, -1).mul(cls.slopes(num_heads)[:, None, None]).neg()
        hidden = F.pad(torch.ones(q_len, q_len).triu(1), (k_len - q_len, 0)).bool()
        bias[:, hidden] = -math.inf
        return bias


@mistake(
    "You keep a table and hand it out itself: when the caller changes it (`bias += mask`), the next call returns what the "
    "caller has made of it. Return a new tensor, e.g. a `clone()`."
)
@functools.lru_cache
def kept_without_a_copy(num_heads, q_len, k_len):
    return windows_of_one_row(num_heads, q_len, k_len)


KEPT = {}


@mistake(
    "You keep the table (or the slopes) of an earlier call with more heads, and take the first slopes of it. Every number of "
    "heads has slopes of its own: keep them by `num_heads`, too, or make them anew."
)
def kept_for_more_heads(num_heads, q_len, k_len):
    sizes = (q_len, k_len)
    if sizes not in KEPT or len(KEPT[sizes]) < num_heads:
        KEPT.clear()
        KEPT[sizes] = exponents_as_tensors(num_heads, q_len, k_len)
    return KEPT[sizes][:num_heads].clone()
