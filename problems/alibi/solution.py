import math

import torch


def geometric(count):
    return [2 ** (-8 * head / count) for head in range(1, count + 1)]


def alibi_bias(num_heads: int, q_len: int, k_len: int) -> torch.Tensor:
    # The slopes of the largest power of two, and as many as are missing from twice that power.
    power = 2 ** int(math.log2(num_heads))
    slopes = (geometric(power) + geometric(2 * power)[0::2])[:num_heads]
    queries = torch.arange(k_len - q_len, k_len)
    distance = queries.unsqueeze(1) - torch.arange(k_len)
    bias = -torch.tensor(slopes).view(-1, 1, 1) * distance
    return bias.masked_fill(distance < 0, -math.inf)
