import torch

from torch_judge.authoring import case, number, require, same

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


@case("advantages of every size, thirty-three samples", kind="values")
def every_size(solve, draw):
    where, advantages = [1, 0, -1] * 11, [GOOD] * 17 + [BAD] * 16
    new, old, ordinary = samples(draw, where, advantages)
    sizes = {"a thousandth": 1e-3, "forty times": 40.0}
    return {
        name: solve(new, old, draw.keep(f"{name} of the advantages", ordinary * size)) for name, size in sizes.items()
    }


FAR = {
    "12 to 20 times": 2.5,
    "150 to 250 times": 5.0,
    "3000 times": 8.0,
    "100 thousand times": 11.5,
    "e^22 times": 22.0,
}


def in_full(seen, expected, draw):
    for run in FAR:
        got, want = float(seen[f"{run}.output"]), float(expected[f"{run}.output"])
        text = f"Bad actions have become {run} as likely: the loss is {got:.4g}; expected {want:.4g}."
        require(not 0 <= got < 0.98 * want, "bounded", text)
        for what in ("output", "gradient of new_logps"):
            same(f"{run}.{what}", seen[f"{run}.{what}"], expected[f"{run}.{what}"], widen=10)


@case("a bad action that has become far more likely counts in full", kind="values", verify=in_full)
def far_beyond(solve, draw):
    seen = {}
    for run, log_ratio in FAR.items():  # each by itself: beside the largest loss the others are nothing
        old = draw.rand(f"old, {run}", 2, low=-26.0, high=-23.0)
        new = draw.keep(f"new, {run}", (old + draw.rand(f"rise, {run}", 2, high=0.4) + log_ratio).requires_grad_())
        loss = solve(new, old, draw.rand(f"advantages, {run}", 2, low=-0.9, high=-0.2))
        seen[run] = draw.gradients(loss, new_logps=new)
    return seen


@case("a good action that has become rare: a small loss, a small gradient", kind="values")
def rare(solve, draw):
    old = draw.rand("old", 3, low=-2.0, high=-1.0)
    new = draw.keep("new", (old - draw.rand("fall", 3, low=5.0, high=6.0)).requires_grad_())
    return draw.gradients(solve(new, old, draw.rand("advantages", 3, low=0.5, high=2.0)), new_logps=new)


@case("clip_ratio is obeyed", kind="interface")
def clip_ratio(solve, draw):
    batch = samples(draw, [1, -1, 0, 1, -1, 1, -1, 0], [GOOD] * 4 + [BAD] * 4, clip=0.35)
    bands = {"narrow": (0.02, 0.08), "near the default": (0.12, 0.19), "medium": (0.22, 0.4), "wide": (0.55, 0.75)}
    widths = {name: number(draw, name, low, high) for name, (low, high) in bands.items()}
    return {f"{name} clip_ratio": solve(*batch, clip_ratio=width) for name, width in widths.items()}


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
