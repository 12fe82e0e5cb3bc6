import torch
import torch.nn.functional as F
from torch import Tensor, nn

from torch_judge.authoring import accepted


@accepted
def larger_of_two_losses(new_logps, old_logps, advantages, clip_ratio=0.2):
    old_logps, advantages = old_logps.detach(), advantages.detach()
    ratio = (new_logps - old_logps).exp()
    pg_losses1 = -advantages * ratio
    pg_losses2 = -advantages * torch.clamp(ratio, 1.0 - clip_ratio, 1.0 + clip_ratio)
    return torch.max(pg_losses1, pg_losses2).mean()


@accepted
def by_the_sign_of_the_advantage(new_logps: Tensor, old_logps: Tensor, advantages: Tensor, clip_ratio: float = 0.2):
    A = advantages.data
    ratio = torch.exp(new_logps - old_logps.data)
    good = torch.clamp(ratio, max=1 + clip_ratio) * A
    bad = torch.clamp(ratio, min=1 - clip_ratio) * A
    return -torch.where(A >= 0, good, bad).mean()


@accepted
def bound_g_of_the_advantage(new_logps, old_logps, advantages, clip_ratio=0.2):
    with torch.no_grad():
        g = torch.where(advantages > 0, (1 + clip_ratio) * advantages, (1 - clip_ratio) * advantages)
    ratio = new_logps.exp() / old_logps.detach().exp()
    return -torch.min(ratio * advantages.detach(), g).mean()


@accepted
def masks(new_logps, old_logps, advantages, clip_ratio=0.2):
    assert new_logps.shape == old_logps.shape == advantages.shape
    advantages = advantages.detach().clone()
    ratio = torch.exp(new_logps - old_logps.detach().clone())
    above = (ratio > 1 + clip_ratio) & (advantages > 0)
    below = (ratio < 1 - clip_ratio) & (advantages < 0)
    print("clipped:", (above | below).float().mean().item())
    ratio = ratio.masked_fill(above, 1 + clip_ratio).masked_fill(below, 1 - clip_ratio)
    return -(ratio * advantages).sum() / len(ratio)


@accepted
def sample_by_sample(new_logps, old_logps, advantages, clip_ratio=0.2):
    losses = []
    for new, old, a in zip(new_logps, old_logps.tolist(), advantages.tolist(), strict=True):
        r = torch.exp(new - old)
        c = min(max(r, torch.tensor(1 - clip_ratio)), torch.tensor(1 + clip_ratio))
        losses.append(-min(r * a, c * a))
    return torch.stack(losses).mean()


@accepted
def smallest_of_a_stack(new_logps, old_logps, advantages, clip_ratio=0.2):
    ratio = torch.exp(new_logps - old_logps.detach())
    low, high = torch.tensor(1 - clip_ratio), torch.tensor(1 + clip_ratio)
    clipped = torch.maximum(torch.minimum(ratio, high), low)
    return -(torch.stack([ratio, clipped]) * advantages.detach()).min(dim=0).values.mean()


@accepted
def detached_weights(new_logps, old_logps, advantages, clip_ratio=0.2):
    advantages = torch.tensor(advantages.tolist())
    ratio = torch.exp(new_logps - torch.tensor(old_logps.tolist()))
    surrogate, limited = ratio * advantages, F.hardtanh(ratio, 1 - clip_ratio, 1 + clip_ratio) * advantages
    return torch.mean(torch.where(surrogate < limited, surrogate, limited)) * -1


@accepted
def excess_taken_off(new_logps, old_logps, advantages, clip_ratio=0.2):
    r = (new_logps - old_logps.detach()).exp()
    a = advantages.detach()
    excess = F.relu(r - 1 - clip_ratio) * F.relu(a) - F.relu(1 - clip_ratio - r) * -F.relu(-a)
    return (excess - r * a).mean()


@accepted
def clamped_in_log_space(new_logps, old_logps, advantages, clip_ratio=0.2):
    log_ratio = new_logps - old_logps.detach()
    edges = torch.tensor([1 - clip_ratio, 1 + clip_ratio]).log()
    both = torch.stack((log_ratio, log_ratio.clamp(edges[0], edges[1])), dim=1).exp() * advantages.detach()[:, None]
    return both.amin(dim=1).mean().neg()


class PPO(nn.Module):
    def __init__(self, eps):
        super().__init__()
        self.eps = eps

    def forward(self, new, old, advantages):
        ratio = torch.exp(new - old)
        return -torch.min(ratio * advantages, torch.clip(ratio, 1 - self.eps, 1 + self.eps) * advantages)


@accepted
def module_inside(new_logps, old_logps, advantages, clip_ratio=0.2):
    return PPO(clip_ratio)(new_logps, old_logps.detach(), advantages.detach()).mean()
