"""The mistakes of `ppo_loss` as another learner would write them."""

import torch


def _ratio(new, old):
    with torch.no_grad():
        start = torch.exp(old)
    return torch.exp(new) / start


def _smaller(a, b):
    return torch.where(a < b, a, b)


def no_clip(new_logps, old_logps, advantages, clip_ratio=0.2):
    return -torch.dot(_ratio(new_logps, old_logps), advantages.detach()) / len(advantages)


def clipped_only(new_logps, old_logps, advantages, clip_ratio=0.2):
    r = torch.clip(_ratio(new_logps, old_logps), 1 - clip_ratio, 1 + clip_ratio)
    return -torch.mean(advantages.detach() * r)


def maximum(new_logps, old_logps, advantages, clip_ratio=0.2):
    r, a = _ratio(new_logps, old_logps), advantages.detach()
    return -torch.max(torch.stack([r * a, r.clip(1 - clip_ratio, 1 + clip_ratio) * a]), dim=0).values.mean()


def minimum_of_ratios(new_logps, old_logps, advantages, clip_ratio=0.2):
    r = _ratio(new_logps, old_logps)
    return -torch.mean(r.clamp(max=1 + clip_ratio) * advantages.detach())


def loss_bounded(new_logps, old_logps, advantages, clip_ratio=0.2, dual=3.0):
    r, a = _ratio(new_logps, old_logps), advantages.detach()
    surrogate = _smaller(r * a, torch.clip(r, 1 - clip_ratio, 1 + clip_ratio) * a)
    return -torch.where(a < 0, torch.max(surrogate, dual * a), surrogate).mean()


def clips_log_ratio(new_logps, old_logps, advantages, clip_ratio=0.2):
    difference, a = new_logps - old_logps.detach(), advantages.detach()
    clipped = torch.exp(torch.clip(difference, -clip_ratio, clip_ratio))
    return -_smaller(torch.exp(difference) * a, clipped * a).mean()


def clips_above_only(new_logps, old_logps, advantages, clip_ratio=0.2):
    r, a = _ratio(new_logps, old_logps), advantages.detach()
    return -_smaller(r * a, torch.where(r > 1 + clip_ratio, 1 + clip_ratio, r) * a).mean()


def clips_below_only(new_logps, old_logps, advantages, clip_ratio=0.2):
    r, a = _ratio(new_logps, old_logps), advantages.detach()
    return -_smaller(r * a, torch.where(r < 1 - clip_ratio, 1 - clip_ratio, r) * a).mean()


def clips_around_zero(new_logps, old_logps, advantages, clip_ratio=0.2):
    r, a = _ratio(new_logps, old_logps), advantages.detach()
    return -_smaller(r * a, torch.clip(r, min=-clip_ratio, max=clip_ratio) * a).mean()


def clips_by_reciprocal(new_logps, old_logps, advantages, clip_ratio=0.2):
    r, a, high = _ratio(new_logps, old_logps), advantages.detach(), 1 + clip_ratio
    return -_smaller(r * a, torch.clip(r, min=high**-1, max=high) * a).mean()


def ratio_floored(new_logps, old_logps, advantages, clip_ratio=0.2):
    r, a = _ratio(new_logps, old_logps), advantages.detach()
    r = torch.where(r < 0.05, torch.full_like(r, 0.05), r)
    return -_smaller(r * a, torch.clip(r, 1 - clip_ratio, 1 + clip_ratio) * a).mean()


def advantages_clipped(new_logps, old_logps, advantages, clip_ratio=0.2):
    r, a = _ratio(new_logps, old_logps), torch.clip(advantages.detach(), max=5.0).clip(min=-5.0)
    return -_smaller(r * a, torch.clip(r, 1 - clip_ratio, 1 + clip_ratio) * a).mean()


def clip_ratio_bounded(new_logps, old_logps, advantages, clip_ratio=0.2):
    if clip_ratio > 0.3:
        clip_ratio = 0.3
    r, a = _ratio(new_logps, old_logps), advantages.detach()
    return -_smaller(r * a, torch.clip(r, 1 - clip_ratio, 1 + clip_ratio) * a).mean()


def clip_ratio_ignored(new_logps, old_logps, advantages, clip_ratio=0.2):
    clip_ratio = 0.2
    r, a = _ratio(new_logps, old_logps), advantages.detach()
    return -_smaller(r * a, torch.clip(r, 1 - clip_ratio, 1 + clip_ratio) * a).mean()


def default_clip_ratio(new_logps, old_logps, advantages, clip_ratio=0.1):
    r, a = _ratio(new_logps, old_logps), advantages.detach()
    return -_smaller(r * a, torch.clip(r, 1 - clip_ratio, 1 + clip_ratio) * a).mean()


