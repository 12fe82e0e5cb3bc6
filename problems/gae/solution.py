import torch


@torch.no_grad()  # advantages are targets: no gradient may reach the value network through them
def gae(
    rewards: torch.Tensor,
    values: torch.Tensor,
    dones: torch.Tensor,
    last_value: torch.Tensor,
    gamma: float = 0.99,
    lam: float = 0.95,
) -> tuple[torch.Tensor, torch.Tensor]:
    alive = 1 - dones.to(values.dtype)
    advantages = torch.zeros_like(values)
    next_value, advantage = last_value, torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        # Where the episode has ended with step t, nothing flows back over the border: no value, and no advantage.
        delta = rewards[t] + gamma * next_value * alive[t] - values[t]
        advantage = delta + gamma * lam * alive[t] * advantage
        advantages[t] = advantage
        next_value = values[t]
    return advantages, advantages + values
