import torch

from torch_judge.authoring import case, integer, number, permutation, require, same

MIXED = [7, -2, 7, 40, -2, 40, 7, -2, 40, 40, -2, 40]
"""Ids with gaps, one of them negative, in no order: groups of three, four and five."""


def samples(draw, ids, spread=1.0, grad=(), equal=None, of=""):
    """Rewards well apart within a group (but for the group ``equal``), and log-probabilities that rise with them, so
    that the loss is far from zero. Every group has a level of its own: two that are taken for one show."""
    rank = torch.tensor([float(ids[:i].count(id)) for i, id in enumerate(ids)])
    level = torch.tensor([2.5 * list(dict.fromkeys(ids)).index(id) for id in ids])
    values = spread * (rank + level + draw.rand(f"{of}noise", len(ids), high=0.6).cpu())
    values[[i for i, id in enumerate(ids) if id == equal]] = 0.5  # exact, and so is the mean of four
    parts = {"logps": rank - draw.rand(f"{of}more noise", len(ids), low=4.0, high=5.0).cpu(), "rewards": values}
    logps, rewards = (draw.tensor(f"{of}{name}", part, grad=name in grad) for name, part in parts.items())
    return logps, rewards, draw.tensor(f"{of}group_ids", ids, dtype=torch.int64)


def shuffled(draw, ids):
    """The ids in an order that the seed decides."""
    return [ids[i] for i in permutation(draw, "order", len(ids)).tolist()]


@case("three groups of four, one after the other", kind="values")
def blocks(solve, draw):
    return {"loss": solve(*samples(draw, [0] * 4 + [1] * 4 + [2] * 4))}


@case("the members of a group lie apart", kind="values")
def interleaved(solve, draw):
    return {"loss": solve(*samples(draw, [0, 1, 2, 2, 0, 1, 0, 1, 2]))}


@case("groups of unequal size", kind="values")
def unequal(solve, draw):
    return {"loss": solve(*samples(draw, [0, 0, 1, 1, 1, 1, 1, 2, 2, 2]))}


@case(
    "an answer far better than its seven siblings",
    kind="values",
    widen=10,
    because="the seven nearly equal terms and the large one may nearly cancel in the mean",
)
def outlier(solve, draw):
    logps, rewards, ids = samples(draw, [0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1])
    # Its advantage is near the root of 7, the largest that there is.
    rewards = rewards.index_fill(0, ids.new_tensor([4]), 90.0)
    return {"loss": solve(logps, draw.keep("rewards with an outlier", rewards), ids)}


@case("any integers are ids: gaps, negative ones, no order", kind="values")
def any_ids(solve, draw):
    return {"loss": solve(*samples(draw, MIXED))}


@case("negative ids beside their absolute values, and -1 beside the largest", kind="values")
def negative_ids(solve, draw):
    # As indices into a table of largest + 1 rows, -1 is the largest id and -2 the one before it.
    largest = integer(draw, "largest", 5, 9)
    return {"loss": solve(*samples(draw, shuffled(draw, 3 * [largest, largest - 1, -1, -2, -largest] + [1, 1])))}


@case("ids far below zero: next to each other, 256, 1000, 65536 and 2**60 apart", kind="values")
def far_below_zero(solve, draw):
    # Below -2**24 neighbours are one number in float32. 2**60 apart, numbers are one in 32 bits, and a table from one
    # to the other is refused at once; a table of 2**32 rows would be made, and take all memory.
    first = -(2**24) - 4 * integer(draw, "a quarter of the distance", 0, 100)
    ids = [first, first - 1, first - 256, first - 1000, first - 2**16, first - 2**60]
    return {"loss": solve(*samples(draw, shuffled(draw, 3 * ids)))}


@case("eps is obeyed, and added to the standard deviation", kind="interface")
def eps(solve, draw):
    batch = samples(draw, [1, 0, 1, 1, 0])
    large, small = number(draw, "large eps", 1.5, 2.5), number(draw, "small eps", 0.05, 0.1)
    seen = {"large eps": solve(*batch, eps=large), "small eps": solve(*batch, eps=small)}
    return seen | {"eps 0": solve(*samples(draw, [2, 5, 2, 5, 5], spread=1e-4, of="eps 0: "), eps=0.0)}


@case("default eps 1e-5: rewards that hardly differ", kind="numerics")
def default_eps(solve, draw):
    return {"loss": solve(*samples(draw, [0, 1, 0, 0, 1, 1, 1], spread=1e-4))}


@case("a group of equal rewards adds nothing, not NaN", kind="numerics")
def equal_rewards(solve, draw):
    logps, rewards, ids = samples(draw, [3, 5, 3, 5, 3, 5, 5], grad=["logps"], equal=5)
    return draw.gradients(solve(logps, rewards, ids), logps=logps)


def next_to_nothing(seen, expected, draw):
    """The mean of seven times 0.1 is not 0.1 in float32: a step beside it, divided by eps, is an advantage of 1e-3."""
    gradient = seen["gradient of logps"]
    require(torch.is_tensor(gradient) and gradient.shape == (150,), "no gradient", "No gradient of `logps` arrives.")
    finite = bool(gradient.isfinite().all())
    require(finite, "not finite", "Groups of equal rewards give NaN or infinity; their advantages are 0.")
    largest = float(gradient.abs().max()) * 150
    text = f"A group of equal rewards has an advantage of {largest:.3g}; expected 0, give or take 0.05 for rounding."
    require(largest < 0.05, "advantages", text)
    same("output", seen["output"] + 1, expected["output"] + 1, "Groups of equal rewards add nothing.", widen=5000)


@case("equal rewards that are not round: next to nothing, not NaN", kind="numerics", verify=next_to_nothing)
def equal_rewards_not_round(solve, draw):
    # Of thirty groups some have a mean of squares that is below the square of the mean, by rounding.
    sizes = [3, 5, 7, 6, 4] * 6
    values = draw.rand("reward of each group", 30, low=0.1, high=1.0).tolist()
    ids = [group for group, size in enumerate(sizes) for _ in range(size)]
    rewards = draw.tensor("rewards", [values[group] for group in ids])
    logps = draw.rand("logps", len(ids), low=-1.0, high=-0.1, grad=True)
    return draw.gradients(solve(logps, rewards, draw.tensor("group_ids", ids, dtype=torch.int64)), logps=logps)


@case("gradient of logps: -A / B", kind="gradients")
def gradient(solve, draw):
    logps, rewards, ids = samples(draw, MIXED, grad=["logps"])
    return draw.gradients(solve(logps, rewards, ids), logps=logps)


@case("rewards are constants: no gradient arrives", kind="gradients")
def constants(solve, draw):
    logps, rewards, ids = samples(draw, [2, 0, 2, 1, 0, 1, 1], grad=["logps", "rewards"])
    seen = draw.gradients(solve(logps, rewards, ids), logps=logps, rewards=rewards)
    arrives = {name: isinstance(g, torch.Tensor) and bool(g.any()) for name, g in seen.items() if name != "output"}
    return {name: "arrives" if yes else "none" for name, yes in arrives.items()}
