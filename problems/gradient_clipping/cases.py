import torch

from torch_judge.authoring import case

SHAPES = {"matrix": (4, 3), "vector": (5,), "filters": (2, 1, 3), "scalar": ()}


def model(draw, std=1.0, without=()):
    """Parameters with gradients of uneven size; the judge watches both. The norm of all is near 13.5 times std, far
    above 1e-6: whether that is added to it in the factor makes no difference.
    """
    parameters = {}
    for (name, shape), scale in zip(SHAPES.items(), (1.0, 4.0, 3.0, 0.5), strict=True):
        parameters[name] = draw.randn(f"values of {name}", *shape).clone().requires_grad_()
        gradient = draw.randn(f"drawn gradient of {name}", *shape, mean=0.5, std=scale)
        if name not in without:
            parameters[name].grad = gradient * std
    draw.keep("parameters", parameters)
    return list(parameters.values())


@case("above max_norm: one factor for all; returns the norm from before", kind="values")
def above(solve, draw):
    return {"norm": solve(model(draw), max_norm=1.0)}


@case("other values of max_norm, also twice in a row", kind="values")
def max_norms(solve, draw):
    parameters = model(draw, std=2.0)
    return {"norm": solve(parameters, max_norm=3.7), "norm after clipping": solve(parameters, max_norm=0.25)}


@case("below max_norm: the gradients stay, bit for bit", kind="state")
def below(solve, draw):
    return {"norm": solve(model(draw), max_norm=80.0)}


@case("small gradients stay as they are", kind="state")
def small(solve, draw):
    return {"norm": solve(model(draw, std=1e-3), max_norm=0.9)}


@case("a little below max_norm, then a little above it, each by itself far below", kind="values")
def together(solve, draw):
    parameters = [torch.zeros(3, n, requires_grad=True) for n in (1, 2, 4, 5, 7)]
    for number, parameter in enumerate(parameters):
        direction = draw.randn(f"direction {number}", *parameter.shape)
        parameter.grad = direction / direction.square().sum().sqrt() * (1.5 + 0.1 * number)
    draw.keep("parameters", parameters)  # their norm is 3.81
    return {"norm below": solve(parameters, max_norm=3.9), "norm above": solve(parameters, max_norm=3.7)}


def tried(solve, parameters, max_norm, what):
    """The norm. One mistake raises in many ways (no `pow`, no `norm`, no `len`), and is to be known as one."""
    try:
        return {"norm": solve(parameters, max_norm=max_norm)}
    except (AttributeError, TypeError):
        return {"norm": f"not known: the call fails on {what}"}


@case("a parameter without a gradient is passed over", kind="interface")
def no_gradient(solve, draw):
    return tried(solve, model(draw, without=("matrix", "filters")), 1.5, "a parameter whose grad is None")


@case("parameters may be a generator", kind="interface")
def generator(solve, draw):
    parameters = model(draw)
    # The list tells who never clips from who has used the generator up.
    seen = {"norm of a list": solve(parameters, max_norm=4.0)}
    return seen | tried(solve, (parameter for parameter in parameters), 2.0, "a generator")


@case("gradients of zero: nothing to divide by", kind="numerics")
def zeros(solve, draw):
    return {"norm": solve(model(draw, std=0.0), max_norm=1.0)}
