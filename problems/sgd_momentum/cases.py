from torch_judge.authoring import case, give_gradients, number, path_of, steps_with_a_gap, training_of_a_layer


def two_of_one_shape(draw):
    """Buffers that are kept by shape, or one for all, show here."""
    return {name: draw.randn(name, 2, 3, grad=True) for name in ("a", "b")}


def drawn_momentum(draw):
    return number(draw, "momentum", 0.7, 0.9)


@case("plain: lr alone", kind="values")
def plain(solve, draw):
    w = draw.randn("w", 3, 5, grad=True)
    return path_of(draw, solve([w], lr=number(draw, "lr", 0.05, 0.4)), {"w": w}, steps=3)


@case("momentum: two tensors, four steps", kind="values")
def with_momentum(solve, draw):
    params = two_of_one_shape(draw)
    return path_of(draw, solve(params.values(), lr=0.1, momentum=drawn_momentum(draw)), params, steps=4)


@case("nesterov", kind="values")
def with_nesterov(solve, draw):
    params = two_of_one_shape(draw)
    optimizer = solve(list(params.values()), lr=0.1, momentum=drawn_momentum(draw), nesterov=True)
    return path_of(draw, optimizer, params, steps=4)


@case("weight decay", kind="values")
def with_decay(solve, draw):
    params = two_of_one_shape(draw)
    momentum, decay = drawn_momentum(draw), number(draw, "decay", 0.2, 0.6)
    return path_of(draw, solve(params.values(), lr=0.1, momentum=momentum, weight_decay=decay), params, steps=4)


@case("weight decay with nesterov", kind="values")
def decay_with_nesterov(solve, draw):
    params = two_of_one_shape(draw)
    momentum, decay = drawn_momentum(draw), number(draw, "decay", 0.2, 0.6)
    optimizer = solve(params.values(), lr=0.1, momentum=momentum, weight_decay=decay, nesterov=True)
    return path_of(draw, optimizer, params, steps=3)


@case("weight decay without momentum; lr and weight_decay above 1", kind="values")
def above_one(solve, draw):
    w = draw.randn("w", 2, 3, grad=True)
    lr, decay = number(draw, "lr", 1.5, 3.0), number(draw, "decay", 1.2, 2.5)
    return path_of(draw, solve([w], lr=lr, weight_decay=decay), {"w": w}, steps=2)


@case("defaults: lr 1e-3 and nothing else", kind="interface")
def defaults(solve, draw):
    w = draw.randn("w", 2, 6, std=0.001, grad=True)
    return path_of(draw, solve([w]), {"w": w}, steps=3)


@case("lr set between the steps", kind="state")
def changing_lr(solve, draw):
    """A buffer that holds lr times the gradient carries the old rate on."""
    w = draw.randn("w", 4, grad=True)
    optimizer = solve([w], lr=0.1, momentum=drawn_momentum(draw))
    seen = {}
    for time in range(1, 5):
        optimizer.lr = number(draw, f"lr {time}", 0.01, 0.8)
        give_gradients(draw, time, {"w": w})
        optimizer.step()
        seen[f"w after step {time}"] = w.detach().clone()
    return seen


@case("several tensors, from a generator", kind="state")
def several(solve, draw):
    shapes = {"a": (4,), "b": (2, 3), "c": (2, 3), "a number": ()}
    params = {name: draw.randn(name, *shape, grad=True) for name, shape in shapes.items()}
    optimizer = solve((param for param in params.values()), lr=0.2, momentum=0.8, weight_decay=0.3)
    return path_of(draw, optimizer, params, steps=3)


@case("new numbers in the same gradient tensors", kind="state")
def reused_gradients(solve, draw):
    params = two_of_one_shape(draw)
    optimizer = solve(list(params.values()), lr=0.1, momentum=drawn_momentum(draw))
    give_gradients(draw, 1, params)
    seen = {}
    for time in (1, 2, 3):
        optimizer.step()
        for name, param in params.items():
            seen[f"{name} after step {time}"] = param.detach().clone()
            seen[f"gradient of {name}, read by step {time}"] = param.grad.clone()
            param.grad.zero_().add_(draw.randn(f"next {time} of {name}", *param.shape))
    return seen


@case("a parameter without a gradient is skipped, also by zero_grad", kind="state")
def without_gradient(solve, draw):
    momentum = drawn_momentum(draw)
    return steps_with_a_gap(draw, lambda params: solve(params, lr=0.1, momentum=momentum, weight_decay=0.3), gap=2)


@case("gradients of hundreds; then zeros, where momentum and decay go on", kind="state")
def large_then_zero(solve, draw):
    w, seen = draw.randn("w", 4, grad=True), {}
    optimizer = solve([w], lr=0.001, momentum=drawn_momentum(draw), weight_decay=0.5)
    for time, size in enumerate((300.0, 200.0, 0.0, 0.0), 1):
        w.grad = draw.keep(f"gradient {time}", size * draw.randn(f"direction {time}", 4))
        optimizer.step()
        seen[f"w after step {time}"] = w.detach().clone()
    return seen


@case("two optimisers take turns", kind="state")
def turns(solve, draw):
    """Of parameters of one shape: buffers are each optimiser's own."""
    params = two_of_one_shape(draw)
    a, b = params.values()
    first, second = solve([a], lr=0.1, momentum=drawn_momentum(draw)), solve([b], lr=0.3, momentum=0.5)
    return path_of(draw, (first, second), params, steps=2)


@case("training a layer: zero_grad, backward, step", kind="state")
def training(solve, draw):
    momentum = drawn_momentum(draw)
    return training_of_a_layer(
        draw, lambda params: solve(params, lr=0.1, momentum=momentum, weight_decay=0.1), kept="buffers"
    )
