import torch
import torch.nn.functional as F


def smoothed_cross_entropy(
    logits: torch.Tensor, target: torch.Tensor, eps: float = 0.1, ignore_index: int = -100
) -> torch.Tensor:
    kept = target != ignore_index
    log_probs = F.log_softmax(logits[kept], dim=1)
    of_label = -log_probs.gather(1, target[kept].unsqueeze(1)).squeeze(1)
    of_all = -log_probs.mean(dim=1)
    loss = (1 - eps) * of_label + eps * of_all
    # Where no row is kept, the sum is a 0 that is still on the graph; divided by 0 it would be NaN.
    return loss.sum() / max(len(loss), 1)
