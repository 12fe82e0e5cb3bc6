"""The mistakes of `cosine_lr` as another learner would write them."""

import math

import torch


def schedule(ramp=None, shape=None, progress=None, squeeze=None):
    """A right schedule, taken apart so that a mistake is one part."""
    ramp = ramp or (lambda s, w, hi, lo: s / w * hi)
    progress = progress or (lambda s, t, w: (s - w) / (t - w))
    shape = shape or (lambda p: math.cos(p * math.pi / 2) ** 2)
    squeeze = squeeze or (lambda f, hi, lo: f * hi + (1 - f) * lo)

    def cosine_lr_schedule(step, total_steps, warmup_steps, max_lr, min_lr=0.0):
        if step >= warmup_steps:
            return squeeze(shape(progress(step, total_steps, warmup_steps)), max_lr, min_lr)
        return ramp(step, warmup_steps, max_lr, min_lr)

    return cosine_lr_schedule


def divides_before_branching(step, total_steps, warmup_steps, max_lr, min_lr=0.0):
    share = step / warmup_steps
    if share < 1:
        return share * max_lr
    return schedule()(step, total_steps, warmup_steps, max_lr, min_lr)


def no_warmup(step, total_steps, warmup_steps, max_lr, min_lr=0.0):
    return schedule()(step, total_steps, 0, max_lr, min_lr)


def returns_tensor(step, total_steps, warmup_steps, max_lr, min_lr=0.0):
    step = torch.tensor(float(step))
    if step < warmup_steps:
        return max_lr * step / warmup_steps
    angle = torch.pi * (step - warmup_steps) / (total_steps - warmup_steps)
    return min_lr + (max_lr - min_lr) * (1 + torch.cos(angle)) / 2


FIRST = []


def first_schedule_remembered(step, total_steps, warmup_steps, max_lr, min_lr=0.0):
    FIRST.append((total_steps, warmup_steps, max_lr, min_lr))
    return schedule()(step, *FIRST[0])


def rate_at_most_one(step, total_steps, warmup_steps, max_lr, min_lr=0.0):
    rate = schedule()(step, total_steps, warmup_steps, max_lr, min_lr)
    return 1.0 if rate > 1.0 else rate


def max_lr_at_most_one(step, total_steps, warmup_steps, max_lr, min_lr=0.0):
    if max_lr > 1:
        print("a rate above 1 diverges")
        max_lr = 1
    return schedule()(step, total_steps, warmup_steps, max_lr, min_lr)


def rounded(step, total_steps, warmup_steps, max_lr, min_lr=0.0):
    return float(f"{schedule()(step, total_steps, warmup_steps, max_lr, min_lr):.6f}")


SECOND_WAY = {
    "straight_line": schedule(shape=lambda p: 1 - p),
    "progress_from_zero": schedule(progress=lambda s, t, w: s / t),
    "divided_by_total": schedule(progress=lambda s, t, w: (s - w) / t),
    "progress_not_shifted": schedule(progress=lambda s, t, w: s / (t - w)),
    "amplitude_max": schedule(squeeze=lambda f, hi, lo: lo + hi * f),
    "clipped_at_min": schedule(squeeze=lambda f, hi, lo: hi * f if hi * f > lo else lo),
    "min_ignored": schedule(squeeze=lambda f, hi, lo: hi * f),
    "min_not_added": schedule(squeeze=lambda f, hi, lo: hi * f - lo * f),
    "warmup_from_min": schedule(ramp=lambda s, w, hi, lo: lo * (1 - s / w) + hi * s / w),
    "warmup_clipped": schedule(ramp=lambda s, w, hi, lo: hi * s / w if hi * s / w > lo else lo),
    "warmup_one_ahead": schedule(ramp=lambda s, w, hi, lo: (s + 1) * hi / w),
    "warmup_of_zero": schedule(ramp=lambda s, w, hi, lo: 0.0),
    "warmup_of_max": schedule(ramp=lambda s, w, hi, lo: hi),
    "warmup_is_cosine": schedule(ramp=lambda s, w, hi, lo: hi * math.sin(math.pi / 2 * s / w) ** 2),
    "no_warmup": no_warmup,
    "divides_before_branching": divides_before_branching,
    "whole_division": schedule(ramp=lambda s, w, hi, lo: s // w * hi, progress=lambda s, t, w: (s - w) // (t - w)),
    "full_period": schedule(shape=lambda p: math.cos(math.pi * p) ** 2),
    "quarter_period": schedule(shape=lambda p: math.cos(math.pi * p / 4) ** 2),
    "quarter_as_factor": schedule(shape=lambda p: math.sin(math.pi / 2 * (1 - p))),
    "upside_down": schedule(shape=lambda p: math.sin(p * math.pi / 2) ** 2),
    "not_halved": schedule(shape=lambda p: 1 + math.cos(math.pi * p)),
    "degrees": schedule(shape=lambda p: math.cos(90 * p) ** 2),
    "factor_only": schedule(ramp=lambda s, w, hi, lo: s / w, squeeze=lambda f, hi, lo: f),
    "returns_tensor": returns_tensor,
    "rate_at_most_one": rate_at_most_one,
    "max_lr_at_most_one": max_lr_at_most_one,
    "rounded": rounded,
    "first_schedule_remembered": first_schedule_remembered,
}
