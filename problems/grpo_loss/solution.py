import torch
from torch import Tensor


def grpo_loss(logps: Tensor, rewards: Tensor, group_ids: Tensor, eps: float = 1e-5) -> Tensor:
    # Advantages are weights, not something to be trained: no gradient flows through them.
    rewards = rewards.detach()
    advantages = torch.zeros_like(rewards)
    for group in group_ids.unique():
        members = group_ids == group
        siblings = rewards[members]
        advantages[members] = (siblings - siblings.mean()) / (siblings.std(unbiased=False) + eps)
    return -(advantages * logps).mean()
