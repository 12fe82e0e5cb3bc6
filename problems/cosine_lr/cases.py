from numbers import Real

import torch

from torch_judge.authoring import case


def rates(solve, steps, name="rate at step", **arguments):
    """The rates of ``steps`` as one tensor, if they are numbers; else what they are."""
    values = [solve(step=step, **arguments) for step in steps]
    strange = [type(v).__name__ for v in values if isinstance(v, bool) or not isinstance(v, Real)]
    if strange:
        return {"type of the result": strange[0]}
    return {"type of the result": "float", name: torch.tensor(values, dtype=torch.float32)}


@case("warmup: a straight ramp from 0 to max_lr", kind="values")
def ramp(solve, draw):
    return rates(solve, range(8), total_steps=30, warmup_steps=7, max_lr=0.6, min_lr=0.05)


@case("after warmup: half a cosine down to min_lr", kind="values")
def decay(solve, draw):
    return rates(solve, range(24), total_steps=23, warmup_steps=5, max_lr=0.4, min_lr=0.06)


@case("warmup_steps=0 starts at max_lr", kind="interface")
def without_warmup(solve, draw):
    return rates(solve, range(12), total_steps=11, warmup_steps=0, max_lr=3e-4, min_lr=1e-5)


@case("min_lr is 0 by default; arguments by position", kind="interface")
def defaults(solve, draw):
    by_name = rates(solve, range(14), total_steps=13, warmup_steps=3, max_lr=2e-4)
    by_position = rates(lambda step: solve(step, 13, 3, 2e-4), range(14), name="by position, rate at step")
    return by_name | by_position


@case("rates and lengths of a long training", kind="values")
def long_training(solve, draw):
    steps = (0, 1, 999, 2000, 2001, 26_000, 51_000, 90_000, 99_999, 100_000)
    schedule = {"total_steps": 100_000, "warmup_steps": 2000, "max_lr": 6e-4, "min_lr": 6e-5}
    return {f"step {step}": rates(solve, [step], "rate", **schedule) for step in steps}


@case("three schedules take turns, steps in any order", kind="state")
def turns(solve, draw):
    seen = {}
    for step in (9, 2, 6, 0, 6, 4):
        seen |= rates(solve, [step], f"first, step {step}", total_steps=9, warmup_steps=4, max_lr=1.0, min_lr=0.3)
        seen |= rates(solve, [step], f"second, step {step}", total_steps=9, warmup_steps=4, max_lr=0.5, min_lr=0.3)
        seen |= rates(solve, [step], f"third, step {step}", total_steps=9, warmup_steps=2, max_lr=1.0, min_lr=0.3)
    return seen


@case("one step of warmup, one step of decay", kind="numerics")
def shortest(solve, draw):
    return rates(solve, range(3), total_steps=2, warmup_steps=1, max_lr=0.7, min_lr=0.1)
