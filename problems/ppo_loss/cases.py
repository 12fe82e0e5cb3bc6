import torch

from torch_judge.authoring import case

NAMES = ("new_logps", "old_logps", "advantages")
GOOD, BAD = (1.2, 2.5), (-0.6, -0.1)
"""Bounds of the advantages. The good ones weigh more, so that the mean of both is never near zero."""


def samples(draw, where, advantages, clip=0.2, grad=()):
    """Samples whose ratio lies above (+1), within (0) or below (-1) the band, never on its edge."""
    inside = draw.rand("inside", len(where), low=-0.7, high=0.7).cpu()
    outside = draw.rand("outside", len(where), low=1.3, high=2.5).cpu()
    side = torch.tensor(where)
    ratio = 1 + clip * torch.where(side == 0, inside, side * outside)
    old = draw.rand("old", len(where), low=-4.0, high=-1.0).cpu()
    signed = [draw.rand(f"advantage {i}", low=low, high=high).cpu() for i, (low, high) in enumerate(advantages)]
    values = (old + ratio.log(), old, torch.stack(signed))
    return [draw.tensor(name, value, grad=name in grad) for name, value in zip(NAMES, values, strict=True)]


@case("ratios within the band: nothing is clipped", kind="values")
def within(solve, draw):
    return {"loss": solve(*samples(draw, [0] * 7, [GOOD] * 4 + [BAD] * 3))}


@case("positive advantages: the gain ends above the band", kind="values")
def good_actions(solve, draw):
    return {"loss": solve(*samples(draw, [1, 0, -1, 1, -1], [(0.1, 0.7)] * 2 + [GOOD] * 3))}


@case("negative advantages: the gain ends below the band", kind="values")
def bad_actions(solve, draw):
    return {"loss": solve(*samples(draw, [-1, 0, 1, 1, -1, 1], [BAD] * 3 + [(-2.5, -1.1)] * 3))}


@case("a bad action ten times as likely as before counts in full", kind="values")
def far_beyond(solve, draw):
    new, *data = samples(draw, [40, 0, 1, -1], [BAD, GOOD, GOOD, BAD], grad=["new_logps"])
    return draw.gradients(solve(new, *data), new_logps=new)


@case("clip_ratio is obeyed", kind="interface")
def clip_ratio(solve, draw):
    batch = samples(draw, [1, -1, 0, 1, -1, 1, -1, 0], [GOOD] * 4 + [BAD] * 4, clip=0.3)
    return {f"clip_ratio {clip}": solve(*batch, clip_ratio=clip) for clip in (0.3, 0.05)}


@case("a single sample", kind="interface")
def single(solve, draw):
    return {"loss": solve(*samples(draw, [1], [GOOD]))}


@case("gradient of new_logps: zero where clipped", kind="gradients")
def gradient(solve, draw):
    advantages = [GOOD, BAD, GOOD, GOOD, BAD, BAD, BAD]
    new, *data = samples(draw, [1, 1, 0, -1, 1, 0, -1], advantages, grad=["new_logps"])
    return draw.gradients(solve(new, *data), new_logps=new)


@case("old_logps and advantages are constants: no gradient arrives", kind="gradients")
def constants(solve, draw):
    new, old, advantages = samples(draw, [1, -1, 0, 1, -1], [GOOD, BAD, GOOD, BAD, GOOD], grad=NAMES)
    seen = draw.gradients(solve(new, old, advantages), new_logps=new, old_logps=old, advantages=advantages)
    arrives = {name: isinstance(g, torch.Tensor) and bool(g.any()) for name, g in seen.items() if name != "output"}
    return {name: "arrives" if yes else "none" for name, yes in arrives.items()}
