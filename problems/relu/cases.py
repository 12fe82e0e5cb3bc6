import torch

from torch_judge.authoring import case, require, same


def with_zeros(draw, **options):
    """Numbers of both signs, and zeros of both signs among them."""
    x = draw.randn("values", 9).clone()
    # Where none is positive, nothing of x need reach the output.
    x[6], x[7] = x[6].abs() + 0.1, -x[7].abs() - 0.1
    x[draw.randint("place of a zero", 0, 3, 1)] = 0.0
    x[draw.randint("place of a negative zero", 3, 6, 1)] = -0.0
    x[8] = 0.0
    return draw.tensor("x", x, **options)


@case("a matrix of both signs", kind="values")
def both_signs(solve, draw):
    return {"output": solve(draw.randn("x", 5, 7))}


@case("zeros stay zero", kind="values")
def zeros(solve, draw):
    return {"output": solve(with_zeros(draw))}


@case("one, three and four dimensions, axes of 1 at both ends, entries from 1e-12 to 1e6", kind="values")
def ranks_and_scales(solve, draw):
    tiny, huge = draw.randn("tiny", 29, std=1e-12), draw.randn("huge", 1, 1, 33, std=1e6)
    return {"tiny": solve(tiny), "huge": solve(huge), "images": solve(draw.randn("images", 2, 5, 12, 1))}


@case("float64 stays float64, with gradient", kind="numerics", float64=True)
def float64(solve, draw):
    x = draw.randn("x", 4, 6, dtype=torch.float64, grad=True)
    return draw.gradients(solve(x), x=x)


@case("a second call leaves the first result alone", kind="state")
def two_calls(solve, draw):
    x = draw.randn("first_x", 3, 8)
    first, second = solve(x), solve(draw.randn("second_x", 3, 8))
    x.mul_(-1)  # the same tensor with other numbers in it: what is remembered by object is wrong now
    return {"first": first, "second": second, "first x, changed": solve(x)}


@case("gradient: 1 above zero, 0 below", kind="gradients")
def gradient(solve, draw):
    x, tiny = draw.randn("x", 4, 9, grad=True), draw.randn("tiny", 13, std=1e-12, grad=True)
    return draw.gradients((solve(x), solve(tiny)), x=x, tiny=tiny)


def is_subgradient(seen, expected, draw):
    """At zero every slope from 0 to 1 is right: `maximum` gives 0.5 there, a mask 0 or 1."""
    same("output", seen["output"], expected["output"])
    got, want = seen["gradient of x"], expected["gradient of x"]
    require(isinstance(got, torch.Tensor), "no gradient", "No gradient of x arrives: the output is cut off from it.")
    x = expected["x"].clone().requires_grad_()
    cotangent = draw.gradients(x, x=x)["gradient of x"]  # that of the identity
    same("gradient of x", torch.where(x == 0, want, got), want)
    slope = (got / cotangent)[x == 0]
    message = f"The gradient at x = 0 is {slope.tolist()}; any slope from 0 to 1 is right."
    require(bool(((slope >= 0) & (slope <= 1.00001)).all()), f"slope {slope.tolist()}", message)


@case("gradient at exactly zero: from 0 to 1", kind="gradients", verify=is_subgradient)
def gradient_at_zero(solve, draw):
    x = with_zeros(draw, grad=True)
    return {"x": x.detach()} | draw.gradients(solve(x), x=x)
