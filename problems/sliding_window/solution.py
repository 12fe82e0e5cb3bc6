import math

import torch


def sliding_window_attention(Q, K, V, window_size):
    scores = Q @ K.transpose(-2, -1) / math.sqrt(Q.shape[-1])
    positions = torch.arange(Q.shape[1], device=Q.device)
    distances = (positions.unsqueeze(1) - positions).abs()
    weights = torch.softmax(scores.masked_fill(distances > window_size, -math.inf), dim=-1)
    return weights @ V
