from collections import defaultdict

import torch
from torch import Tensor

from torch_judge.authoring import accepted, mistake


@accepted
def scatter_over_inverse(logps: Tensor, rewards: Tensor, group_ids: Tensor, eps: float = 1e-5) -> Tensor:
    groups, inverse = torch.unique(group_ids, return_inverse=True)
    with torch.no_grad():
        zero = torch.zeros(len(groups))
        count = zero.scatter_add(0, inverse, torch.ones_like(rewards))
        mean = zero.scatter_add(0, inverse, rewards) / count
        centred = rewards - mean[inverse]
        std = (zero.scatter_add(0, inverse, centred**2) / count).sqrt()
        advantages = centred / (std[inverse] + eps)
    return -(advantages * logps).mean()


@accepted
def same_group_matrix(logps, rewards, group_ids, eps=1e-5):
    r = rewards.detach()
    same = (group_ids[:, None] == group_ids[None, :]).float()
    same = same / same.sum(dim=1, keepdim=True)
    mean = same @ r
    variance = (same * (r[None, :] - mean[:, None]) ** 2).sum(1)
    A = (r - mean) / (torch.sqrt(variance) + eps)
    return -torch.sum(A * logps) / logps.numel()


@accepted
def unbiased_dictionary(logps, rewards, group_ids, eps=1e-5):
    members = defaultdict(list)
    for i, g in enumerate(group_ids.tolist()):
        members[g].append(i)
    loss = 0.0
    for index in members.values():
        r = rewards[index].detach()
        a = (r - r.mean()) / (r.std() + eps)
        loss = loss - (a * logps[index]).sum()
    return loss / len(logps)


@accepted
def unbiased_sorted_and_split(logps, rewards, group_ids, eps=1e-5):
    order = torch.argsort(group_ids)
    _, sizes = torch.unique_consecutive(group_ids[order], return_counts=True)
    parts = [(p - p.mean()) / (p.std(correction=1) + eps) for p in rewards.detach()[order].split(sizes.tolist())]
    return -torch.dot(torch.cat(parts), logps[order]) / len(order)


@accepted
def masked_means(logps, rewards, group_ids, eps=1e-5):
    assert logps.shape == rewards.shape == group_ids.shape
    advantages = []
    for i in range(len(rewards)):
        siblings = rewards[group_ids == group_ids[i]]
        mean = siblings.sum() / len(siblings)
        std = ((siblings - mean) ** 2).mean().sqrt()
        advantages.append(((rewards[i] - mean) / (std + eps)).item())
    print("advantages", advantages)
    return -(torch.tensor(advantages) * logps).mean()


@accepted
def mean_of_squares(logps, rewards, group_ids, eps=1e-5):
    _, group = group_ids.unique(return_inverse=True)
    r = rewards.data
    n = torch.bincount(group)
    mean = torch.zeros(len(n)).index_add(0, group, r) / n
    var = (torch.zeros(len(n)).index_add(0, group, r * r) / n - mean**2).clamp(min=0)
    advantages = (r - mean[group]) / (var.sqrt()[group] + eps)
    return (-advantages * logps).mean()


@accepted
def one_hot_sums(logps, rewards, group_ids, eps=1e-5):
    ids = sorted(set(group_ids.tolist()))
    member = torch.stack([(group_ids == i) for i in ids]).to(rewards.dtype)
    n = member.sum(1)
    mean = torch.einsum("gb,b->g", member, rewards) / n
    diff = rewards - mean @ member
    std = torch.sqrt(torch.einsum("gb,b->g", member, diff * diff) / n)
    weight = (diff / (std @ member + eps)).detach()
    return torch.neg(torch.mean(weight * logps))


@accepted
def plain_numbers(logps, rewards, group_ids, eps=1e-5):
    r, ids = rewards.tolist(), group_ids.tolist()
    total = torch.tensor(0.0)
    for value, id, logp in zip(r, ids, logps, strict=True):
        group = [v for v, other in zip(r, ids, strict=True) if other == id]
        mean = sum(group) / len(group)
        std = (sum((v - mean) ** 2 for v in group) / len(group)) ** 0.5
        total = total + (value - mean) / (std + eps) * logp
    return -total / len(r)


class Whitener:
    def __init__(self, eps):
        self.eps = eps

    @torch.no_grad()
    def __call__(self, rewards):
        std, mean = torch.std_mean(rewards, correction=0)
        return (rewards - mean) / (std + self.eps)


@accepted
def index_add_and_a_class(logps, rewards, group_ids, eps=1e-5):
    whiten = Whitener(eps)
    advantages = torch.zeros(rewards.shape)
    for g in torch.unique(group_ids):
        (index,) = torch.where(group_ids == g)
        advantages.index_add_(0, index, whiten(rewards.index_select(0, index)))
    return -1 * (advantages * logps).mean()


def in_buckets(logps, rewards, group_ids, eps, buckets):
    """The sums of group i in bucket i."""
    rewards, empty = rewards.detach(), torch.zeros(buckets)
    count = empty.index_put((group_ids,), torch.ones_like(rewards), accumulate=True)
    mean = empty.index_put((group_ids,), rewards, accumulate=True) / count
    centred = rewards - mean[group_ids]
    variance = empty.index_put((group_ids,), centred**2, accumulate=True) / count
    return -(centred / (variance.sqrt()[group_ids] + eps) * logps).mean()


WRAPPED = (
    "You use the ids as indices, and a negative index counts from the end: the group -1 falls into the last place, "
    "together with the group whose id that is. Number the groups first: `group_ids.unique(return_inverse=True)`."
)


@mistake(WRAPPED)
def negative_ids_from_the_end(logps, rewards, group_ids, eps=1e-5):
    return in_buckets(logps, rewards, group_ids, eps, int(group_ids.max()) + 1)


@mistake(WRAPPED)
def negative_ids_from_the_end_of_a_wide_table(logps, rewards, group_ids, eps=1e-5):
    return in_buckets(logps, rewards, group_ids, eps, int(group_ids.abs().max()) + 1)
