import inspect

import torch

from torch_judge.authoring import case, integer, number, require, same

NORMAL_EQUATIONS = "the normal equations square the condition number"


def noisy_data(draw, samples, features, scale=1.0, name=""):
    """X (samples, features) and y (samples,) that no plane fits exactly: the least-squares solution is not the origin.

    ``scale`` multiplies X, feature by feature if it is a list.
    """
    X = draw.randn(f"{name}X", samples, features, mean=0.5) * torch.as_tensor(scale, device=draw.device)
    return draw.keep(f"scaled {name}X", X), draw.randn(f"{name}y", samples, mean=2.0, std=1.5)


def easy_data(draw, size, mean=0.0):
    """Data on which every optimiser converges; the solution's weights are 0.5 to 1 times ``size``, b is -0.7 times it.

    A plane fits exactly; the 3 features are uncorrelated, of this mean and of variance 1. The QR decomposition makes
    them so: its columns are at right angles to each other and to the first one, which is constant.
    """
    samples, features = 24, 3
    constant = torch.ones(samples, 1, device=draw.device)
    columns = torch.cat([constant, draw.randn("columns", samples, features)], dim=1)
    orthonormal = torch.linalg.qr(columns)[0][:, 1:]
    X = draw.keep("X", orthonormal * samples**0.5 + mean)
    true_w = draw.rand("true w", features, low=0.5 * size, high=size)
    return X, draw.keep("y", X @ true_w - 0.7 * size)


def weights_and_offset(result):
    w, b = result
    return {"w": w, "b": b}


@case("closed_form: the least-squares solution", kind="values", widen=20, because=NORMAL_EQUATIONS)
def closed_form(solve, draw):
    """On data whose features differ in size, and on data of another shape."""
    w, b = solve().closed_form(*noisy_data(draw, samples=30, features=3, scale=[0.5, 1.0, 2.0]))
    other = solve().closed_form(*noisy_data(draw, samples=12, features=5, name="other "))
    return {"w": w, "b": b, "requires_grad": w.requires_grad, "other data": weights_and_offset(other)}


def unpenalised(seen, expected, draw):
    """That w or b is off is what this is called: how far tells only how large a penalty is, or how short a walk."""
    for name, right in expected.items():
        same(name, seen[name], right, "Solve the plain least-squares problem.", widen=20)


@case("closed_form: features near 0.01, where a penalty on w shows", kind="numerics", verify=unpenalised)
def small_features(solve, draw):
    X = draw.keep("small X", 0.01 * draw.randn("X", 9, 3))
    return weights_and_offset(solve().closed_form(X, draw.randn("y", 9, mean=0.5)))


@case("closed_form does not iterate", kind="cost")
def closed_form_cost(solve, draw):
    X, y = noisy_data(draw, samples=9, features=2)
    # Elimination by hand, element by element, takes a few hundred operators; an iteration takes thousands.
    with draw.operators() as operators:
        solve().closed_form(X, y)
    draw.at_most("operators in closed_form", operators(), 1000)
    # An optimiser of second order (L-BFGS) needs few operators, but it needs backward passes.
    with draw.graph_reads() as reads:
        solve().closed_form(X, y)
    return {"autograd in closed_form": reads() > 0}


@case("gradient_descent: step by step, for several lr", kind="values")
def first_steps(solve, draw):
    X, y = noisy_data(draw, samples=7, features=3)
    large = number(draw, "large lr", 0.08, 0.12)
    small = number(draw, "small lr", 0.015, 0.03)
    above_one = number(draw, "lr above 1", 1.5, 2.5)  # goes astray, and has to do that step by step, too
    runs = {
        "1 step": (large, 1),
        "2 steps": (large, 2),
        "5 steps": (large, 5),
        "3 steps, small lr": (small, 3),
        "2 steps, lr above 1": (above_one, 2),
    }
    seen = {}
    for name, (lr, steps) in runs.items():
        seen[name] = weights_and_offset(solve().gradient_descent(X, y, lr=lr, steps=steps))
    return seen


def whole_steps(seen, expected, draw):
    length, right = (torch.cat([way["w"], way["b"].view(1)]).norm().item() for way in (seen, expected))
    text = f"Of targets near a million two steps lead {length:.3g} far; expected {right:.3g}. Take each step whole."
    require(not length < 0.2 * right, "shortened", text)
    for path in ("w", "b"):
        same(path, seen[path], expected[path])


@case("gradient_descent: steep steps are taken whole", kind="values", verify=whole_steps)
def steep(solve, draw):
    X, y = noisy_data(draw, samples=6, features=2)
    far = draw.keep("far y", 1e6 * y)
    return weights_and_offset(solve().gradient_descent(X, far, lr=number(draw, "lr", 0.08, 0.12), steps=2))


@case("gradient_descent: a long walk, and steps too small to be seen", kind="values")
def every_step(solve, draw):
    """No step is left out where the gradient is small, and step 30 goes as step 1 does."""
    X, y = noisy_data(draw, samples=8, features=2)
    lr, steps = number(draw, "lr", 0.004, 0.008), integer(draw, "steps", 30, 60)
    tiny = draw.keep("tiny y", 1e-8 * y)
    return {
        "many steps": weights_and_offset(solve().gradient_descent(X, y, lr=lr, steps=steps)),
        "tiny gradients": weights_and_offset(solve().gradient_descent(X, tiny, lr=0.1, steps=4)),
    }


