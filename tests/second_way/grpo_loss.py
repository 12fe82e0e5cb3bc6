"""The mistakes of `grpo_loss` as another learner would write them."""

import torch


def _standardised(rewards, group_ids, by, mean=None, std=None):
    """Advantages by a matrix of who belongs to whom; ``by`` is what a centred reward is divided by, given its std."""
    groups, inverse = torch.unique(group_ids, return_inverse=True)
    count = torch.bincount(inverse).float()[inverse]
    same = (inverse[:, None] == inverse[None, :]).float()
    mean = (same @ rewards) / count if mean is None else mean
    centred = rewards - mean
    std = (
        ((same * (rewards[None] - (same @ rewards / count)[:, None]) ** 2).sum(1) / count) ** 0.5
        if std is None
        else std
    )
    return centred / by(std)


def whole_batch(logps, rewards, group_ids, eps=1e-5):
    advantages = ((rewards - rewards.mean()) / (rewards.std(correction=0) + eps)).detach()
    return -torch.mean(advantages * logps)


def batch_mean(logps, rewards, group_ids, eps=1e-5):
    with torch.no_grad():
        advantages = _standardised(rewards, group_ids, lambda std: std + eps, mean=rewards.sum() / len(rewards))
    return -torch.mean(advantages * logps)


def batch_std(logps, rewards, group_ids, eps=1e-5):
    with torch.no_grad():
        std = ((rewards - rewards.mean()) ** 2).mean().sqrt()
        advantages = _standardised(rewards, group_ids, lambda std: std + eps, std=std)
    return -torch.mean(advantages * logps)


def equal_blocks(logps, rewards, group_ids, eps=1e-5):
    G = len(set(group_ids.tolist()))
    r = rewards.detach().view(G, -1)
    advantages = ((r - r.mean(1).unsqueeze(1)) / (r.std(1, correction=0).unsqueeze(1) + eps)).view(-1)
    return -torch.mean(advantages * logps)


def runs_of_equal_ids(logps, rewards, group_ids, eps=1e-5):
    total, start, ids = 0.0, 0, group_ids.tolist()
    for end in range(1, len(ids) + 1):
        if end == len(ids) or ids[end] != ids[start]:
            r = rewards[start:end].detach()
            total = total + ((r - r.mean()) / (r.std(correction=0) + eps) * logps[start:end]).sum()
            start = end
    return -total / len(ids)


def ids_from_zero(logps, rewards, group_ids, eps=1e-5):
    total = 0.0 * logps.sum()
    for g in range(group_ids.unique().numel()):
        here = group_ids == g
        r = rewards.detach()[here]
        total = total + ((r - r.mean()) / (((r - r.mean()) ** 2).mean().sqrt() + eps) * logps[here]).sum()
    return -total / len(logps)


def ids_up_to_the_largest(logps, rewards, group_ids, eps=1e-5):
    total = 0.0 * logps.sum()
    for g in range(group_ids.max().item() + 1):
        if (group_ids == g).any():
            r = rewards.detach()[group_ids == g]
            total = total + ((r - r.mean()) / (r.std(correction=0) + eps) * logps[group_ids == g]).sum()
    return -total / len(logps)


def ids_as_indices(logps, rewards, group_ids, eps=1e-5):
    r = rewards.detach()
    G = int(group_ids.max()) + 1
    count = torch.zeros(G).index_add(0, group_ids, torch.ones_like(r))
    centred = r - (torch.zeros(G).index_add(0, group_ids, r) / count)[group_ids]
    std = (torch.zeros(G).index_add(0, group_ids, centred**2) / count).sqrt()[group_ids]
    return -(centred / (std + eps) * logps).mean()


def mean_of_group_means(logps, rewards, group_ids, eps=1e-5):
    losses = []
    for g in set(group_ids.tolist()):
        r = rewards.detach()[group_ids == g]
        losses.append(-((r - r.mean()) / (r.std(correction=0) + eps) * logps[group_ids == g]).mean())
    return sum(losses) / len(losses)


