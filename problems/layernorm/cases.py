from torch_judge.authoring import case, number, same


def inputs(draw, *shape, grad=False, mean=3.0, std=4.0):
    """A mean away from zero and uneven gamma and beta, so that no statistic and no argument passes for another."""
    x = draw.randn("x", *shape, mean=mean, std=std, grad=grad)
    return x, draw.randn("gamma", shape[-1], mean=1.0, grad=grad), draw.randn("beta", shape[-1], grad=grad)


@case("a batch of sequences: each position on its own", kind="values")
def sequences(solve, draw):
    return {"output": solve(*inputs(draw, 5, 3, 8))}


@case("a plain matrix", kind="values")
def matrix(solve, draw):
    return {"output": solve(*inputs(draw, 5, 7))}


@case("four dimensions, a batch of one", kind="values")
def four_dimensions(solve, draw):
    return {"output": solve(*inputs(draw, 1, 3, 2, 7))}


@case("eps is obeyed, in two calls", kind="interface")
def eps(solve, draw):
    x, gamma, beta = inputs(draw, 4, 3, 6)
    other = draw.randn("other_x", 4, 3, 6, mean=-0.5)
    return {"eps 0.5": solve(x, gamma, beta, eps=0.5), "eps 2.0": solve(other, gamma, beta, eps=2.0)}


@case("the default eps is 1e-5", kind="interface")
def default_eps(solve, draw):
    # The variance is near 1e-4: eps counts.
    return {"output": solve(*inputs(draw, 4, 3, 7, mean=0.005, std=0.01))}


@case("a position whose values are all equal gives beta, not NaN", kind="numerics")
def constant_position(solve, draw):
    x = draw.randn("noise", 5, 3, 4).clone()
    x[1, 0] = 0.5  # four of them: sum, mean and squares are exact in binary, however they are formed
    x[2, 1] = 0  # as padding leaves it
    gamma, beta = draw.randn("gamma", 4, mean=1.0), draw.randn("beta", 4)
    return {"output": solve(draw.keep("x", x), gamma, beta, eps=1e-3)}


def nearly(seen, expected, draw):
    """A rounding error of a mean near 1000 is 1e-4 of a spread of 1, whatever the order of the sum."""
    same("output", seen["output"], expected["output"], widen=100)


@case("values near 1000, a spread of 1", kind="numerics", verify=nearly)
def far_from_zero(solve, draw):
    # In float32 their squares keep 0.06: the mean of x² less the square of the mean is off by a tenth.
    return {"output": solve(*inputs(draw, 6, 3, 7, mean=number(draw, "mean", 900.0, 1100.0), std=1.0))}


def near_beta(seen, expected, draw):
    """The mean of seven numbers near 30 is off by a few 1e-6, and the division by √eps makes up to 1e-2 of that."""
    same("output", seen["output"], expected["output"], widen=3000)


@case("equal values that are not round: near beta, never NaN", kind="numerics", verify=near_beta)
def constant_and_not_round(solve, draw):
    # Forty of them: a variance that may come out below zero does so in some.
    x = draw.rand("value", 8, 5, 1, low=20.0, high=40.0).expand(8, 5, 7).clone()
    gamma, beta = draw.randn("gamma", 7, mean=1.0), draw.randn("beta", 7)
    return {"output": solve(draw.keep("x", x), gamma, beta)}


@case("the same tensor again, other numbers in it", kind="state")
def changed(solve, draw):
    x, gamma, beta = inputs(draw, 2, 3, 5)
    first = solve(x, gamma, beta)
    x[0].mul_(-3)  # what is remembered of the first call, by shape or by object, is wrong now
    return {"first": first, "second": solve(x, gamma, beta)}


@case("gradients of x (through mean and variance), gamma and beta", kind="gradients")
def gradients(solve, draw):
    x, gamma, beta = inputs(draw, 4, 3, 7, grad=True)
    return draw.gradients(solve(x, gamma, beta), x=x, gamma=gamma, beta=beta)


@case("gradients where eps counts", kind="gradients")
def gradients_with_eps(solve, draw):
    x, gamma, beta = inputs(draw, 5, 6, grad=True)
    return draw.gradients(solve(x, gamma, beta, eps=0.7), x=x, gamma=gamma, beta=beta)
