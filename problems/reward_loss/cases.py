import torch

from torch_judge.authoring import case, integer, nine_digits, number


def pairs(draw, size=6, offset=0.0):
    """Rewards of pairs of which most are in the right order, not all."""
    chosen = draw.randn("chosen", size, mean=offset + 0.7, std=1.5, grad=True)
    return chosen, draw.randn("rejected", size, mean=offset, std=1.5, grad=True)


def with_gradients(solve, draw, chosen, rejected, *margin, **options):
    return draw.gradients(solve(chosen, rejected, *margin, **options), chosen=chosen, rejected=rejected)


@case("six pairs, with gradients", kind="values")
def six_pairs(solve, draw):
    return with_gradients(solve, draw, *pairs(draw))


@case("a margin of less than 1, with gradients", kind="values")
def small_margin(solve, draw):
    return with_gradients(solve, draw, *pairs(draw), margin=number(draw, "margin", 0.2, 0.8))


@case("a margin of more than 1, by position", kind="values")
def large_margin(solve, draw):
    return {"loss": solve(*pairs(draw), number(draw, "margin", 1.5, 3.0))}


@case("a margin for each pair, with gradients", kind="values")
def own_margins(solve, draw):
    return with_gradients(solve, draw, *pairs(draw), draw.rand("margin", 6, high=4.0))


@case("a single pair, with a margin of shape (1,)", kind="interface")
def single_pair(solve, draw):
    chosen, rejected = pairs(draw, size=1)
    return {"plain": solve(chosen, rejected), "margin": solve(chosen, rejected, draw.rand("margin", 1, high=2.0))}


@case("pairs that are 2000 apart, in either order, with gradients", kind="numerics")
def far_apart(solve, draw):
    # Settled pairs beside wrong ones, one of them by an ordinary amount.
    sign = torch.tensor([1.0, -1.0, -1.0, 1.0, 0.0], device=draw.device)
    size = 1000 - draw.rand("spread", 5, high=300.0)
    chosen = draw.keep("chosen", (sign * size + draw.randn("noise", 5)).requires_grad_())
    rejected = draw.keep("rejected", (-sign * size).requires_grad_())
    return with_gradients(solve, draw, chosen, rejected)


@case("pairs that are 40 to 100 apart, in the wrong order, with gradients", kind="numerics")
def wrong_order(solve, draw):
    chosen = draw.rand("chosen", 4, low=-50.0, high=-20.0, grad=True)
    return with_gradients(solve, draw, chosen, draw.rand("rejected", 4, low=20.0, high=50.0, grad=True))


@case("pairs that are 5 to 11 apart, in the wrong order, with gradients", kind="numerics")
def wrong_by_little(solve, draw):
    chosen = draw.rand("chosen", 4, low=-5.5, high=-2.5, grad=True)
    return with_gradients(solve, draw, chosen, draw.rand("rejected", 4, low=2.5, high=5.5, grad=True))


@case("a pair that is 1000 apart in the right order costs nothing beside an ordinary one", kind="numerics")
def settled(solve, draw):
    chosen, rejected = (part.detach().clone() for part in pairs(draw, size=3))
    chosen[1] += 1000
    return {"loss": solve(draw.keep("chosen, one far ahead", chosen), draw.keep("the others", rejected))}


@case("a fresh reward model: all rewards 0, gradients of ∓1/2 / B", kind="gradients")
def fresh(solve, draw):
    size = integer(draw, "pairs", 2, 9)
    return with_gradients(solve, draw, *(draw.tensor(name, [0.0] * size, grad=True) for name in ("chosen", "rejected")))


@case("ties elsewhere, one of them made by the margin: gradients of ∓1/2 / B", kind="gradients")
def ties(solve, draw):
    level, margin = draw.randint("level", -3, 9, 4).float(), draw.randint("margins", 0, 3, 4).float()
    chosen, rejected = (draw.keep(n, (level + m).requires_grad_()) for n, m in (("chosen", margin), ("rejected", 0)))
    return with_gradients(solve, draw, chosen, rejected, draw.keep("margin", margin))


SHIFTED = {"widen": 10.0, "because": "a right form that takes the margin first rounds at 50, to 4e-6"}


@case("50 added to all rewards changes nothing", kind="property", **SHIFTED)
def shifted(solve, draw):
    chosen, rejected = pairs(draw)
    parts = {"chosen": chosen, "rejected": rejected}
    raised = (draw.keep(f"{name} + 50", part.detach() + 50) for name, part in parts.items())
    return {"as they are": solve(chosen, rejected), "50 higher": solve(*raised)}


@case("the two exchanged: another loss", kind="property")
def exchanged(solve, draw):
    chosen, rejected = pairs(draw)
    return {"as they are": solve(chosen, rejected), "exchanged": solve(rejected, chosen)}


def in_float64(draw, **options):
    """Rewards, and a margin that is exact in float32, too: `torch.tensor(margin)` loses nothing."""
    chosen, rejected = (draw.randn(name, 5, dtype=torch.float64, **options) for name in ("chosen", "rejected"))
    return chosen, rejected, integer(draw, "eighths", 2, 7) / 8


@case("float64 in, float64 out", kind="numerics", float64=True)
def double(solve, draw):
    return {"loss": solve(*in_float64(draw))}


@case("gradients in float64: exact to nine digits", kind="gradients", float64=True, verify=nine_digits)
def double_gradients(solve, draw):
    return with_gradients(solve, draw, *in_float64(draw, grad=True))


@case("the same tensors again, other numbers in them", kind="state")
def changed(solve, draw):
    chosen, rejected = draw.randn("chosen", 5), draw.randn("rejected", 5)
    first = solve(chosen, rejected)
    chosen.mul_(-2)  # what is remembered of the first call is wrong now
    return {"first": first, "second": solve(chosen, rejected)}
