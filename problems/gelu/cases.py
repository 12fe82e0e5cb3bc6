import torch

from torch_judge.authoring import case

ROOT = "a root of two written as 1.4142 will do, and moves the tail by x² times 1e-5: 5e-4 of it at most"


@case("a matrix of both signs", kind="values")
def both_signs(solve, draw):
    return {"output": solve(draw.randn("x", 5, 7, std=1.5))}


@case("0 gives 0; whole and half numbers", kind="values", widen=4, because=ROOT)
def points(solve, draw):
    x = draw.randint("halves", -6, 7, 4, 3) * 0.5
    x[0, 0], x[1, 0] = 0.0, -0.0
    return {"output": solve(draw.keep("x", x))}


@case("one, three and four dimensions, axes of 1 at both ends, entries from 1e-6 to 1e3", kind="values")
def ranks_and_scales(solve, draw):
    small, large = draw.randn("small", 29, std=1e-6), draw.randn("large", 1, 1, 33, std=1e3)
    return {"small": solve(small), "large": solve(large), "images": solve(draw.randn("images", 2, 5, 12, 1))}


def far_left(draw, **options):
    ranges = {f"x from {a} to {b}": (a, b) for a, b in ((-4.5, -3.0), (-6.0, -4.5), (-7.0, -6.0))}
    return {n: draw.rand(n, 13, low=a, high=b, dtype=torch.float64, **options) for n, (a, b) in ranges.items()}


@case("float64, far to the left: small but not zero", kind="numerics", float64=True, widen=1e6, because=ROOT)
def left_tail(solve, draw):
    return {name: solve(x) for name, x in far_left(draw).items()}


@case("a second call leaves the first result alone", kind="state")
def two_calls(solve, draw):
    x = draw.randn("first_x", 3, 8)
    first, second = solve(x), solve(draw.randn("second_x", 3, 8))
    x.mul_(-1)  # the same tensor with other numbers in it: what is remembered by object is wrong now
    return {"first": first, "second": second, "first x, changed": solve(x)}


@case("float64, far to the left: the gradient", kind="gradients", float64=True, widen=1e6, because=ROOT)
def left_gradient(solve, draw):
    xs = far_left(draw, grad=True)
    return draw.gradients(tuple(solve(x) for x in xs.values()), **xs)


@case("gradient of x: both factors count", kind="gradients", widen=4, because="1.4142 will do for the root of 2")
def gradient(solve, draw):
    x, wide = draw.randn("x", 4, 9, std=1.5, grad=True), draw.rand("wide", 5, 8, low=-5.0, high=40.0, grad=True)
    return draw.gradients((solve(x), solve(wide)), x=x, wide=wide)
