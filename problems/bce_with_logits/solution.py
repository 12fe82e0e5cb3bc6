import torch
import torch.nn.functional as F


def bce_with_logits(
    logits: torch.Tensor,
    targets: torch.Tensor,
    weight: torch.Tensor | None = None,
    pos_weight: torch.Tensor | None = None,
) -> torch.Tensor:
    # -log σ(x) = softplus(-x) and -log(1 - σ(x)) = softplus(x): no probability is formed, so none can round to 0 or 1.
    positive = targets * F.softplus(-logits)
    negative = (1 - targets) * F.softplus(logits)
    if pos_weight is not None:
        positive = pos_weight * positive
    loss = positive + negative
    if weight is not None:
        loss = weight * loss
    return loss.mean()
