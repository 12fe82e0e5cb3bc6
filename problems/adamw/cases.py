import torch

from torch_judge.authoring import case, number, path_of, steps_with_a_gap, training_of_a_layer


@case("one tensor, four steps", kind="values")
def one_tensor(solve, draw):
    w = draw.randn("w", 3, 5, grad=True)
    # A large eps shows where it is added; two betas far apart show which is which.
    lr, eps, decay = number(draw, "lr", 0.05, 0.2), number(draw, "eps", 0.03, 0.08), number(draw, "decay", 0.3, 0.7)
    optimizer = solve([w], lr=lr, betas=(0.95, 0.4), eps=eps, weight_decay=decay)
    return path_of(draw, optimizer, {"w": w}, steps=4)


@case("lr, eps and weight_decay above 1; betas of 0", kind="interface")
def above_one(solve, draw):
    w = draw.randn("w", 2, 3, grad=True)
    betas = number(draw, "beta 1", 0.3, 0.7), number(draw, "beta 2", 0.75, 0.97)
    lr, eps, decay = number(draw, "lr", 1.2, 3.0), number(draw, "eps", 1.5, 4.0), number(draw, "decay", 1.2, 2.5)
    seen = path_of(draw, solve([w], lr=lr, betas=betas, eps=eps, weight_decay=decay), {"w": w}, steps=2)
    v = draw.randn("v", 3, grad=True)
    return seen | path_of(draw, solve([v], lr=0.1, betas=(0.0, 0.0), eps=0.5), {"v": v}, steps=2)


@case("weight_decay 0 is Adam", kind="values")
def without_decay(solve, draw):
    w = draw.randn("w", 4, 2, grad=True)
    return path_of(draw, solve([w], lr=number(draw, "lr", 0.05, 0.2), weight_decay=0.0), {"w": w}, steps=3)


@case("defaults: lr 1e-3, betas (0.9, 0.999), eps 1e-8", kind="interface")
def defaults(solve, draw):
    w = draw.randn("w", 2, 6, std=0.05, grad=True)
    optimizer = solve([w])
    row_sizes = torch.tensor([[1.0], [1e-8]], device=draw.device)  # gradients near 1e-8 make the default eps count
    for time in (1, 2, 3):
        gradient = draw.randn(f"drawn {time}", 2, 6, mean=0.2) * row_sizes
        w.grad = draw.keep(f"gradient {time}", gradient)
        optimizer.step()
    return {"w after three steps": w}


@case("defaults: weight_decay 1e-2", kind="interface")
def default_decay(solve, draw):
    """Nothing but the decay moves these weights: a hundred-thousandth of them in each step."""
    w = draw.randn("w", 8, grad=True)
    optimizer = solve([w])
    w.grad = torch.zeros_like(w)
    for _ in range(20):
        optimizer.step()
    return {"w after twenty steps": w}


@case("gradients of hundreds, then of hundredths", kind="numerics")
def uneven_gradients(solve, draw):
    w, seen = draw.randn("w", 4, grad=True), {}
    optimizer = solve([w], lr=0.1, betas=(0.7, 0.9), weight_decay=number(draw, "decay", 0.2, 0.6))
    for time, size in enumerate((300.0, 900.0, 0.01), 1):
        w.grad = draw.keep(f"gradient {time}", size * draw.randn(f"direction {time}", 4))
        optimizer.step()
        seen[f"w after step {time}"] = w.detach().clone()
    return seen


@case("several tensors, from a generator", kind="state")
def several(solve, draw):
    """Two of one shape, so that averages kept by shape are seen; a generator can be walked through only once."""
    shapes = {"a": (4,), "b": (2, 3), "c": (2, 3), "a number": ()}
    params = {name: draw.randn(name, *shape, grad=True) for name, shape in shapes.items()}
    optimizer = solve((param for param in params.values()), lr=0.05, betas=(0.8, 0.9), weight_decay=0.6)
    return path_of(draw, optimizer, params, steps=3)


@case("where the gradient is 0 the decay acts alone", kind="numerics")
def zero_gradients(solve, draw):
    still, partly = draw.randn("still", 3, grad=True), draw.randn("partly", 4, grad=True)
    optimizer = solve([still, partly], lr=0.1, weight_decay=number(draw, "decay", 0.3, 0.9))
    still.grad = torch.zeros_like(still)
    partly.grad = draw.tensor("gradient", [0.0, 1.0, 0.0, -2.0])
    optimizer.step()
    return {"still": still, "partly": partly}


@case("a parameter without a gradient is skipped, also by zero_grad", kind="state")
def without_gradient(solve, draw):
    decay = number(draw, "decay", 0.3, 0.9)
    return steps_with_a_gap(draw, lambda params: solve(params, lr=0.1, betas=(0.6, 0.9), weight_decay=decay), gap=3)


@case("two optimisers take turns", kind="state")
def turns(solve, draw):
    """Of parameters of one shape: averages and step counts are each optimiser's own."""
    a, b = draw.randn("a", 4, grad=True), draw.randn("b", 4, grad=True)
    first, second = solve([a], lr=0.1, betas=(0.5, 0.8)), solve([b], lr=0.02, weight_decay=2.0)
    return path_of(draw, (first, second), {"a": a, "b": b}, steps=2)


@case("training a layer: zero_grad, backward, step", kind="state")
def training(solve, draw):
    decay = number(draw, "decay", 0.2, 0.5)
    return training_of_a_layer(
        draw, lambda params: solve(params, lr=0.1, betas=(0.8, 0.9), weight_decay=decay), kept="averages"
    )
