import math

import torch


def flash_attention(Q, K, V, block_size=32):
    outputs = []
    for Q_block in Q.split(block_size, dim=1):
        highest = torch.full_like(Q_block[..., :1], -math.inf)
        total = torch.zeros_like(highest)
        output = torch.zeros_like(Q_block)
        for K_block, V_block in zip(K.split(block_size, dim=1), V.split(block_size, dim=1), strict=True):
            scores = Q_block @ K_block.transpose(1, 2) / math.sqrt(Q.shape[-1])
            new_highest = torch.maximum(highest, scores.amax(dim=-1, keepdim=True))
            # What was summed so far was measured against the old maximum: bring it to the new one.
            shrink = torch.exp(highest - new_highest)
            weights = torch.exp(scores - new_highest)
            total = shrink * total + weights.sum(dim=-1, keepdim=True)
            output = shrink * output + weights @ V_block
            highest = new_highest
        outputs.append(output / total)
    return torch.cat(outputs, dim=1)
