import torch

from torch_judge.authoring import case, number, same


def inputs(draw, lengths, t, c, padding=100.0, grad=False, name="x"):
    """x (N, T, C) with ``padding`` behind each row's real steps, its lengths, weight, bias and the buffers."""
    n = len(lengths)
    # Each row and each step has a level of its own: rows of unequal length do not pass for one another.
    levels = draw.randn(f"levels of rows of {name}", n, 1, 1) + draw.randn(f"levels of steps of {name}", 1, t, 1)
    x = draw.randn(f"noise of {name}", n, t, c, mean=1.5) + 2 * levels
    counts = draw.keep(f"lengths of {name}", torch.tensor(lengths, device=draw.device))
    x[torch.arange(t, device=draw.device) >= counts[:, None]] = padding
    draw.keep(name, x.requires_grad_(grad))
    if "weight" in draw.inputs:
        return x, counts
    affine = draw.randn("weight", c, mean=0.5, grad=grad), draw.randn("bias", c, mean=0.5, grad=grad)
    return x, counts, *affine, draw.randn("running_mean", c), draw.rand("running_var", c, low=0.5, high=3.0)


def with_exact_zeros(output, lengths):
    """The output, and whether its padded steps are 0 to the last bit."""
    seen = {"output": output}
    if isinstance(output, torch.Tensor) and output.dim() == 3:
        padded = torch.arange(output.shape[1], device=output.device) >= lengths[:, None]
        seen["exactly 0 at padded steps"] = not bool(output[padded].count_nonzero())
    return seen


def some_lengths(draw, n, t):
    """Lengths of at least 1, one of them below t and one of them t, in an order that the seed decides."""
    drawn = draw.randint("drawn lengths", 1, t + 1, n).tolist()
    drawn[0], drawn[1] = t, max(1, t // 2)
    return [drawn[i] for i in draw.rand("order", n).argsort().tolist()]


@case("training: unequal lengths", kind="values")
def unequal(solve, draw):
    arguments = inputs(draw, some_lengths(draw, 4, 6), 6, 3)
    return with_exact_zeros(solve(*arguments), arguments[1])


@case("training: no padding at all", kind="values")
def full(solve, draw):
    return {"output": solve(*inputs(draw, [5, 5, 5], 5, 4), momentum=0.3)}


@case("training: a row of length 0, inf in the padding", kind="values")
def empty_row(solve, draw):
    return {"output": solve(*inputs(draw, [3, 0, 5], 5, 3, padding=float("inf")))}


@case("training: two rows of one step each, so n = 2", kind="values")
def two_steps(solve, draw):
    # With a small eps both steps are -1 and 1 whatever x is.
    return {"output": solve(*inputs(draw, [1, 1], 3, 4), eps=2.0)}


@case("training: as many rows as steps as features", kind="values")
def all_alike(solve, draw):  # whatever falls on a wrong axis broadcasts in silence
    return {"output": solve(*inputs(draw, some_lengths(draw, 4, 4), 4, 4))}


@case("eps and momentum are obeyed, over two batches", kind="state")
def arguments(solve, draw):
    x, lengths, *rest = inputs(draw, [2, 4, 3], 4, 3)
    first = solve(x, lengths, *rest, eps=0.5, momentum=0.35, training=True)
    y, lengths = inputs(draw, [5, 2], 5, 3, name="second x")
    seen = {"first": first, "second": solve(y, lengths, *rest, eps=0.5, momentum=0.8)}
    return seen | {"momentum 0": solve(y, lengths, *rest, momentum=0.0)}


def nearly(seen, expected, draw):
    """A rounding error of a mean near 1000 is 1e-4 of a spread of 1, whatever the order of the sum."""
    same("output", seen["output"], expected["output"], widen=100)


@case("values near 1000, a spread of 1", kind="numerics", verify=nearly)
def far_from_zero(solve, draw):
    # In float32 their squares keep 0.06: the mean of x² less the square of the mean is off by a tenth.
    x, rest = (
        draw.randn("x", 3, 5, 4, mean=number(draw, "mean", 900.0, 1100.0)),
        inputs(draw, [1, 1], 1, 4, name="y")[2:],
    )
    return {"output": solve(x, draw.keep("lengths", torch.tensor([4, 2, 5], device=draw.device)), *rest, momentum=0.0)}


@case("defaults: training, momentum 0.1, eps 1e-5", kind="interface")
def defaults(solve, draw):
    # A spread of 0.01 makes eps count: its square is near 1e-5.
    x, lengths = draw.randn("x", 3, 4, 3, mean=0.02, std=0.01), draw.tensor("lengths", [4, 2, 3], dtype=torch.int64)
    affine = draw.randn("weight", 3, mean=1.0), draw.randn("bias", 3)
    return {"output": solve(x, lengths, *affine, draw.randn("running_mean", 3), draw.rand("running_var", 3))}


@case("eval: the running statistics, NaN in the padding", kind="mode")
def evaluation(solve, draw):
    arguments = inputs(draw, some_lengths(draw, 3, 5), 5, 4, padding=float("nan"))
    return with_exact_zeros(solve(*arguments, eps=0.05, momentum=0.3, training=False), arguments[1])


@case("eval: a single real step of a single channel; rows of one step, real or not", kind="mode")
def eval_single(solve, draw):
    arguments = inputs(draw, [1], 3, 1)
    single = {"output": solve(*arguments, training=False)}
    x, lengths = inputs(draw, [1, 0], 1, 1, name="y")
    return single | {"rows of one step": solve(x, lengths, *arguments[2:], training=False)}


@case("training: gradients of x, weight and bias, NaN in the padding", kind="gradients")
def training_gradients(solve, draw):
    arguments = inputs(draw, [2, 4, 3], 4, 3, padding=float("nan"), grad=True)
    x, _, weight, bias, *_ = arguments
    return draw.gradients(solve(*arguments), x=x, weight=weight, bias=bias)


@case("eval: gradients of x, weight and bias, NaN in the padding", kind="gradients")
def eval_gradients(solve, draw):
    arguments = inputs(draw, [2, 4, 3], 4, 3, padding=float("nan"), grad=True)
    x, _, weight, bias, *_ = arguments
    return draw.gradients(solve(*arguments, training=False), x=x, weight=weight, bias=bias)


@case("more padding changes nothing", kind="property")
def more_padding(solve, draw):
    x, lengths, weight, bias, *buffers = inputs(draw, [2, 4, 3], 4, 3)
    longer = torch.cat([x, torch.full((3, 5, 3), -7.0, device=draw.device)], dim=1)
    copies = [draw.keep(f"copy of {name}", b.clone()) for name, b in zip(("mean", "var"), buffers, strict=True)]
    short = solve(x, lengths, weight, bias, *buffers)
    long = solve(draw.keep("longer x", longer), lengths, weight, bias, *copies)
    return {"output": short, "output of the longer x": long}


@case("a feature that never varies gives bias, not NaN", kind="numerics")
def constant(solve, draw):
    x, *rest = inputs(draw, [2, 4, 2], 4, 3, padding=3.0)
    x = x.clone()
    x[..., 1] = 0.5  # exact in float32, and eight real steps: the variance is exactly zero
    return {"output": solve(draw.keep("constant x", x), *rest, eps=0.01)}