def means_before_minimum(new_logps, old_logps, advantages, clip_ratio=0.2):
    r, a = _ratio(new_logps, old_logps), advantages.detach()
    plain, clipped = (r * a).mean(), (torch.clip(r, 1 - clip_ratio, 1 + clip_ratio) * a).mean()
    return -min(plain, clipped)


def inverted_ratio(new_logps, old_logps, advantages, clip_ratio=0.2):
    r, a = 1 / _ratio(new_logps, old_logps), advantages.detach()
    return -_smaller(r * a, torch.clip(r, 1 - clip_ratio, 1 + clip_ratio) * a).mean()


def no_exponential(new_logps, old_logps, advantages, clip_ratio=0.2):
    r, a = new_logps - old_logps.detach(), advantages.detach()
    return -_smaller(r * a, torch.clip(r, 1 - clip_ratio, 1 + clip_ratio) * a).mean()


def ratio_of_logs(new_logps, old_logps, advantages, clip_ratio=0.2):
    r, a = new_logps * (1 / old_logps.detach()), advantages.detach()
    return -_smaller(r * a, torch.clip(r, 1 - clip_ratio, 1 + clip_ratio) * a).mean()


def log_probability(new_logps, old_logps, advantages, clip_ratio=0.2):
    r, a = _ratio(new_logps, old_logps), advantages.detach()
    return -_smaller(a * new_logps, a * torch.clip(r, 1 - clip_ratio, 1 + clip_ratio)).sum() / len(a)


def sign(new_logps, old_logps, advantages, clip_ratio=0.2):
    r, a = _ratio(new_logps, old_logps), advantages.detach()
    return _smaller(r * a, torch.clip(r, 1 - clip_ratio, 1 + clip_ratio) * a).mean()


def sums(new_logps, old_logps, advantages, clip_ratio=0.2):
    r, a = _ratio(new_logps, old_logps), advantages.detach()
    return -sum(_smaller(r * a, torch.clip(r, 1 - clip_ratio, 1 + clip_ratio) * a))


def one_loss_per_sample(new_logps, old_logps, advantages, clip_ratio=0.2):
    r, a = _ratio(new_logps, old_logps), advantages.detach()
    return -_smaller(r * a, torch.clip(r, 1 - clip_ratio, 1 + clip_ratio) * a)


def whitened_advantages(new_logps, old_logps, advantages, clip_ratio=0.2):
    r, a = _ratio(new_logps, old_logps), advantages.detach()
    std, mean = torch.std_mean(a)
    a = (a - mean) / (std + 1e-8)
    return -_smaller(r * a, torch.clip(r, 1 - clip_ratio, 1 + clip_ratio) * a).mean()


def size_of_the_advantage(new_logps, old_logps, advantages, clip_ratio=0.2):
    r, a = _ratio(new_logps, old_logps), (advantages.detach() ** 2).sqrt()
    return -_smaller(r * a, torch.clip(r, 1 - clip_ratio, 1 + clip_ratio) * a).mean()


def gradient_to_old(new_logps, old_logps, advantages, clip_ratio=0.2):
    r, a = torch.exp(new_logps) / torch.exp(old_logps), advantages.detach()
    return -_smaller(r * a, torch.clip(r, 1 - clip_ratio, 1 + clip_ratio) * a).mean()


def gradient_to_advantages(new_logps, old_logps, advantages, clip_ratio=0.2):
    r = _ratio(new_logps, old_logps)
    return -_smaller(r * advantages, torch.clip(r, 1 - clip_ratio, 1 + clip_ratio) * advantages).mean()


def gradient_to_both(new_logps, old_logps, advantages, clip_ratio=0.2):
    r = torch.exp(new_logps) / torch.exp(old_logps)
    return -_smaller(r * advantages, torch.clip(r, 1 - clip_ratio, 1 + clip_ratio) * advantages).mean()


def detached(new_logps, old_logps, advantages, clip_ratio=0.2):
    r, a = _ratio(new_logps, old_logps), advantages.detach()
    return -_smaller(r * a, torch.clip(r, 1 - clip_ratio, 1 + clip_ratio) * a).mean().item()


def gradient_through_the_clip(new_logps, old_logps, advantages, clip_ratio=0.2):
    r, a = _ratio(new_logps, old_logps), advantages.detach()
    clipped = torch.clip(r.detach(), 1 - clip_ratio, 1 + clip_ratio) + r - r.detach()
    return -_smaller(r * a, clipped * a).mean()


SECOND_WAY = {name: value for name, value in globals().items() if callable(value) and not name.startswith("_")}
