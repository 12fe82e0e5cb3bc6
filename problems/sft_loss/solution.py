import torch
import torch.nn.functional as F


def sft_loss(logits: torch.Tensor, labels: torch.Tensor, ignore_index: int = -100) -> torch.Tensor:
    # Position t answers for the label at t + 1. Flattened before the shift, a row's end would answer for the next row.
    logits, labels = logits[:, :-1], labels[:, 1:]
    kept = labels != ignore_index
    loss = F.cross_entropy(logits[kept], labels[kept], reduction="sum")
    # Where nothing is kept, the sum is a 0 that is still on the graph; divided by 0 it would be NaN.
    return loss / max(int(kept.sum()), 1)
