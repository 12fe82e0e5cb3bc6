import torch
import torch.nn.functional as F


def reward_loss(chosen: torch.Tensor, rejected: torch.Tensor, margin: float | torch.Tensor = 0.0) -> torch.Tensor:
    lead = chosen - rejected - margin
    # -log σ(x) = softplus(-x): no probability is formed, so none can round to 0, and the slope at 0 is σ(0) = 1/2.
    return F.softplus(-lead).mean()