@case("gradient_descent: gradients by hand", kind="property")
def by_hand(solve, draw):
    X, y = noisy_data(draw, samples=6, features=2)
    with draw.graph_reads() as reads:
        solve().gradient_descent(X, y, lr=0.1, steps=2)
    return {"autograd in gradient_descent": reads() > 0}


@case("one object, called again and again", kind="state", widen=20, because=NORMAL_EQUATIONS)
def one_object(solve, draw):
    """Two data sets in turn, of different sizes: no method remembers weights, data or a layer."""
    model = solve()
    first = noisy_data(draw, samples=8, features=2)
    other = noisy_data(draw, samples=10, features=3, name="other ")

    seen = {"closed form": weights_and_offset(model.closed_form(*first))}
    for time, data in (("first", first), ("again", first), ("other data", other)):
        seen[f"descent, {time}"] = weights_and_offset(model.gradient_descent(*data, lr=0.1, steps=2))
    # Where one step of nn_linear arrives is the learner's own, but not how many weights it has.
    for time, data in (("first", first), ("other", other)):
        w, _ = model.nn_linear(*data, lr=0.1, steps=1)
        seen[f"weights of nn_linear, {time} data"] = w.numel()
    return seen | {"closed form, other data": weights_and_offset(model.closed_form(*other))}


def near_the_solution(seen, expected, draw):
    """w and b are within 0.1 of the reference's. Whether they are at zero or far off tells which mistake it is."""
    places = {}
    for name, right in expected.items():
        got = torch.as_tensor(seen[name])
        shape, right_shape = tuple(got.shape), tuple(right.shape)
        wrong_shape = f"`{name}` of `nn_linear` has shape {shape}; expected {right_shape}."
        require(shape == right_shape, f"{name} {shape}", wrong_shape)
        if (got - right).abs().max() < 0.1:
            places[name] = "near"
        else:
            places[name] = "zero" if got.abs().max() < 0.1 else "far"
    mine, right = (f"w = {torch.as_tensor(at['w']).tolist()}, b = {float(at['b']):.4g}" for at in (seen, expected))
    message = f"After 120 steps with lr=0.05, `nn_linear` has {mine}; expected {right}, give or take 0.1."
    require(set(places.values()) == {"near"}, f"w {places['w']}, b {places['b']}", message)


@case("nn_linear: converges", kind="values", verify=near_the_solution)
def nn_linear(solve, draw):
    # The mean is not 0: there b is not the mean of y.
    X, y = easy_data(draw, size=1.6, mean=0.25)
    return weights_and_offset(solve().nn_linear(X, y, lr=0.05, steps=120))


def arguments_obeyed(seen, expected, draw):
    """The optimiser is the learner's: only that more steps lead farther, and that a tiny lr leads nowhere."""
    require(seen["backward"], "backward", "No backward pass ran in `nn_linear`. Train the layer by autograd.")
    moved = (seen["18 steps"] - seen["1 step"]).abs().max().item()
    # NaN counts as having moved: where it arrives is another case's business.
    require(not moved < 0.5, "steps", f"18 steps with lr=0.1 take `nn_linear` only {moved:.2g} farther than 1 step.")
    # The solution is 20 to 40 in each weight; with lr=1e-6 the weights stay where they were drawn, below 6 for sure.
    far = seen["tiny lr"].abs().max().item()
    require(far < 6, "lr", f"With lr=1e-6, 18 steps take a weight of `nn_linear` to {far:.3g}; it should hardly move.")


@case("nn_linear: trained by autograd, with this lr and these steps", kind="property", verify=arguments_obeyed)
def nn_linear_arguments(solve, draw):
    X, y = easy_data(draw, size=40)
    with draw.graph_reads() as reads:
        one_step, _ = solve().nn_linear(X, y, lr=0.1, steps=1)
    many_steps, _ = solve().nn_linear(X, y, lr=0.1, steps=18)
    tiny_lr, _ = solve().nn_linear(X, y, lr=1e-6, steps=18)
    return {"backward": reads() > 0, "1 step": one_step, "18 steps": many_steps, "tiny lr": tiny_lr}


NOT_STATED = "not in the signature"


def defaults_as_stated(seen, expected, draw):
    """As the reference's. A method that takes ``**options`` states its defaults elsewhere, which is not looked at."""
    for path, right in expected.items():
        stated_elsewhere = isinstance(seen[path], str) and seen[path] == NOT_STATED
        if not stated_elsewhere:
            same(path, seen[path], right, "A default differs from the statement's.")


@case("defaults: lr=0.01, steps=1000", kind="interface", verify=defaults_as_stated)
def defaults(solve, draw):
    # One step with the default lr is observed. A thousand steps would be felt: for those the signatures must do.
    w, _ = solve().gradient_descent(*noisy_data(draw, samples=5, features=2), steps=1)
    seen = {"one step with the default lr": w}
    for method in ("gradient_descent", "nn_linear"):
        parameters = inspect.signature(getattr(solve(), method)).parameters
        for name in ("lr", "steps"):
            value = parameters[name].default if name in parameters else NOT_STATED
            seen[f"{method}: {name}"] = "none" if value is inspect.Parameter.empty else value
    return seen
