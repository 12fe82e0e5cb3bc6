import torch

from torch_judge.authoring import BY_LOGSUMEXP, case


@case("the last dim by default, in one, two and four dimensions, a batch of one", kind="values")
def default_dim(solve, draw):
    shapes = {"vector": (6,), "matrix": (4, 7), "four": (1, 2, 3, 5)}
    return {name: solve(draw.randn(name, *shape, std=2.0)) for name, shape in shapes.items()}


@case("every dim, counted from the front or from the back", kind="values")
def every_dim(solve, draw):
    x = draw.randn("x", 3, 5, 4, mean=1.0, std=2.0)
    matrix = draw.randn("matrix", 3, 4, std=2.0)
    return {f"dim {dim}": solve(x, dim=dim) for dim in (0, 1, 2, -3, -2)} | {"a matrix, dim 0": solve(matrix, dim=0)}


@case("a slice of one entry gives 1, along the last dim too", kind="interface")
def slice_of_one(solve, draw):
    return {"output": solve(draw.randn("x", 4, 1, 3), 1), "the last dim": solve(draw.randn("column", 4, 1))}


@case("slices near 1000 and near -1000, in one tensor and alone", kind="numerics", **BY_LOGSUMEXP)
def large_entries(solve, draw):
    x, low = draw.randn("noise", 4, 6, 3).clone(), draw.randn("low_noise", 3, 5) - 1000.0
    x[0] += 1000.0
    x[1] -= 1000.0
    x[2] += 500.0
    return {"output": solve(draw.tensor("x", x), dim=1), "all low": solve(draw.tensor("low", low))}


@case("one entry far above the rest of its slice", kind="numerics", **BY_LOGSUMEXP)
def far_apart(solve, draw):
    x = draw.randn("noise", 8, 7).clone()
    x[:7].diagonal().add_(1000.0)  # the peak stands in every place once
    x[7, 3] -= 300.0
    return {"output": solve(draw.tensor("x", x))}


@case("entries of -inf get probability 0", kind="numerics", **BY_LOGSUMEXP)
def masked_entries(solve, draw):
    x = draw.randn("noise", 5, 6).clone()
    x[4] -= 1000.0
    x[0, 1:] = x[1, :3] = x[2, 2:4] = x[4, 1:5] = -torch.inf
    out = solve(draw.tensor("x", x), dim=1)
    return {"output": out, "exactly 0 at -inf": bool((out[x.isinf()] == 0).all())}


@case("a second call leaves the first result alone", kind="state")
def two_calls(solve, draw):
    x = draw.randn("first_x", 3, 8)
    first, second = solve(x), solve(draw.randn("second_x", 3, 8))
    x.mul_(-1)  # the same tensor with other numbers in it: what is remembered by object is wrong now
    return {"first": first, "second": second, "first x, changed": solve(x)}


@case("gradient of x, along the last dim and along another", kind="gradients")
def gradients(solve, draw):
    x, cube = draw.randn("x", 4, 6, std=1.5, grad=True), draw.randn("cube", 2, 5, 3, std=1.5, grad=True)
    return draw.gradients((solve(x), solve(cube, dim=1)), x=x, cube=cube)
