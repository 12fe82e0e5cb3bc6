import torch

from torch_judge.authoring import case

NAMES = ("dx", "dgamma", "dbeta")


def arguments(draw, n=6, d=4, **options):
    """dy, x and gamma with a mean far from zero and uneven scales, so that no part passes for another."""
    scales = draw.rand("scales", d, low=0.5, high=3.0, **options)
    dy = draw.randn("dy", n, d, mean=0.7, **options)
    x = draw.keep("x", draw.randn("noise", n, d, mean=1.5, **options) * scales)
    return dy, x, draw.randn("gamma", d, mean=0.5, **options)


def seen(result):
    """The three gradients by name; a result of another kind as it is."""
    if isinstance(result, (tuple, list)) and len(result) == len(NAMES):
        return dict(zip(NAMES, result, strict=True))
    return {"result": result}


@case("six rows, four features", kind="values")
def plain(solve, draw):
    return seen(solve(*arguments(draw)))


@case("as many rows as features", kind="values")
def square(solve, draw):  # whatever is summed over the wrong axis has the right shape
    return seen(solve(*arguments(draw, n=4)))


@case("a large eps, and a small one", kind="values")
def eps(solve, draw):
    dy, x, gamma = arguments(draw, n=5, d=3)
    return {"eps 2.0": seen(solve(dy, x, gamma, eps=2.0)), "eps 0.01": seen(solve(dy, x, gamma, eps=0.01))}


@case("the default eps is 1e-5", kind="interface")
def default_eps(solve, draw):
    # A spread of 0.01 makes eps count: its square is near 1e-5.
    x = draw.randn("x", 7, 3, mean=0.02, std=0.01)
    return seen(solve(draw.randn("dy", 7, 3), x, draw.randn("gamma", 3, mean=1.0)))


@case("a batch of three rows; a single feature", kind="values")
def few_rows(solve, draw):
    dy, x, gamma = arguments(draw, n=3, d=5)
    one_feature = seen(solve(dy[:, :1], x[:, :1], gamma[:1], eps=0.5))
    return seen(solve(dy, x, gamma, eps=0.5)) | {"one feature": one_feature}


@case("float64: exact to nine digits", kind="numerics", float64=True)
def float64(solve, draw):
    return seen(solve(*arguments(draw, dtype=torch.float64)))


@case("gamma zero, negative, and dy zero for a feature", kind="values")
def gammas(solve, draw):
    dy, x, gamma = draw.randn("drawn dy", 6, 4), draw.randn("x", 6, 4, mean=1.5), draw.randn("drawn gamma", 4)
    dy, gamma = dy.clone(), -gamma.abs()
    dy[:, 0] = gamma[2] = 0
    return seen(solve(draw.keep("dy", dy), x, draw.keep("gamma", gamma)))


@case("a column whose values are all equal, with eps 0.1", kind="numerics")
def constant_column(solve, draw):
    x = draw.randn("noise", 5, 3).clone()
    x[:, 1] = 0.5  # exact in float32, so the variance is exactly zero
    return seen(solve(draw.randn("dy", 5, 3), draw.keep("x", x), draw.randn("gamma", 3, mean=1.0), eps=0.1))


@case("columns of dx sum to 0, and are perpendicular to x where eps is 0", kind="property", float64=True)
def properties(solve, draw):
    dy, x, gamma = arguments(draw, dtype=torch.float64)
    dx = solve(dy, x, gamma, eps=0.0)[0]
    equal = solve(draw.keep("the same dy in each row", dy[:1].expand_as(dy).contiguous()), x, gamma)[0]
    # With something added, since a reference of nothing but rounding has no scale; in float32, where none is left.
    sums = {"sum of each column of dx": dx.sum(0), "sum of x · dx": (x * dx).sum(0), "dx of equal dy": equal}
    return {f"1 + {name}": (1 + value).float() for name, value in sums.items()}


@case("under no_grad, with arguments that require a gradient", kind="interface")
def no_grad(solve, draw):
    dy, x = draw.randn("dy", 5, 3, mean=0.7), draw.randn("x", 5, 3, mean=1.5, grad=True)
    gamma = draw.randn("gamma", 3, mean=1.0, grad=True)
    with torch.no_grad():
        return seen(solve(dy, x, gamma))


@case("strided arguments", kind="interface")
def strided(solve, draw):
    dy, x = draw.randn("dy", 5, 3, strided=True), draw.randn("x", 5, 3, mean=1.5, strided=True)
    return seen(solve(dy, x, draw.randn("gamma", 3, strided=True)))
