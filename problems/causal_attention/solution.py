import math

import torch


def causal_attention(Q, K, V):
    scores = Q @ K.transpose(-2, -1) / math.sqrt(Q.shape[-1])
    # Row i belongs to query i, column j to key j: above the diagonal j > i, and the key lies in the future.
    future = torch.ones_like(scores, dtype=torch.bool).triu(diagonal=1)
    weights = torch.softmax(scores.masked_fill(future, -math.inf), dim=-1)
    return weights @ V
