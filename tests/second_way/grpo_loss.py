"""The mistakes of `grpo_loss` as another learner would write them."""

import math

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


def _table(logps, rewards, rows, eps):
    """The loss where group ``rows[i]`` is that of sample i, by loops over plain numbers."""
    r, rows = rewards.tolist(), rows.tolist()
    total = 0.0
    for value, row, logp in zip(r, rows, logps, strict=True):
        group = [v for v, other in zip(r, rows, strict=True) if other == row]
        mean = math.fsum(group) / len(group)
        total = (
            total - (value - mean) / (math.fsum((v - mean) ** 2 for v in group) ** 0.5 / len(group) ** 0.5 + eps) * logp
        )
    return total / len(r)


def absolute_ids(logps, rewards, group_ids, eps=1e-5):
    return _table(logps, rewards, torch.where(group_ids < 0, -group_ids, group_ids), eps)


def minus_one_left_out(logps, rewards, group_ids, eps=1e-5):
    valid = group_ids != -1
    return _table(logps[valid], rewards[valid], group_ids[valid], eps) * valid.sum() / len(valid)


def ids_as_floats(logps, rewards, group_ids, eps=1e-5):
    return _table(logps, rewards, group_ids.to(rewards.dtype), eps)


def ids_in_16_bits(logps, rewards, group_ids, eps=1e-5):
    return _table(logps, rewards, torch.remainder(group_ids, 2**16), eps)


def ids_in_32_bits(logps, rewards, group_ids, eps=1e-5):
    return _table(logps, rewards, group_ids.type(torch.IntTensor), eps)


def _written_row_by_row(logps, rewards, group_ids, eps, rows):
    """A row for each group, and the samples add to theirs one after the other."""
    ids, r = group_ids.tolist(), rewards.tolist()
    n, mean, squares = torch.zeros(rows), torch.zeros(rows), torch.zeros(rows)
    for g in ids:
        n[g] += 1
    for g, value in zip(ids, r, strict=True):
        mean[g] += value / n[g]
    for g, value in zip(ids, r, strict=True):
        squares[g] += (value - mean[g]) ** 2
    advantages = [(value - mean[g]) / ((squares[g] / n[g]).sqrt() + eps) for g, value in zip(ids, r, strict=True)]
    return -torch.mean(torch.stack(advantages) * logps)


def negative_ids_from_the_end(logps, rewards, group_ids, eps=1e-5):
    return _written_row_by_row(logps, rewards, group_ids, eps, max(group_ids.tolist()) + 1)


def negative_ids_from_the_end_of_a_wide_table(logps, rewards, group_ids, eps=1e-5):
    return _written_row_by_row(logps, rewards, group_ids, eps, 1 + max(abs(g) for g in group_ids.tolist()))


def variance_by_difference(logps, rewards, group_ids, eps=1e-5):
    r, (_, inverse, n) = rewards.detach(), group_ids.unique(return_inverse=True, return_counts=True)
    mean = torch.bincount(inverse, r) / n
    std = torch.sqrt(torch.bincount(inverse, r**2) / n - mean**2)
    return -((r - mean[inverse]) / (std[inverse] + eps) * logps).mean()


def small_std_left_out(logps, rewards, group_ids, eps=1e-5):
    total = 0.0 * logps.sum()
    for g in set(group_ids.tolist()):
        r = rewards.detach()[group_ids == g]
        std = torch.std(r, correction=0)
        if std > 1e-3:
            total = total + ((r - r.mean()) / (std + eps) * logps[group_ids == g]).sum()
    return -total / len(logps)


def pairs_left_out(logps, rewards, group_ids, eps=1e-5):
    counts = (group_ids[:, None] == group_ids).sum(1)
    return -torch.mean(_standardised(rewards.detach(), group_ids, lambda std: std + eps) * logps * (counts > 2))


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
    return -torch.mean(_standardised(rewards.detach(), group_ids, lambda std: torch.where(std > eps, std, eps)) * logps)


def eps_ignored(logps, rewards, group_ids, eps=1e-5):
    eps = 1e-5
    return -torch.mean(_standardised(rewards.detach(), group_ids, lambda std: std + eps) * logps)


def falsy_eps(logps, rewards, group_ids, eps=None):
    if not eps:
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
