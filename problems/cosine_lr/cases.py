from numbers import Real

import torch

from torch_judge.authoring import case, integer, number


def rates(solve, steps, name="rate at step", **arguments):
    """The rates of ``steps`` as one tensor, if they are numbers; else what they are."""
    values = [solve(step=step, **arguments) for step in steps]
    strange = [type(v).__name__ for v in values if isinstance(v, bool) or not isinstance(v, Real)]
    if strange:
        return {"type of the result": strange[0]}
    return {"type of the result": "float", name: torch.tensor(values, dtype=torch.float32)}


def schedule(draw, name="", warmup=(3, 10), decay=(12, 20), max_lr=(0.2, 0.9)):
    """A schedule of which no number is known before. ``min_lr`` is 5 % to 30 % of ``max_lr``."""
    warmup_steps = integer(draw, f"{name}warmup_steps", *warmup) if warmup else 0
    highest = number(draw, f"{name}max_lr", *max_lr)
    return {
        "total_steps": warmup_steps + integer(draw, f"{name}steps of decay", *decay),
        "warmup_steps": warmup_steps,
        "max_lr": highest,
        "min_lr": float(f"{highest * number(draw, f'{name}min_lr', 0.05, 0.3):.3g}"),
    }


@case("warmup: a straight ramp from 0 to max_lr", kind="values")
def ramp(solve, draw):
    arguments = schedule(draw)
    return rates(solve, range(arguments["warmup_steps"] + 1), **arguments)


@case("after warmup: half a cosine down to min_lr", kind="values")
def decay(solve, draw):
    arguments = schedule(draw)
    return rates(solve, range(arguments["total_steps"] + 1), **arguments)


@case("warmup_steps=0 starts at max_lr", kind="interface")
def without_warmup(solve, draw):
    arguments = schedule(draw, warmup=None, max_lr=(1e-4, 9e-4))
    return rates(solve, range(arguments["total_steps"] + 1), **arguments)


@case("min_lr is 0 by default; arguments by position", kind="interface")
def defaults(solve, draw):
    arguments = schedule(draw, max_lr=(1e-4, 9e-4))
    del arguments["min_lr"]
    steps = range(arguments["total_steps"] + 1)
    by_position = rates(lambda step: solve(step, *arguments.values()), steps, name="by position, rate at step")
    return rates(solve, steps, **arguments) | by_position


@case("rates above 1, and min_lr above 1", kind="values")
def above_one(solve, draw):
    arguments = schedule(draw, max_lr=(20.0, 90.0))
    return rates(solve, range(arguments["total_steps"] + 1), **arguments)


@case("rates and lengths of a long training", kind="values")
def long_training(solve, draw):
    arguments = schedule(draw, warmup=(1500, 2500), decay=(90_000, 100_000), max_lr=(3e-4, 9e-4))
    warmup, total = arguments["warmup_steps"], arguments["total_steps"]
    inside = [integer(draw, f"step {i}", warmup, total) for i in range(3)]
    steps = (0, 1, warmup // 2, warmup - 1, warmup, warmup + 1, *inside, total - 1, total)
    return {f"step {step}": rates(solve, [step], "rate", **arguments) for step in steps}


@case("schedules that differ in one number take turns, steps in any order", kind="state")
def turns(solve, draw):
    first = schedule(draw, warmup=(4, 6), decay=(5, 7))
    others = {
        "first": first,
        "other max_lr": first | {"max_lr": first["max_lr"] / 2},
        "other warmup_steps": first | {"warmup_steps": first["warmup_steps"] - 2},
        "other total_steps": first | {"total_steps": first["total_steps"] + 3},
        "other min_lr": first | {"min_lr": first["min_lr"] / 2},
    }
    seen = {}
    for step in (first["total_steps"], 2, first["warmup_steps"] + 2, 0, first["warmup_steps"] + 2, 4):
        for name, arguments in others.items():
            seen |= rates(solve, [step], f"{name}, step {step}", **arguments)
    return seen


@case("a single step of warmup, or of decay", kind="numerics")
def shortest(solve, draw):
    seen = {}
    for warmup, decay in ((1, 1), (1, 2), (2, 1)):
        name = f"warmup {warmup}, decay {decay}"
        arguments = schedule(draw, f"{name}: ", warmup=(warmup, warmup + 1), decay=(decay, decay + 1))
        seen |= rates(solve, range(warmup + decay + 1), name, **arguments)
    return seen
