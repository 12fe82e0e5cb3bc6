import functools
import math

import numpy as np
import torch
from torch import Tensor, nn

from torch_judge.authoring import accepted, mistake


@accepted
def exponentials_of_logarithms(length: int, dim: int, base: float = 10000.0) -> Tensor:
    """As most repositories write it, with a zero table and a cut for an odd dim."""
    assert length > 0 and dim > 0
    pe = torch.zeros(length, dim)
    position = torch.arange(0, length, dtype=torch.float).unsqueeze(1)
    div_term = torch.exp(torch.arange(0, dim, 2).float() * (-math.log(base) / dim))
    pe[:, 0::2] = torch.sin(position * div_term)
    pe[:, 1::2] = torch.cos(position * div_term[: pe[:, 1::2].shape[1]])
    print("table", tuple(pe.shape))
    return pe


@accepted
def number_by_number(length, dim, base=10000.0):
    rows = []
    for p in range(length):
        row = []
        for column in range(dim):
            theta = p / base ** (2 * (column // 2) / dim)
            row.append(math.cos(theta) if column % 2 else math.sin(theta))
        rows.append(row)
    return torch.tensor(rows)


@accepted
def stacked_pairs(length, dim, base=10000.0):
    """All pairs in full, interleaved by `stack`, and one column too many cut off."""
    i = torch.arange((dim + 1) // 2)
    theta = torch.outer(torch.arange(length).float(), torch.pow(torch.tensor(float(base)), -2 * i / dim))
    return torch.stack([theta.sin(), theta.cos()], dim=2).reshape(length, -1)[:, :dim].contiguous()


@accepted
def phase_of_a_quarter(length, dim, base=10000.0):
    """A cosine is a sine a quarter of a turn later: one table of angles for all columns."""
    column = torch.arange(dim, dtype=torch.float64)
    even = column - column % 2
    theta = torch.arange(length, dtype=torch.float64)[:, None] / base ** (even / dim)
    return torch.sin(theta + column % 2 * math.pi / 2).float()


@accepted
def complex_powers(length, dim, base=10000.0):
    """Each row is the row before, turned: powers of one complex number for every pair."""
    turn = torch.polar(torch.ones(-(-dim // 2)).double(), base ** -(torch.arange(0, dim, 2).double() / dim))
    points = torch.ones_like(turn)
    rows = []
    for _ in range(length):
        rows.append(torch.stack((points.imag, points.real), -1).flatten()[:dim])
        points = points * turn
    return torch.stack(rows).to(torch.float32)


@accepted
def with_numpy(length, dim, base=10000.0):
    angle = np.arange(length)[:, np.newaxis] / np.power(base, (2 * (np.arange(dim) // 2)) / np.float32(dim))
    angle[:, 0::2], angle[:, 1::2] = np.sin(angle[:, 0::2]), np.cos(angle[:, 1::2])
    return torch.from_numpy(angle.astype(np.float32))


@functools.lru_cache(maxsize=8)
def _kept(length, dim, base):
    even = torch.arange(dim).div(2, rounding_mode="floor") * 2
    theta = torch.arange(length).view(-1, 1) * torch.exp(even / dim * -math.log(base))
    return torch.where(torch.arange(dim) % 2 == 0, torch.sin(theta), torch.cos(theta))


@accepted
def kept_and_cloned(length, dim, base=10000.0):
    """A cache; what is handed out is a copy."""
    return _kept(length, dim, base).clone()


class Encoding(nn.Module):
    def __init__(self, length, dim, base):
        super().__init__()
        weight = nn.Parameter(torch.empty(length, dim), requires_grad=False)
        angles = torch.einsum("p,i->pi", torch.arange(length).float(), 1.0 / base ** (torch.arange(0, dim, 2) / dim))
        weight[:, ::2].copy_(angles.sin())
        weight[:, 1::2].copy_(angles.cos().narrow(1, 0, dim // 2))
        self.weight = weight

    def forward(self):
        return self.weight.detach()


@accepted
def module_with_a_frozen_table(length, dim, base=10000.0):
    return Encoding(length, dim, base)()


@mistake(
    "You keep a table and hand it out itself: when the caller changes it (`table += x`), the next call returns what the "
    "caller has made of it. Return a new tensor, e.g. a `clone()`."
)
@functools.lru_cache
def kept_without_a_copy(length, dim, base=10000.0):
    theta = torch.arange(length)[:, None] / base ** (torch.arange(0, dim, 2) / dim)
    return torch.stack((theta.sin(), theta.cos()), -1).flatten(1)[:, :dim]


TABLES = {}


@mistake(
    "You keep the table of an earlier call and use it for other sizes or another base. Make it anew in every call, or keep "
    "it by length, dim and base.",
    varies="history",
)
def kept_by_dim(length, dim, base=10000.0):
    if dim not in TABLES:
        theta = torch.arange(length)[:, None] / base ** (torch.arange(0, dim, 2) / dim)
        TABLES.clear()
        TABLES[dim] = torch.stack((theta.sin(), theta.cos()), -1).flatten(1)[:, :dim]
    return TABLES[dim][:length].clone()
