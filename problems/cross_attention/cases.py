import torch

from torch_judge.authoring import ROUNDED_SCORES, case, choice

NAMES = ("W_q", "W_k", "W_v", "W_o")


def sheet(tensor, d_model, dk):
    """A weight as a matrix whose sides are whole heads; None for what is smaller, such as a bias.

    Heads are at least 5 wide here: then four biases in one parameter are smaller than the weights of one head.
    """
    if tensor.ndim < 2 or tensor.numel() < d_model * dk:
        return None
    return tensor.flatten(1) if tensor.shape[0] == d_model else tensor.flatten(0, -2)


def alike(solve, draw, d_model=15, num_heads=3):
    """A model that can be judged by numbers whatever its layers are called, and whichever of them are one.

    Every projection holds the same small symmetric matrix, over and over: the roles of the weights, their order and
    their orientation make no difference then. Biases are zero.
    """
    model, dk = solve(d_model=d_model, num_heads=num_heads).to(draw.device), d_model // num_heads
    core = draw.randn("core", dk, dk) / (2 * d_model) ** 0.5
    core = core + core.T
    for parameter in model.parameters():
        if (matrix := sheet(parameter.data, d_model, dk)) is None:
            parameter.data.mul_(not parameter.requires_grad)
        else:
            rows, columns = (-(-size // dk) for size in matrix.shape)
            tiles = core.repeat(rows, columns)[: matrix.shape[0], : matrix.shape[1]]
            parameter.data.copy_(tiles.reshape(parameter.shape))
    return model


def pair(draw, b, sq, skv, d, grad=False):
    """Two sequences of different lengths; no size of a case equals another, so no axis passes for another."""
    return draw.randn("x_q", b, sq, d, grad=grad), draw.randn("x_kv", b, skv, d, mean=0.3, grad=grad)


@case("the projections have 4 · D² weights in all", kind="interface")
def size(solve, draw):
    heads, dk = choice(draw, "heads and their width", [(3, 5), (2, 6), (4, 5), (5, 6), (2, 7)])
    model = solve(d_model=heads * dk, num_heads=heads)
    weights = [sheet(parameter, heads * dk, dk) for parameter in model.parameters()]
    return {"weights of the projections": sum(w.numel() for w in weights if w is not None)}


@case("a longer x_kv; one of its tokens is all zeros", kind="values")
def longer_kv(solve, draw):
    x_q, x_kv = pair(draw, b=2, sq=5, skv=7, d=15)
    x_kv[:, 2] = 0
    return {"output": alike(solve, draw)(x_q, x_kv)}


@case("a longer x_q, a larger batch", kind="values")
def longer_q(solve, draw):
    return {"output": alike(solve, draw, d_model=10, num_heads=2)(*pair(draw, b=4, sq=7, skv=3, d=10))}


@case("one head, a batch of one, a single query", kind="interface")
def extremes(solve, draw):
    narrow = solve(d_model=1, num_heads=1).to(draw.device)  # its shape only: no weight is told from a bias here
    one_wide = narrow(draw.randn("narrow x_q", 2, 3, 1).clone(), draw.randn("narrow x_kv", 2, 4, 1).clone())
    seen = {"output": alike(solve, draw, d_model=6, num_heads=1)(*pair(draw, b=1, sq=1, skv=4, d=6))}
    return seen | {"shape for d_model = 1": str(tuple(getattr(one_wide, "shape", ())))}


def add_bias(layer, x_is_one_at, bias):
    """Add a bias; a layer without one gets it as the weights of a feature that is 1 everywhere."""
    weight_or_bias = layer.weight.data[:, x_is_one_at] if layer.bias is None else layer.bias.data
    weight_or_bias.add_(bias)


@case("W_q, W_k, W_v and W_o: each with its own weights, and their gradients", kind="values")
def by_name(solve, draw):
    model = solve(d_model=15, num_heads=3).to(draw.device)
    x_q, x_kv = pair(draw, b=2, sq=7, skv=5, d=15)
    layers = {name: getattr(model, name, None) for name in NAMES}
    if not all(isinstance(layer, torch.nn.Linear) for layer in layers.values()):
        return {"these four nn.Linear": False}  # accepted as a reading: the other cases judge without names

    draw.fill("model", model, layers=NAMES, free=["*"])  # a constant kept as a parameter stays
    x_q[..., 0] = x_kv[..., 0] = 1
    for name in NAMES[:3]:
        add_bias(layers[name], 0, draw.randn(f"bias of {name}", len(layers[name].weight)))
    out = model(x_q, x_kv)
    narrow = solve(d_model=4, num_heads=4).to(draw.device)
    draw.fill("heads of width 1", narrow, layers=NAMES, free=["*"])
    narrow_out = narrow(draw.randn("narrow x_q", 2, 3, 4), draw.randn("narrow x_kv", 2, 5, 4))

    parameters = {name: layer.weight for name, layer in layers.items()}
    if layers["W_o"].bias is not None:
        parameters["bias"] = layers["W_o"].bias
    seen = {"these four nn.Linear": True, "heads of width 1": narrow_out} | draw.gradients(out, **parameters)
    # Without a bias, what its gradient would be: a model that has none is as right as one that has.
    without = draw.cotangent(out).flatten(0, -2).sum(0)
    seen["gradient of a bias of W_o"] = seen.pop("gradient of bias", without)
    return seen


@case("one model, several calls: nothing is kept between them", kind="state")
def calls(solve, draw):
    model, x, y = alike(solve, draw), draw.randn("x", 2, 5, 15), draw.randn("y", 2, 7, 15)
    z = draw.randn("z", 2, 7, 15)
    seen = {"x, y": model(x, y), "x, z": model(x, z), "y, z": model(y, z)}
    seen |= {"eval: x, y": model.eval()(x, y)}
    for parameter in model.parameters():
        parameter.data.mul_(1 + 0.5 * parameter.requires_grad)  # what was made of the old weights is wrong now
    return seen | {"eval: x, y, other weights": model(x, y)}


@case("scores of several hundred: finite, and right", kind="numerics", **ROUNDED_SCORES)
def large_scores(solve, draw):
    model, x_q = alike(solve, draw), draw.randn("x_q before", 2, 6, 15, std=250.0).clone()
    x_q[:, 0] /= 250  # the scores of the first query stay small
    return {"output": model(draw.keep("x_q", x_q), draw.randn("x_kv", 2, 5, 15))}


def times_added(gradients, change_of_all):
    """How often the last bias is added: its gradient points where the sum over all rows does, once if all is well.

    Two stacked biases have the same direction each; a bias before the last projection points elsewhere.
    """
    times = 1.0
    for gradient in gradients:
        same_shape = isinstance(gradient, torch.Tensor) and gradient.shape == change_of_all.shape
        if same_shape and torch.cosine_similarity(gradient, change_of_all, dim=0) > 0.9999:
            times = gradient.norm() / change_of_all.norm()
    return times


def most_idle(gradient):
    """Of a weight as a matrix: how many weights lie in rows, or in columns, whose gradient is 0."""
    return max(int((gradient == 0).all(axis).sum()) * gradient.shape[axis] for axis in (0, 1))


def sum_of_tiles(gradient, dk):
    """The gradient of the small matrix that a weight repeats."""
    return gradient.unflatten(0, (-1, dk)).unflatten(2, (-1, dk)).sum((0, 2))


@case("gradients of x_q, x_kv and of the projections, in eval", kind="gradients")
def gradients(solve, draw):
    dk = 5
    model = alike(solve, draw).eval()
    x_q, x_kv = pair(draw, b=2, sq=6, skv=5, d=15, grad=True)
    parameters = {name: p for name, p in model.named_parameters() if p.requires_grad}
    matrices = {name: sheet(p, 15, dk) for name, p in parameters.items()}
    out = model(x_q, x_kv)
    seen = draw.gradients(out, x_q=x_q, x_kv=x_kv, **{f"parameter {name}": p for name, p in parameters.items()})
    found = {name: seen.pop(f"gradient of parameter {name}") for name in parameters}

    biases = {name: gradient for name, gradient in found.items() if matrices[name] is None}
    left_out = [name for name, gradient in biases.items() if not isinstance(gradient, torch.Tensor)]
    change_of_all = draw.cotangent(out).flatten(0, -2).sum(0)  # the gradient of what is added to every row, once

    total, idle = torch.zeros(dk, dk, device=draw.device), 0
    for name, gradient in found.items():
        if matrices[name] is None:
            continue
        if isinstance(gradient, torch.Tensor):
            change = sheet(gradient, 15, dk)
            idle += most_idle(change)
            total += sum_of_tiles(change, dk)
        else:
            idle += matrices[name].numel()

    seen["weights without a gradient"] = idle
    seen["biases left out"] = "" if idle else ", ".join(left_out)
    seen["how often the last bias is added"] = times_added(biases.values(), change_of_all)
    # The small matrix is symmetric, so only its symmetric part can be told apart.
    seen["gradient of the small matrix in all projections"] = total + total.T
    return seen
