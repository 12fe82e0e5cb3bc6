import torch
from torch import Tensor


def ppo_loss(new_logps: Tensor, old_logps: Tensor, advantages: Tensor, clip_ratio: float = 0.2) -> Tensor:
    # The old policy and the advantages are data: only the new log-probabilities are trained.
    advantages = advantages.detach()
    ratio = torch.exp(new_logps - old_logps.detach())
    clipped = ratio.clamp(1 - clip_ratio, 1 + clip_ratio)
    return -torch.minimum(ratio * advantages, clipped * advantages).mean()
