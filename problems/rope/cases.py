import torch

from torch_judge.authoring import case, integer, number


def qk(draw, b, s, d, name="", grad=False):
    """A query and a key of one shape; batch, sequence, width and half the width are four different numbers."""
    return draw.randn(f"{name}q", b, s, d, grad=grad), draw.randn(f"{name}k", b, s, d, mean=0.5, grad=grad)


@case("values: five pairs, seven positions", kind="values")
def values(solve, draw):
    return {"output": solve(*qk(draw, b=2, s=7, d=10))}


@case("another width: the angles depend on D", kind="values")
def another_width(solve, draw):
    return {"output": solve(*qk(draw, b=3, s=5, d=16))}


@case("the pairs (r, 0) and (0, r) everywhere: sines and cosines", kind="values")
def unit_pairs(solve, draw):
    length, positions = number(draw, "length", 0.5, 2.0), integer(draw, "positions", 4, 9)
    q, k = torch.tensor([length, 0.0]).repeat(3), torch.tensor([0.0, length]).repeat(3)
    return {"output": solve(*(draw.tensor(name, x.expand(1, positions, 6)) for name, x in (("q", q), ("k", k))))}


@case("width 2, a batch of one; a single position stays as it is", kind="interface")
def smallest(solve, draw):
    pair, single = qk(draw, b=1, s=3, d=2, name="narrow "), qk(draw, b=3, s=1, d=4, name="single ")
    return {"one pair": solve(*pair), "one position": solve(*single)}


@case(
    "a hundred positions",
    kind="numerics",
    widen=10,
    because="an angle near 100 in float32, however it is computed, is off by up to 1e-5",
)
def hundred(solve, draw):
    return {"output": solve(*qk(draw, b=1, s=100, d=6))}


@case("calls of several lengths and widths, in turn", kind="state")
def calls(solve, draw):
    # Whatever angles are remembered by, if not by length and width together, two of these share it: the length, the
    # width, their product (36) or their sum (12).
    sizes = {"9 × 4": (9, 4), "3 × 12": (3, 12), "9 × 2": (9, 2), "6 × 4": (6, 4), "6 × 6": (6, 6), "8 × 4": (8, 4)}
    inputs = {name: qk(draw, b=1 + s % 2, s=s, d=d, name=f"{name} ") for name, (s, d) in sizes.items()}
    seen = {name: solve(*pair) for name, pair in inputs.items()}
    return seen | {"9 × 4 again": solve(*inputs["9 × 4"])}


@case("gradients of q and k", kind="gradients")
def gradients(solve, draw):
    q, k = qk(draw, b=2, s=5, d=6, grad=True)
    return draw.gradients(solve(q, k), q=q, k=k)
