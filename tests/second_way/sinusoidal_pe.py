"""The mistakes of `sinusoidal_pe`, each written as another learner would: the diagnosis must name them too."""

import functools
import math

import torch


def table(length, dim, base=10000.0, *, exponent=lambda i, dim: 2 * i / dim, start=0, even=math.sin, odd=math.cos):
    """Number by number; ``exponent(i, dim)`` is that of pair i."""
    rows = [
        [(odd if c % 2 else even)(p * base ** -exponent(c // 2, dim)) for c in range(dim)]
        for p in range(start, start + length)
    ]
    return torch.tensor(rows, dtype=torch.float32)


def halves(length, dim, base=10000.0):
    whole = table(length, dim, base)
    return torch.cat([whole[:, ::2], whole[:, 1::2]], dim=1)


def with_exponent(exponent):
    return functools.partial(table, exponent=exponent)


def angle_of_its_own(length, dim, base=10000.0):
    theta = torch.outer(torch.arange(length).float(), base ** -(torch.arange(dim) / dim))
    return torch.where(torch.arange(dim) % 2 == 1, torch.cos(theta), torch.sin(theta))


def multiplied(length, dim, base=10000.0):
    theta = torch.einsum("p,i->pi", torch.arange(length).float(), torch.pow(float(base), torch.arange(0, dim, 2) / dim))
    return torch.stack([theta.sin(), theta.cos()], dim=-1).reshape(length, -1)[:, :dim]


def odd_dim_fails(length, dim, base=10000.0):
    div_term = torch.exp(torch.arange(0, dim, 2) * (-math.log(base) / dim))
    position = torch.arange(length).unsqueeze(1)
    pe = torch.zeros(length, dim)
    pe[:, 0::2] = torch.sin(position * div_term)
    pe[:, 1::2] = torch.cos(position * div_term)
    return pe


def odd_dim_one_more(length, dim, base=10000.0):
    theta = torch.arange(length)[:, None] * base ** -(torch.arange(0, dim, 2) / dim)
    return torch.view_as_real(torch.complex(theta.sin(), theta.cos())).flatten(1)


def odd_dim_last_empty(length, dim, base=10000.0):
    out = torch.zeros(length, dim)
    for i in range(dim // 2):
        theta = torch.arange(length) / base ** (2 * i / dim)
        out[:, 2 * i], out[:, 2 * i + 1] = theta.sin(), theta.cos()
    return out


def base_fixed(length, dim, base=10000.0):
    return table(length, dim)


def transposed(length, dim, base=10000.0):
    return torch.stack(list(table(length, dim, base)), dim=1)


def float64_result(length, dim, base=10000.0):
    rows = [
        [(math.cos if c % 2 else math.sin)(p / base ** ((c - c % 2) / dim)) for c in range(dim)] for p in range(length)
    ]
    return torch.tensor(rows, dtype=torch.float64)


def trained(length, dim, base=10000.0):
    return torch.nn.Parameter(table(length, dim, base))


def reversed_frequencies(length, dim, base=10000.0):
    pairs = (dim + 1) // 2
    return table(length, dim, base, exponent=lambda i, dim: 2 * (pairs - 1 - i) / dim)


KEPT = {}


def kept_without_a_copy(length, dim, base=10000.0):
    key = (length, dim, base)
    if key not in KEPT:
        KEPT[key] = table(*key)
    return KEPT[key]


class Table:
    rows = None


def kept_by_dim(length, dim, base=10000.0):
    if Table.rows is None or Table.rows.shape[1] != dim:
        Table.rows = table(length, dim, base)
    return Table.rows[:length] + 0


SECOND_WAY = {
    "halves": halves,
    "sine_and_cosine_swapped": functools.partial(table, even=math.cos, odd=math.sin),
    "exponent_halved": with_exponent(lambda i, dim: i / dim),
    "exponent_doubled": with_exponent(lambda i, dim: 4 * i / dim),
    "angle_of_its_own": angle_of_its_own,
    "multiplied": multiplied,
    "positions_from_one": functools.partial(table, start=1),
    "odd_dim_fails": odd_dim_fails,
    "odd_dim_one_more": odd_dim_one_more,
    "odd_dim_last_empty": odd_dim_last_empty,
    "divided_by_even_dim": with_exponent(lambda i, dim: i / max(dim // 2, 0.5)),
    "divided_by_rounded_dim": with_exponent(lambda i, dim: i / ((dim + 1) // 2)),
    "base_fixed": base_fixed,
    "transposed": transposed,
    "float64_result": float64_result,
    "exponent_to_the_end": with_exponent(lambda i, dim: 2 * i / max(dim - 2, 1)),
    "last_angle_by_base": with_exponent(lambda i, dim: i / max((dim - 1) // 2, 1)),
    "base_rounded": lambda length, dim, base=10000.0: table(length, dim, base=base // 1),
    "trained": trained,
    "one_angle": with_exponent(lambda i, dim: 2 * i // dim),
    "reversed_frequencies": reversed_frequencies,
    "kept_without_a_copy": kept_without_a_copy,
    "kept_by_dim": kept_by_dim,
}
