from torch_judge.authoring import case


def inputs(draw, *shape, grad=False, mean=2.0, std=4.0):
    """A mean away from zero, so that centring shows; weights of both signs and sizes."""
    x = draw.randn("x", *shape, mean=mean, std=std, grad=grad)
    return x, draw.randn("weight", shape[-1], mean=0.5, grad=grad)


@case("a batch of sequences: each position on its own", kind="values")
def sequences(solve, draw):
    return {"output": solve(*inputs(draw, 5, 3, 8))}


@case("a plain matrix, of one feature too", kind="values")
def matrix(solve, draw):
    x = draw.randn("column", 4, 1, std=2e-3)  # eps counts, so that the result is no mere sign
    one_feature = solve(x, draw.randn("weight of one", 1))
    return {"output": solve(*inputs(draw, 5, 7)), "one feature": one_feature}


@case("four dimensions, a batch of one", kind="values")
def four_dimensions(solve, draw):
    return {"output": solve(*inputs(draw, 1, 3, 2, 7))}


@case("eps is obeyed, in two calls", kind="interface")
def eps(solve, draw):
    x, weight = inputs(draw, 4, 3, 6, std=1.0)
    other = draw.randn("other_x", 4, 3, 6, mean=-0.5)
    return {"eps 0.5": solve(x, weight, eps=0.5), "eps 2.0": solve(other, weight, eps=2.0)}


@case("the default eps is 1e-6", kind="interface")
def default_eps(solve, draw):
    # The mean square is near 5e-6: eps counts.
    return {"output": solve(*inputs(draw, 4, 3, 7, mean=1e-3, std=2e-3))}


@case("a position of zeros gives zeros, not NaN", kind="numerics")
def zero_position(solve, draw):
    x = draw.randn("noise", 5, 3, 4).clone()
    x[1, 0] = 0.0
    return {"output": solve(draw.keep("x", x), draw.randn("weight", 4), eps=1e-3)}


@case("the same tensor again, other numbers in it", kind="state")
def changed(solve, draw):
    x, weight = inputs(draw, 2, 3, 5)
    first = solve(x, weight)
    x[0].mul_(-3)  # what is remembered of the first call, by shape or by object, is wrong now
    return {"first": first, "second": solve(x, weight)}


@case("gradients of x (through the mean square) and weight", kind="gradients")
def gradients(solve, draw):
    x, weight = inputs(draw, 4, 3, 7, grad=True)
    return draw.gradients(solve(x, weight), x=x, weight=weight)


@case("gradients where eps counts", kind="gradients")
def gradients_with_eps(solve, draw):
    x, weight = inputs(draw, 5, 6, grad=True, std=1.0)
    return draw.gradients(solve(x, weight, eps=0.7), x=x, weight=weight)
