from torch_judge.authoring import case


def qk(draw, b, s, d, name="", grad=False):
    """A query and a key of one shape; batch, sequence, width and half the width are four different numbers."""
    return draw.randn(f"{name}q", b, s, d, grad=grad), draw.randn(f"{name}k", b, s, d, mean=0.5, grad=grad)


@case("values: five pairs, seven positions", kind="values")
def values(solve, draw):
    return {"output": solve(*qk(draw, b=2, s=7, d=10))}


@case("another width: the angles depend on D", kind="values")
def another_width(solve, draw):
    return {"output": solve(*qk(draw, b=3, s=5, d=16))}


@case("the pairs (1, 0) and (0, 1) everywhere: sines and cosines", kind="values")
def unit_pairs(solve, draw):
    return {"output": solve(draw.tensor("q", [[[1.0, 0.0] * 3] * 5]), draw.tensor("k", [[[0.0, 1.0] * 3] * 5]))}


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
    long, short = qk(draw, b=1, s=9, d=4, name="long "), qk(draw, b=2, s=3, d=8, name="short ")
    longer = qk(draw, b=1, s=6, d=8, name="longer ")  # of the same width as the one before
    return {"long": solve(*long), "short": solve(*short), "longer": solve(*longer), "long again": solve(*long)}


@case("gradients of q and k", kind="gradients")
def gradients(solve, draw):
    q, k = qk(draw, b=2, s=5, d=6, grad=True)
    return draw.gradients(solve(q, k), q=q, k=k)
