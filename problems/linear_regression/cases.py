import inspect

import torch

from torch_judge.authoring import case, number, require, same


def data(draw, n, d, scale=1.0, name=""):
    """Noisy data: no line fits exactly, and least squares is not the line that they were made from."""
    X = draw.randn(f"{name}X", n, d, mean=0.5) * torch.as_tensor(scale, device=draw.device)
    return draw.keep(f"scaled {name}X", X), draw.randn(f"{name}y", n, mean=2.0, std=1.5)


def round_data(draw, size):
    """Noiseless data whose features are uncorrelated, of mean 0 and variance 1: easy for every optimiser."""
    columns = torch.cat([torch.ones(24, 1, device=draw.device), draw.randn("columns", 24, 3)], dim=1)
    X = draw.keep("X", torch.linalg.qr(columns)[0][:, 1:] * 24**0.5)
    w = draw.rand("true w", 3, low=0.5 * size, high=size)
    return X, draw.keep("y", X @ w - 0.7 * size)


def fitted(result):
    w, b = result
    return {"w": w, "b": b}


SQUARED = "the normal equations square the condition number"


@case("closed_form: the least-squares solution", kind="values", widen=20, because=SQUARED)
def closed_form(solve, draw):
    w, b = solve().closed_form(*data(draw, n=30, d=3, scale=[0.5, 1.0, 2.0]))
    other = fitted(solve().closed_form(*data(draw, n=12, d=5, name="other ")))
    return {"w": w, "b": b, "requires_grad": w.requires_grad, "other data": other}


@case("closed_form does not iterate", kind="cost")
def closed_form_cost(solve, draw):
    X, y = data(draw, n=9, d=2)
    # Elimination by hand, element by element, takes a few hundred operators.
    with draw.operators() as operators:
        solve().closed_form(X, y)
    draw.at_most("operators in closed_form", operators(), 1000)
    # An optimiser of second order (L-BFGS) needs few operators, but backward passes.
    with draw.graph_reads() as reads:
        solve().closed_form(X, y)
    return {"autograd in closed_form": reads() > 0}


@case("gradient_descent: step by step, for several lr", kind="values")
def first_steps(solve, draw):
    X, y = data(draw, n=7, d=3)
    large, small = number(draw, "large lr", 0.08, 0.12), number(draw, "small lr", 0.015, 0.03)
    runs = {"1 step": (large, 1), "2 steps": (large, 2), "5 steps": (large, 5), "3 steps, small lr": (small, 3)}
    # It goes astray with an lr above 1, and has to do that step by step, too.
    runs["2 steps, lr above 1"] = (number(draw, "lr above 1", 1.5, 2.5), 2)
    return {name: fitted(solve().gradient_descent(X, y, lr=lr, steps=n)) for name, (lr, n) in runs.items()}


@case("gradient_descent: gradients by hand", kind="property")
def by_hand(solve, draw):
    X, y = data(draw, n=6, d=2)
    with draw.graph_reads() as reads:
        solve().gradient_descent(X, y, lr=0.1, steps=2)
    return {"autograd in gradient_descent": reads() > 0}


@case("one object, called again and again", kind="state", widen=20, because=SQUARED)
def one_object(solve, draw):
    """Two data sets in turn, of other sizes: no method remembers weights, data or a layer."""
    model, first, other = solve(), data(draw, n=8, d=2), data(draw, n=10, d=3, name="other ")
    seen = {"closed form": fitted(model.closed_form(*first))}
    for time, (X, y) in (("first", first), ("again", first), ("other data", other)):
        seen[f"descent, {time}"] = fitted(model.gradient_descent(X, y, lr=0.1, steps=2))
    layers = {name: model.nn_linear(X, y, lr=0.1, steps=1)[0] for name, (X, y) in (("first", first), ("other", other))}
    seen |= {f"weights of nn_linear, {name} data": w.numel() for name, w in layers.items()}
    return seen | {"closed form, other data": fitted(model.closed_form(*other))}


def converged(seen, expected, draw):
    """w and b are near the solution; where they are instead tells which mistake it is."""
    states = []
    for name, want in expected.items():
        got = torch.as_tensor(seen[name])
        shape, right = tuple(got.shape), tuple(want.shape)
        require(shape == right, f"{name} {shape}", f"`{name}` of `nn_linear` has shape {shape}; expected {right}.")
        states.append("near" if (got - want).abs().max() < 0.1 else "zero" if got.abs().max() < 0.1 else "far")
    mine, right = (f"w = {torch.as_tensor(o['w']).tolist()}, b = {float(o['b']):.4g}" for o in (seen, expected))
    message = f"After 120 steps with lr=0.05, `nn_linear` has {mine}; expected {right}, give or take 0.1."
    require(states == ["near", "near"], f"w {states[0]}, b {states[1]}", message)


@case("nn_linear: converges", kind="values", verify=converged)
def nn_linear(solve, draw):
    return fitted(solve().nn_linear(*round_data(draw, size=1.6), lr=0.05, steps=120))


def obeyed(seen, expected, draw):
    require(seen["backward"], "backward", "No backward pass ran in `nn_linear`. Train the layer by autograd.")
    moved = (seen["18 steps"] - seen["1 step"]).abs().max().item()
    require(not moved < 0.5, "steps", f"18 steps with lr=0.1 take `nn_linear` only {moved:.2g} farther than 1 step.")
    # The solution is 20 to 40 in each weight; with lr=1e-6 the weights stay where they were drawn, below 6 for sure.
    far = seen["tiny lr"].abs().max().item()
    require(far < 6, "lr", f"With lr=1e-6, 18 steps take a weight of `nn_linear` to {far:.3g}; it should hardly move.")


@case("nn_linear: trained by autograd, with this lr and these steps", kind="property", verify=obeyed)
def nn_linear_arguments(solve, draw):
    X, y = round_data(draw, size=40)
    with draw.graph_reads() as reads:
        one, _ = solve().nn_linear(X, y, lr=0.1, steps=1)
    many, tiny = (solve().nn_linear(X, y, lr=lr, steps=18)[0] for lr in (0.1, 1e-6))
    return {"backward": reads() > 0, "1 step": one, "18 steps": many, "tiny lr": tiny}


def as_stated(seen, expected, draw):
    for path, want in expected.items():
        stated_elsewhere = isinstance(seen[path], str) and seen[path] == "not in the signature"
        if not stated_elsewhere:
            same(path, seen[path], want, "A default differs from the statement's.")


@case("defaults: lr=0.01, steps=1000", kind="interface", verify=as_stated)
def defaults(solve, draw):
    # One step with the default lr. A thousand steps would be felt: for those the signatures must do.
    seen = {"one step with the default lr": solve().gradient_descent(*data(draw, n=5, d=2), steps=1)[0]}
    for method in ("gradient_descent", "nn_linear"):
        parameters = inspect.signature(getattr(solve(), method)).parameters
        for name in ("lr", "steps"):
            value = parameters[name].default if name in parameters else "not in the signature"
            seen[f"{method}: {name}"] = "none" if value is inspect.Parameter.empty else value
    return seen
