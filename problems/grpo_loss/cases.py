import torch

from torch_judge.authoring import case

MIXED = [7, -2, 7, 40, -2, 40, 7, -2, 40, 40, -2, 40]
"""Ids with gaps, one of them negative, in no order: groups of three, four and five."""


def samples(draw, ids, spread=1.0, grad=(), equal=None):
    """Rewards well apart within a group (but for the group ``equal``), and log-probabilities that rise with them, so
    that the loss is far from zero."""
    rank = torch.tensor([float(ids[:i].count(id)) for i, id in enumerate(ids)])
    values = spread * (rank + draw.rand("noise", len(ids), high=0.6).cpu())
    values[[i for i, id in enumerate(ids) if id == equal]] = 0.5  # exact, and so is the mean of four
    parts = {"logps": rank - draw.rand("more noise", len(ids), low=4.0, high=5.0).cpu(), "rewards": values}
    logps, rewards = (draw.tensor(name, part, grad=name in grad) for name, part in parts.items())
    return logps, rewards, draw.tensor("group_ids", ids, dtype=torch.int64)


@case("three groups of four, one after the other", kind="values")
def blocks(solve, draw):
    return {"loss": solve(*samples(draw, [0] * 4 + [1] * 4 + [2] * 4))}


@case("the members of a group lie apart", kind="values")
def interleaved(solve, draw):
    return {"loss": solve(*samples(draw, [0, 1, 2, 2, 0, 1, 0, 1, 2]))}


@case("groups of unequal size", kind="values")
def unequal(solve, draw):
    return {"loss": solve(*samples(draw, [0, 0, 1, 1, 1, 1, 1, 2, 2, 2]))}


@case("any integers are ids: gaps, negative ones, no order", kind="values")
def any_ids(solve, draw):
    return {"loss": solve(*samples(draw, MIXED))}


@case("eps is obeyed, and added to the standard deviation", kind="interface")
def eps(solve, draw):
    batch = samples(draw, [1, 0, 1, 1, 0])
    return {f"eps {eps}": solve(*batch, eps=eps) for eps in (2.0, 0.07)}


@case("default eps 1e-5: rewards that hardly differ", kind="numerics")
def default_eps(solve, draw):
    return {"loss": solve(*samples(draw, [0, 1, 0, 0, 1, 1, 1], spread=1e-4))}


@case("a group of equal rewards adds nothing, not NaN", kind="numerics")
def equal_rewards(solve, draw):
    logps, rewards, ids = samples(draw, [3, 5, 3, 5, 3, 5, 5], grad=["logps"], equal=5)
    return draw.gradients(solve(logps, rewards, ids), logps=logps)


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