def divides_by_groups(logps, rewards, group_ids, eps=1e-5):
    total = 0.0
    for g in set(group_ids.tolist()):
        r = rewards.detach()[group_ids == g]
        total = total - ((r - r.mean()) / (r.std(correction=0) + eps) * logps[group_ids == g]).sum()
    return total / len(set(group_ids.tolist()))


def sums(logps, rewards, group_ids, eps=1e-5):
    return -torch.dot(_standardised(rewards.detach(), group_ids, lambda std: std + eps), logps)


def one_loss_per_sample(logps, rewards, group_ids, eps=1e-5):
    return -logps * _standardised(rewards.detach(), group_ids, lambda std: std + eps)


def mean_only(logps, rewards, group_ids, eps=1e-5):
    return -torch.mean(_standardised(rewards.detach(), group_ids, lambda std: 1.0) * logps)


def no_mean(logps, rewards, group_ids, eps=1e-5):
    return -torch.mean(_standardised(rewards.detach(), group_ids, lambda std: std + eps, mean=0.0) * logps)


def divides_by_variance(logps, rewards, group_ids, eps=1e-5):
    return -torch.mean(_standardised(rewards.detach(), group_ids, lambda std: std**2 + eps) * logps)


def eps_under_the_root(logps, rewards, group_ids, eps=1e-5):
    return -torch.mean(_standardised(rewards.detach(), group_ids, lambda std: torch.sqrt(std**2 + eps)) * logps)


def eps_as_floor(logps, rewards, group_ids, eps=1e-5):
    return -torch.mean(_standardised(rewards.detach(), group_ids, lambda std: max(float(std), eps)) * logps)


def eps_ignored(logps, rewards, group_ids, eps=1e-5):
    eps = 1e-5
    return -torch.mean(_standardised(rewards.detach(), group_ids, lambda std: std + eps) * logps)


def no_eps(logps, rewards, group_ids, eps=1e-5):
    return -torch.mean(_standardised(rewards.detach(), group_ids, lambda std: std) * logps)


def default_eps(logps, rewards, group_ids, eps=1e-8):
    return -torch.mean(_standardised(rewards.detach(), group_ids, lambda std: std + eps) * logps)


def gradient_to_rewards(logps, rewards, group_ids, eps=1e-5):
    advantages = torch.empty(len(rewards))
    for g in group_ids.unique():
        r = rewards[group_ids == g]
        advantages[group_ids == g] = (r - torch.mean(r)) / (torch.std(r, correction=0) + eps)
    return -torch.mean(advantages * logps)


def detached(logps, rewards, group_ids, eps=1e-5):
    return -torch.mean(_standardised(rewards.detach(), group_ids, lambda std: std + eps) * logps).item()


def sign(logps, rewards, group_ids, eps=1e-5):
    return torch.mean(_standardised(rewards.detach(), group_ids, lambda std: std + eps) * logps)


def exponentiates(logps, rewards, group_ids, eps=1e-5):
    return -torch.mean(_standardised(rewards.detach(), group_ids, lambda std: std + eps) * torch.exp(logps))


def ratio_of_one(logps, rewards, group_ids, eps=1e-5):
    ratio = torch.exp(logps) / torch.exp(logps).detach()
    return -torch.mean(_standardised(rewards.detach(), group_ids, lambda std: std + eps) * ratio)


def clipped_advantages(logps, rewards, group_ids, eps=1e-5):
    advantages = _standardised(rewards.detach(), group_ids, lambda std: std + eps)
    return -torch.mean(torch.clip(advantages, -1, 1) * logps)


def writes_into_rewards(logps, rewards, group_ids, eps=1e-5):
    for g in group_ids.unique():
        r = rewards.data[group_ids == g]
        rewards.data[group_ids == g] = (r - r.mean()) / (r.std(correction=0) + eps)
    return -torch.mean(rewards.detach() * logps)


SECOND_WAY = {name: value for name, value in globals().items() if callable(value) and not name.startswith("_")}
