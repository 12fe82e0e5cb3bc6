"""The mistakes of `alibi`, each written as another learner would: the diagnosis must name them too."""

import math

import torch


def powers(n, first=1):
    return torch.pow(2.0, torch.arange(first, first + n) * (-8.0 / n))


def right_slopes(n, first=1, start=0, step=2):
    p = 1
    while 2 * p <= n:
        p = 2 * p
    return torch.cat([powers(p, first), powers(2 * p, first)[start::step][: n - p]])


class Alibi:
    """A right solution in steps that can go wrong one by one."""

    def slopes(self, n):
        return right_slopes(n)

    def offset(self, q_len, k_len):
        return k_len - q_len

    def bias(self, slope, back):
        """``back``: how far the key lies behind the query."""
        return -slope * back if back >= 0 else -math.inf

    def finished(self, bias):
        return bias

    def __call__(self, num_heads, q_len, k_len):
        first = self.offset(q_len, k_len)
        rows = [
            [[self.bias(m, first + i - j) for j in range(k_len)] for i in range(q_len)]
            for m in self.slopes(num_heads).tolist()
        ]
        return self.finished(torch.tensor(rows))


def with_slopes(slopes):
    made = Alibi()
    made.slopes = slopes
    return lambda num_heads, q_len, k_len: made(num_heads, q_len, k_len)


def with_bias(bias):
    made = Alibi()
    made.bias = bias
    return lambda num_heads, q_len, k_len: made(num_heads, q_len, k_len)


def with_offset(offset):
    made = Alibi()
    made.offset = offset
    return lambda num_heads, q_len, k_len: made(num_heads, q_len, k_len)


def with_end(finished):
    made = Alibi()
    made.finished = finished
    return lambda num_heads, q_len, k_len: made(num_heads, q_len, k_len)


def next_power_cut(n):
    return powers(2 ** math.ceil(math.log2(n)))[:n]


def added_first(n):
    p = 2 ** math.floor(math.log2(n))
    return right_slopes(n).roll(n - p)


KEPT = {}


def kept_without_a_copy(num_heads, q_len, k_len):
    return KEPT.setdefault((num_heads, q_len, k_len), Alibi()(num_heads, q_len, k_len))


class Kept(Alibi):
    table = torch.zeros(0, 0, 0)

    def __call__(self, num_heads, q_len, k_len):
        if Kept.table.shape[1:] != (q_len, k_len) or Kept.table.shape[0] < num_heads:
            Kept.table = super().__call__(num_heads, q_len, k_len)
        return torch.stack(Kept.table.unbind()[:num_heads])


SECOND_WAY = {
    "slopes_from_one": with_slopes(lambda n: right_slopes(n, first=0)),
    "one_formula": with_slopes(powers),
    "positive": with_bias(lambda m, back: m * back if back >= 0 else float("-inf")),
    "no_mask": with_bias(lambda m, back: m * -back),
    "future_is_zero": with_bias(lambda m, back: -m * max(back, 0)),
    "absolute_distance": with_bias(lambda m, back: -m * abs(back)),
    "finite_mask": with_end(lambda bias: torch.nan_to_num(bias, neginf=-1e9)),
    "smallest_number": with_end(lambda bias: bias.clamp(min=torch.finfo(bias.dtype).min)),
    "zero_times_infinity": with_end(lambda bias: bias.nan_to_num(neginf=1.0) + bias.isneginf().float() * -math.inf),
    "no_offset": with_offset(lambda q_len, k_len: 0),
    "offset_negative": with_offset(lambda q_len, k_len: q_len - k_len),
    "mirrored": with_bias(lambda m, back: m * back if back <= 0 else -math.inf),
    "next_power_cut": with_slopes(next_power_cut),
    "consecutive": with_slopes(lambda n: right_slopes(n, step=1)),
    "wrong_half": with_slopes(lambda n: right_slopes(n, start=1)),
    "sorted_slopes": with_slopes(lambda n: right_slopes(n).sort(descending=True).values),
    "added_first": with_slopes(added_first),
    "linear_slopes": with_slopes(lambda n: torch.linspace(1 / n, 1, n)),
    "powers_of_a_half": with_slopes(lambda n: torch.full((n,), 0.5).cumprod(0)),
    "hides_itself": with_bias(lambda m, back: -m * back if back > 0 else -math.inf),
    "sees_the_next": with_bias(lambda m, back: -m * back if back > -2 else -math.inf),
    "distance_from_one": with_bias(lambda m, back: -m - m * back if back >= 0 else -math.inf),
    "heads_last": with_end(lambda bias: torch.stack(list(bias), dim=-1)),
    "transposed": with_end(lambda bias: torch.einsum("hqk->hkq", bias)),
    "float64_result": with_end(lambda bias: bias.double()),
    "trained": with_end(lambda bias: torch.nn.Parameter(bias).masked_fill(bias.isnan(), 0)),
    "batch_axis": with_end(lambda bias: torch.stack([bias])),
    "kept_without_a_copy": kept_without_a_copy,
    "kept_for_more_heads": lambda *sizes, **named: Kept()(*sizes, **named),
}
