import functools
import math

import numpy as np
import torch

from torch_judge.authoring import accepted


@accepted
def squared_cosine(step, total_steps, warmup_steps, max_lr, min_lr=0.0):
    """(1 + cos 2a) / 2 is cos² a."""
    if warmup_steps > 0 and step < warmup_steps:
        return max_lr * (step / warmup_steps)
    share = (step - warmup_steps) / max(1, total_steps - warmup_steps)
    return min_lr + (max_lr - min_lr) * math.cos(share * math.pi / 2) ** 2


@accepted
def blended(step: int, total_steps: int, warmup_steps: int, max_lr: float, min_lr: float = 0.0) -> float:
    """A weight between the two rates, with asserts, prints and clamps."""
    assert 0 <= warmup_steps <= total_steps, "warmup within the training"
    print("step", step)
    if step < warmup_steps:
        lr = step / float(warmup_steps) * max_lr
    elif step >= total_steps:
        lr = min_lr
    else:
        t = min(1.0, (step - warmup_steps) / (total_steps - warmup_steps))
        weight = (1.0 + math.cos(t * math.pi)) / 2.0
        lr = weight * max_lr + (1.0 - weight) * min_lr
    return lr


@accepted
def torch_scalars(step, total_steps, warmup_steps, max_lr, min_lr=0.0):
    if step < warmup_steps:
        return (torch.tensor(float(step)) / warmup_steps * max_lr).item()
    angle = torch.pi * torch.tensor((step - warmup_steps) / (total_steps - warmup_steps))
    return float(min_lr + (max_lr - min_lr) * (1 + torch.cos(angle)) / 2)


@accepted
def numpy_scalars(step, total_steps, warmup_steps, max_lr, min_lr=0.0):
    if step < warmup_steps:
        return np.interp(step, [0, warmup_steps], [0.0, max_lr])
    return min_lr + 0.5 * (max_lr - min_lr) * (1 + np.cos(np.pi * (step - warmup_steps) / (total_steps - warmup_steps)))


@accepted
def remaining_steps(step, total_steps, warmup_steps, max_lr, min_lr=0.0):
    """Counts what is left; a sine of what is left is a cosine of what is done."""
    warm, left, whole = warmup_steps - step, total_steps - step, total_steps - warmup_steps
    if warm > 0:
        return max_lr - max_lr * warm / warmup_steps
    middle, half = (max_lr + min_lr) / 2, (max_lr - min_lr) / 2
    return middle + half * math.sin(math.pi * (left / whole - 0.5))


@accepted
@functools.cache
def recursive_ramp(step, total_steps, warmup_steps, max_lr, min_lr=0.0):
    """Remembers by all arguments; the ramp's endpoints as integers."""
    if step == 0 and warmup_steps:
        return 0
    if step <= warmup_steps and warmup_steps:
        return max_lr / (warmup_steps / step)
    progress = (step - warmup_steps) / (total_steps - warmup_steps)
    return sum((min_lr, (max_lr - min_lr) / 2, (max_lr - min_lr) / 2 * math.cos(math.pi * progress)))


@accepted
def nested_phases(step, total_steps, warmup_steps, max_lr, min_lr=0.0):
    def warmup():
        return max_lr * step / warmup_steps

    def cosine(t):
        return min_lr + (max_lr - min_lr) * (math.cos(math.pi * t) + 1) / 2

    return warmup() if step < warmup_steps else cosine((step - warmup_steps) / (total_steps - warmup_steps))
