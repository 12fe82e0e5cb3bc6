"""The mistakes of `rope`, each written as another learner would: the diagnosis must name them too."""

import math

import torch


def angles_of(x, base=10000.0, exponent=None, start=0):
    """The table of angles, one position at a time; `exponent(i, D)` is that of pair i."""
    S, D = x.shape[1:]
    exponent = exponent or (lambda i, D: 2 * i / D)
    freqs = torch.tensor([1 / base ** exponent(i, D) for i in range(D // 2)])
    return torch.outer(torch.arange(start, S + start).float(), freqs)


def turned(x, theta):
    """By complex numbers."""
    z = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2))
    return torch.view_as_real(z * torch.polar(torch.ones_like(theta), theta)).flatten(-2)


def both(q, k, **options):
    return turned(q, angles_of(q, **options)), turned(k, angles_of(k, **options))


def parts(x):
    pairs = x.reshape(*x.shape[:-1], -1, 2)
    return pairs[..., 0], pairs[..., 1]


def joined(a, b):
    return torch.cat([a.unsqueeze(-1), b.unsqueeze(-1)], dim=-1).reshape(*a.shape[:-1], -1)


def unchanged(q, k):
    return q.clone(), k.clone()


def half_split(q, k):
    theta = torch.cat([angles_of(q)] * 2, dim=-1)

    def rotate_half(x):
        half = x.shape[-1] // 2
        return torch.cat([-x[..., half:], x[..., :half]], dim=-1)

    return q * theta.cos() + rotate_half(q) * theta.sin(), k * theta.cos() + rotate_half(k) * theta.sin()


def written_as_halves(q, k):
    return tuple(torch.cat(parts(x), dim=-1) for x in both(q, k))


def read_as_halves(q, k):
    def interleaved(x):
        half = x.shape[-1] // 2
        return joined(x[..., :half], x[..., half:])

    return both(interleaved(q), interleaved(k))


def other_direction(q, k):
    return turned(q, -angles_of(q)), turned(k, -angles_of(k))


def key_the_other_way(q, k):
    return turned(q, angles_of(q)), turned(k, -angles_of(k))


def no_minus(q, k):
    c, s = angles_of(q).cos(), angles_of(q).sin()
    return tuple(joined(a * c + b * s, b * c + a * s) for a, b in (parts(q), parts(k)))


def two_minuses(q, k):
    c, s = angles_of(q).cos(), angles_of(q).sin()
    return tuple(joined(a * c - b * s, a * s - b * c) for a, b in (parts(q), parts(k)))


def sine_and_cosine_swapped(q, k):
    s, c = angles_of(q).cos(), angles_of(q).sin()
    return tuple(joined(c * a - s * b, s * a + c * b) for a, b in (parts(q), parts(k)))


def second_from_the_new_first(q, k):
    c, s = angles_of(q).cos(), angles_of(q).sin()
    out = []
    for x in (q, k):
        y = x.clone()
        y[..., 0::2] = y[..., 0::2] * c - y[..., 1::2] * s
        y[..., 1::2] = y[..., 0::2] * s + y[..., 1::2] * c
        out.append(y)
    return tuple(out)


def positions_from_one(q, k):
    return both(q, k, start=1)


def same_position(q, k):
    theta = torch.tensor([10000 ** (-2 * i / q.shape[2]) for i in range(q.shape[2] // 2)])
    return turned(q, theta.expand(q.shape[1], -1)), turned(k, theta.expand(q.shape[1], -1))


def positions_along_the_batch(q, k):
    theta = angles_of(q.transpose(0, 1)).unsqueeze(1)
    return turned(q, theta.repeat(1, q.shape[1], 1)), turned(k, theta.repeat(1, q.shape[1], 1))


def exponent_halved(q, k):
    return both(q, k, exponent=lambda i, D: i / D)


def exponent_doubled(q, k):
    return both(q, k, exponent=lambda i, D: 2 * i / (D / 2))


def exponent_to_the_end(q, k):
    return both(q, k, exponent=lambda i, D: i / max(D // 2 - 1, 1))


def one_frequency(q, k):
    return both(q, k, exponent=lambda i, D: 0)


def growing_frequencies(q, k):
    S, D = q.shape[1:]
    theta = torch.arange(S)[:, None] * torch.pow(10000.0, torch.arange(0, D, 2) / D)
    return turned(q, theta), turned(k, theta)


def reversed_frequencies(q, k):
    return both(q, k, exponent=lambda i, D: 2 * (D // 2 - 1 - i) / D)


def base_1000(q, k):
    return both(q, k, base=1e3)


def added(q, k):
    encoding = joined(angles_of(q).sin(), angles_of(q).cos())
    return q + encoding, k + encoding


def only_q(q, k):
    return turned(q, angles_of(q)), k.clone()


def only_q_returned(q, k):
    return both(q, k)[0]


def k_first(q, k):
    return both(k, q)


def k_from_q(q, k):
    return both(q, q)


def float64_result(q, k):
    S, D = q.shape[1:]
    theta = [[p * 10000 ** (-2 * i / D) for i in range(D // 2)] for p in range(S)]
    c = torch.tensor([[math.cos(t) for t in row] for row in theta], dtype=torch.double)
    s = torch.tensor([[math.sin(t) for t in row] for row in theta], dtype=torch.double)
    return tuple(joined(a * c - b * s, a * s + b * c) for a, b in (parts(q), parts(k)))


@torch.no_grad()
def detached(q, k):
    return both(q, k)


def in_place(q, k):
    new_q, new_k = both(q, k)
    q.copy_(new_q)
    k.copy_(new_k)
    return q, k


KEPT = []


def table_too_short(q, k):
    S, D = q.shape[1:]
    if not KEPT or KEPT[-1].shape[1] != D // 2:
        KEPT.append(torch.tensor([[p * 10000 ** (-2 * i / D) for i in range(D // 2)] for p in range(S)]))
    theta = KEPT[-1][:S]
    c, s = theta.cos(), theta.sin()
    return tuple(joined(a * c - b * s, a * s + b * c) for a, b in (parts(q), parts(k)))


SECOND_WAY = {
    solution.__name__: solution
    for solution in (
        unchanged, half_split, written_as_halves, read_as_halves, other_direction, key_the_other_way, no_minus,
        two_minuses, sine_and_cosine_swapped, second_from_the_new_first, positions_from_one, same_position,
        positions_along_the_batch, exponent_halved, exponent_doubled, exponent_to_the_end, one_frequency,
        growing_frequencies, reversed_frequencies, base_1000, added, only_q, only_q_returned, k_first, k_from_q,
        float64_result, detached, in_place, table_too_short,
    )
}  # fmt: skip
