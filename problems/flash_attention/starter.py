# %%
import math

import torch


def flash_attention(Q, K, V, block_size=32):
    """Attention of Q, K, V (B, S, D) tile by tile, without ever holding all S × S scores."""
    pass


# %%
# Look at your own work before you ask the judge: the block size must not change the result.
torch.manual_seed(0)
Q, K, V = torch.randn(1, 6, 4), torch.randn(1, 6, 4), torch.randn(1, 6, 4)
expected = torch.softmax(Q @ K.transpose(1, 2) / math.sqrt(4), dim=-1) @ V
for block_size in (1, 4, 32):
    out = flash_attention(Q, K, V, block_size=block_size)
    error = None if out is None else (out - expected).abs().max().item()
    print(f"block_size={block_size}: largest difference from plain attention:", error)
