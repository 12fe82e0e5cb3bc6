from torch_judge.authoring import case, number, same


def batch(draw, n=6, d=5, grad=False, **x):
    """Inputs with uneven scales and a mean far from zero, so that no statistic passes for another."""
    values = draw.randn("x", n, d, mean=1.5, std=2.0, grad=grad, **x)
    gamma, beta = draw.randn("gamma", d, mean=1.0, grad=grad), draw.randn("beta", d, grad=grad)
    return values, gamma, beta, draw.randn("running_mean", d), draw.rand("running_var", d, low=0.5, high=3.0)


@case("training: output, running statistics moved in place", kind="values")
def training(solve, draw):
    return {"output": solve(*batch(draw), momentum=0.1, training=True)}


@case("eval: output from the running statistics, which stay", kind="mode")
def evaluation(solve, draw):
    return {"output": solve(*batch(draw), momentum=0.3, training=False)}


@case("momentum and eps are obeyed, over two batches", kind="state")
def arguments(solve, draw):
    x, gamma, beta, mean, var = batch(draw, n=3, d=4)
    second = draw.randn("second_x", 7, 4, mean=-1.0, std=0.3)
    seen = {"first": solve(x, gamma, beta, mean, var, eps=0.5, momentum=0.35, training=True)}
    seen |= {"second": solve(second, gamma, beta, mean, var, eps=1.5, momentum=0.8, training=True)}
    return seen | {"momentum 0": solve(x, gamma, beta, mean, var, momentum=0.0)}


@case("defaults: training, momentum 0.1, eps 1e-5", kind="interface")
def defaults(solve, draw):
    # A spread of 0.01 makes eps count: its square is near 1e-5.
    x = draw.randn("x", 9, 3, mean=0.02, std=0.01)
    gamma, beta = draw.randn("gamma", 3, mean=1.0), draw.randn("beta", 3)
    return {"output": solve(x, gamma, beta, draw.randn("running_mean", 3), draw.rand("running_var", 3))}


@case("eval with small running variances: eps inside the root", kind="numerics")
def small_variances(solve, draw):
    x, gamma, beta = draw.randn("x", 4, 3), draw.randn("gamma", 3, mean=1.0), draw.randn("beta", 3)
    var = draw.rand("running_var", 3, low=1e-6, high=1e-4)
    return {"output": solve(x, gamma, beta, draw.randn("running_mean", 3), var, eps=1e-3, training=False)}


@case("a feature that never varies gives beta, not NaN", kind="numerics")
def constant_feature(solve, draw):
    x = draw.randn("noise", 4, 3).clone()
    x[:, 1] = 0.5  # exact in float32, so the variance is exactly zero
    gamma, beta = draw.randn("gamma", 3, mean=1.0), draw.randn("beta", 3)
    mean, var = draw.randn("running_mean", 3), draw.rand("running_var", 3)
    return {"output": solve(draw.keep("x", x), gamma, beta, mean, var, eps=1e-3)}


def nearly(seen, expected, draw):
    """A rounding error of a mean near 1000 is 1e-4 of a spread of 1, whatever the order of the sum."""
    for path in ("output", "running_mean", "running_var"):
        same(path, seen[path], expected[path], widen=100)


@case("training: values near 1000, a spread of 1", kind="numerics", verify=nearly)
def far_from_zero(solve, draw):
    # In float32 their squares keep 0.06: the mean of x² less the square of the mean is off by a tenth.
    x = draw.randn("x", 8, 3, mean=number(draw, "mean", 900.0, 1100.0))
    gamma, beta = draw.randn("gamma", 3, mean=1.0), draw.randn("beta", 3)
    mean, var = draw.randn("first running_mean", 3).clone(), draw.rand("first running_var", 3).clone()
    return {"output": solve(x, gamma, beta, mean, var), "running_mean": mean, "running_var": var}


def near_beta(seen, expected, draw):
    """The mean of seven numbers near 30 is off by a few 1e-6, and the division by √eps makes a few 1e-3 of that."""
    same("output", seen["output"], expected["output"], widen=1000)


@case("features that never vary, of values that are not round: near beta, never NaN", kind="numerics", verify=near_beta)
def constant_and_not_round(solve, draw):
    # Forty of them: a variance that may come out below zero does so in some.
    x = draw.rand("value", 40, low=20.0, high=40.0).expand(7, 40).clone()
    gamma, beta = draw.randn("gamma", 40, mean=1.0), draw.randn("beta", 40)
    mean, var = draw.randn("first running_mean", 40).clone(), draw.rand("first running_var", 40).clone()
    return {"output": solve(draw.keep("x", x), gamma, beta, mean, var)}


@case("a single row in eval, strided input", kind="mode")
def single_row(solve, draw):
    inputs = batch(draw, n=1, d=6, strided=True)
    one_feature = [part[..., :1] for part in inputs]
    return {"output": solve(*inputs, training=False), "one feature": solve(*one_feature, training=False)}


@case("training: gradients of x, gamma and beta through the batch statistics", kind="gradients")
def training_gradients(solve, draw):
    x, gamma, beta, mean, var = batch(draw, n=5, d=4, grad=True)
    return draw.gradients(solve(x, gamma, beta, mean, var, training=True), x=x, gamma=gamma, beta=beta)


@case("eval: gradients of x, gamma and beta", kind="gradients")
def eval_gradients(solve, draw):
    x, gamma, beta, mean, var = batch(draw, n=5, d=4, grad=True)
    return draw.gradients(solve(x, gamma, beta, mean, var, training=False), x=x, gamma=gamma, beta=beta)
