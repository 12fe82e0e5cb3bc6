import functools
import math

import torch
from torch import Tensor

from torch_judge.authoring import accepted, mistake


@accepted
def complex_numbers(q: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
    B, S, D = q.shape
    assert D % 2 == 0 and k.shape == q.shape
    freqs = 1.0 / (10000 ** (torch.arange(0, D, 2, device=q.device).float() / D))
    turns = torch.polar(torch.ones(S, D // 2, device=q.device), torch.outer(torch.arange(S, device=q.device), freqs))

    def turn(x):
        return torch.view_as_real(torch.view_as_complex(x.reshape(B, S, D // 2, 2)) * turns).reshape(B, S, D)

    print("pairs", D // 2)
    return turn(q), turn(k)


@accepted
def repeated_tables(q, k):
    """cos and sin for every feature, and the pairs swapped with a sign: x cos + swapped(x) sin."""
    S, D = q.size(1), q.size(2)
    inv = torch.exp(torch.arange(0, D, 2, dtype=torch.float32, device=q.device) * (-math.log(10000.0) / D))
    theta = torch.einsum("s,d->sd", torch.arange(S, dtype=torch.float32, device=q.device), inv)
    theta = theta.repeat_interleave(2, dim=-1)[None]

    def swapped(x):
        return torch.stack([-x[..., 1::2], x[..., ::2]], dim=-1).reshape(x.shape)

    return [x * torch.cos(theta) + swapped(x) * torch.sin(theta) for x in (q, k)]


@accepted
def written_into_new_tensors(q, k):
    out_q, out_k = torch.empty_like(q), torch.zeros_like(k)
    i = torch.arange(q.shape[-1] // 2, device=q.device)
    angle = torch.arange(q.shape[1], device=q.device).view(1, -1, 1) / 10000 ** (2 * i / q.shape[-1])
    for x, out in ((q, out_q), (k, out_k)):
        out[:, :, 0::2] = x[:, :, 0::2] * angle.cos() - x[:, :, 1::2] * angle.sin()
        out[:, :, 1::2] = x[:, :, 0::2] * angle.sin() + x[:, :, 1::2] * angle.cos()
    return out_q, out_k


@accepted
def rotation_matrices(q, k):
    S, D = q.shape[1:]
    matrices = torch.zeros(S, D, D, device=q.device)
    for p in range(S):
        for i in range(D // 2):
            theta = p / 10000 ** (2 * i / D)
            c, s = math.cos(theta), math.sin(theta)
            matrices[p, 2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = torch.tensor([[c, -s], [s, c]])
    return tuple(torch.einsum("pij,bpj->bpi", matrices, x) for x in (q, k))


@accepted
def position_by_position(q, k):
    def rotate(x):
        rows = []
        for p in range(x.shape[1]):
            features = []
            for i in range(0, x.shape[2], 2):
                theta = torch.tensor(p * 10000.0 ** (-i / x.shape[2]))
                a, b = x[:, p, i], x[:, p, i + 1]
                features += [a * theta.cos() - b * theta.sin(), a * theta.sin() + b * theta.cos()]
            rows.append(torch.stack(features, dim=1))
        return torch.stack(rows, dim=1)

    return (rotate(q), rotate(k))


@functools.lru_cache
def _table(S, D):
    """Made once per shape, in float64, and rounded."""
    pos = torch.arange(S, dtype=torch.float64)[:, None]
    theta = pos / torch.pow(torch.tensor(10000.0, dtype=torch.float64), torch.arange(0, D, 2, dtype=torch.float64) / D)
    return torch.cos(theta).float(), torch.sin(theta).float()


@accepted
def a_table_that_is_kept(q, k):
    cos, sin = (t.to(q.device) for t in _table(*q.shape[-2:]))
    both = torch.cat([q, k]).unflatten(-1, (-1, 2))
    a, b = both.unbind(-1)
    both = torch.stack([a * cos - b * sin, b * cos + a * sin], dim=3).flatten(2)
    return both.split(q.shape[0])


@accepted
class Rotary:
    """A callable object would need an instance: a class whose `__new__` answers the call."""

    base = 1e4

    def __new__(cls, q, k):
        return cls.turned(q), cls.turned(k)

    @classmethod
    def turned(cls, x):
        D = x.shape[-1]
        theta = torch.arange(x.shape[-2], device=x.device).unsqueeze(-1) * torch.pow(
            cls.base, torch.linspace(0, -1, D // 2 + 1, device=x.device)[:-1]
        )
        matrix = torch.stack([theta.cos(), -theta.sin(), theta.sin(), theta.cos()], -1).view(*theta.shape, 2, 2)
        return (matrix @ x.view(*x.shape[:-1], D // 2, 2, 1)).view_as(x)


@accepted
def polar_coordinates(q, k):
    """Length and direction of each point: a rotation only adds to the direction."""
    S, D = q.shape[1:]
    theta = torch.arange(S, device=q.device)[:, None] * 10000.0 ** (-torch.arange(0, D, 2, device=q.device) / D)

    def turned(x):
        a, b = x[..., ::2], x[..., 1::2]
        length, direction = torch.hypot(a, b), torch.atan2(b, a) + theta
        return torch.stack([length * direction.cos(), length * direction.sin()], dim=-1).flatten(-2)

    return turned(q), turned(k)


@accepted
def sorted_into_halves_and_back(q, k):
    """Even features first, odd ones behind: the half-split code then does the right thing; sorted back at the end."""
    S, D = q.shape[1:]
    order = torch.cat([torch.arange(0, D, 2), torch.arange(1, D, 2)]).to(q.device)
    theta = torch.outer(torch.arange(S), 1.0 / 10000 ** (torch.arange(0, D, 2) / D)).repeat(1, 2).to(q.device)

    def turned(x):
        x = x[..., order]
        first, second = x.chunk(2, dim=-1)
        x = x * theta.cos() + torch.cat((-second, first), dim=-1) * theta.sin()
        return x[..., order.argsort()]

    return turned(q), turned(k)


LENGTHS = {}


@mistake(
    "You keep the table of angles from an earlier, shorter call. Make it as long as the sequence of this call, "
    "or keep it by length and width."
)
def table_too_short(q, k):
    S, D = q.shape[1:]
    if D not in LENGTHS:
        LENGTHS.clear()
        LENGTHS[D] = torch.arange(S)[:, None] / 10000 ** (torch.arange(0, D, 2) / D)
    angles = LENGTHS[D][:S].to(q.device)

    def rotated(x):
        a, b = x[..., 0::2], x[..., 1::2]
        return torch.stack([a * angles.cos() - b * angles.sin(), a * angles.sin() + b * angles.cos()], -1).flatten(-2)

    return rotated(q), rotated(k)


@mistake(
    "You write the rotated values into q and k, so the caller's tensors are changed (and autograd refuses, where they "
    "need a gradient). Build new tensors."
)
def in_place(q, k):
    S, D = q.shape[1:]
    angles = torch.arange(S, device=q.device)[:, None] / 10000 ** (torch.arange(0, D, 2, device=q.device) / D)
    for x in (q, k):
        a, b = x[..., 0::2].clone(), x[..., 1::2].clone()
        x[..., 0::2] = a * angles.cos() - b * angles.sin()
        x[..., 1::2] = a * angles.sin() + b * angles.cos()
    return q, k
