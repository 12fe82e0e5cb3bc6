import torch

from torch_judge.authoring import case, integer, require, same, tie_between


def four_tensors(layer):
    weight, bias = layer.linear.weight, layer.linear.bias
    return {"linear.weight": weight, "linear.bias": bias, "lora_A": layer.lora_A, "lora_B": layer.lora_B}


def fill(draw, layer, n_in, n_out, rank, name="layer"):
    """Write drawn values into the four tensors, in place, and watch them from here on."""
    shapes = {"linear.weight": (n_out, n_in), "linear.bias": (n_out,), "lora_A": (rank, n_in), "lora_B": (n_out, rank)}
    tensors = four_tensors(layer.to(draw.device))
    for part, shape in shapes.items():
        actual = tuple(getattr(tensors[part], "shape", ()))
        if actual != shape:  # `copy_` would broadcast
            raise TypeError(f"`{part}` has the shape {actual}, not {shape}")
        tensors[part].data.copy_(draw.randn(f"{name}: {part}", *shape, std=shape[-1] ** -0.5))
    # `is_leaf` is free: a transposed parameter under the right name is accepted.
    draw.keep(name, tensors, free=["*.grad", "*.is_leaf"])
    draw.reseed(f"{name}: what a call draws")  # however many numbers the first values of its tensors took


def filled_layer(solve, draw, n_in, n_out, rank, name="layer", **alpha):
    draw.reseed(f"{name}: its own numbers")  # a base that is kept is then the same for everybody
    layer = solve(in_features=n_in, out_features=n_out, rank=rank, **alpha)
    fill(draw, layer, n_in, n_out, rank, name)
    return layer


@case("linear, lora_A and lora_B: kinds, shapes, what is trainable", kind="interface")
def attributes(solve, draw):
    n_in, n_out, rank = integer(draw, "in", 9, 13), integer(draw, "out", 5, 9), integer(draw, "rank", 1, 5)
    layer = solve(in_features=n_in, out_features=n_out, rank=rank, alpha=2.0)
    registered = {id(parameter) for parameter in layer.parameters()}
    seen = {"linear is an nn.Linear": isinstance(layer.linear, torch.nn.Linear)}
    for name, part in four_tensors(layer).items():
        seen[f"{name} is an nn.Parameter"] = isinstance(part, torch.nn.Parameter)
        seen[f"{name} is among parameters()"] = id(part) in registered
        for what in ("shape", "dtype", "requires_grad"):
            seen[f"{name}.{what}"] = str(getattr(part, what, None))
    return seen


@case("rank · (in + out) numbers are trainable", kind="cost")
def trainable(solve, draw):
    seen = {}
    for least_in, least_out, rank in ((64, 32, 4), (7, 13, 1), (10, 6, 5)):
        n_in = least_in + integer(draw, f"in beside {least_in}", 0, 6)
        n_out = least_out + integer(draw, f"out beside {least_in}", 0, 6)
        layer = solve(in_features=n_in, out_features=n_out, rank=rank, alpha=2.0)
        numbers = sum(parameter.numel() for parameter in layer.parameters() if parameter.requires_grad)
        seen[f"{n_in} to {n_out}, rank {rank}"] = numbers
    return seen


def flaw_of(table, another_layers):
    """What is wrong with a new lora_A, if anything. Drawn rows of 250 numbers are never zero, constant or alike."""
    if not table.isfinite().all():
        return "`lora_A` holds NaN or infinity. "
    if not table.any(dim=1).all():
        return "`lora_A` has rows of zeros. "
    if (table == table[:, :1]).all(dim=1).any():
        return "`lora_A` repeats one number. "
    if len(table.unique(dim=0)) < len(table):
        return "`lora_A` has equal rows. "
    return "`lora_A` is that of another layer. " if torch.equal(table, another_layers) else ""


def normal_scores(table, draw):
    """The ranks of all numbers as normal ones: of whatever distribution independent numbers are, these are independent.

    Equal numbers are ranked by lot.
    """
    lot = draw.rand("lot of equal numbers", table.numel()).argsort().cpu()
    in_order = lot[table.flatten().cpu()[lot].argsort(stable=True)]
    scores = torch.empty(table.numel(), dtype=torch.float64)
    scores[in_order] = torch.special.ndtri((torch.arange(table.numel()).double() + 0.5) / table.numel())
    return scores.view_as(table)


def starts_as_linear(seen, expected, draw):
    flaws = flaw_of(seen["lora_A"], seen["another lora_A"])
    if seen["lora_B"].any():
        flaws += "`lora_B` is not zero. "
    require(not flaws, flaws, f"In a new layer {flaws}Draw each number of A at random, no seed set; B is zero.")
    tie = tie_between(normal_scores(seen["lora_A"], draw))
    repeats = tie is not None and "numbers" in tie.what  # rows at right angles are a usual start, too
    require(not repeats, "tied", f"In `lora_A` {tie and tie.text}. Draw each number on its own.")
    same("output", seen["output"], seen["linear(x)"], "A new layer gives what `linear` gives.")


@case("a new layer: lora_A random, lora_B zero, the output that of linear", kind="property", verify=starts_as_linear)
def initial(solve, draw):
    """Two new layers as their constructors leave them: nothing is filled here."""
    mode = torch.get_deterministic_debug_mode()
    torch.set_deterministic_debug_mode("warn")  # so that a table which nobody fills holds NaN, not what was there
    try:
        layer, another = (solve(in_features=250, out_features=210, rank=40, alpha=20.0) for _ in range(2))
    finally:
        torch.set_deterministic_debug_mode(mode)
    layer, x = layer.to(draw.device), draw.randn("x", 3, 250)
    return four_tensors(layer) | {"another lora_A": another.lora_A, "output": layer(x), "linear(x)": layer.linear(x)}


@case("a matrix with a scale above 1, sequences with the default alpha, alpha 0", kind="values")
def values(solve, draw):
    layer = filled_layer(solve, draw, 7, 5, 3, alpha=8.0)
    default = filled_layer(solve, draw, 6, 9, 5, "default")
    without = filled_layer(solve, draw, 5, 8, 3, "alpha 0", alpha=0.0)
    return {
        "matrix": layer(draw.randn("matrix", 4, 7, mean=0.5)),
        "sequences": default(draw.randn("sequences", 2, 3, 6, mean=0.5, strided=True)),
        "alpha 0": without(draw.randn("rows", 4, 5)),
    }


@case("rank 1; four dimensions, a single row, a single output feature", kind="interface")
def extremes(solve, draw):
    layer = filled_layer(solve, draw, 8, 5, 1, alpha=0.5)
    narrow = filled_layer(solve, draw, 4, 1, 1, "narrow", alpha=3.0)
    return {
        "4-D": layer(draw.randn("4-D", 2, 1, 3, 8)),
        "one row": layer(draw.randn("row", 1, 8)),
        "one feature": narrow(draw.randn("x", 6, 4)),
    }


@case("eval computes the same, and its gradients", kind="mode")
def evaluation(solve, draw):
    layer, x = filled_layer(solve, draw, 6, 4, 3, alpha=5.0), draw.randn("x", 5, 6, grad=True)
    layer.eval()
    seen = {"eval": draw.gradients(layer(x), x=x, lora_A=layer.lora_A, lora_B=layer.lora_B)}
    layer.train()
    return seen | {"train": layer(x)}


@case("every call reads the four tensors anew", kind="state")
def overwritten(solve, draw):
    """New values are written between the calls, in either mode: nothing computed from the old ones may be kept."""
    layer, x = filled_layer(solve, draw, 5, 7, 2, alpha=3.0), draw.randn("x", 4, 5)
    seen = {"first": layer(x)}
    fill(draw, layer, 5, 7, 2, "later")
    seen["training, new values"] = layer(x)
    layer.eval()
    seen["eval"] = layer(x)
    fill(draw, layer, 5, 7, 2, "last")
    seen["eval, new values"] = layer(x)
    return seen


@case("gradients of x, lora_A and lora_B; none of the frozen layer", kind="gradients")
def gradients(solve, draw):
    """In a trained layer, and in one whose B is zero: there x gets its own through `linear` only, and A gets zeros."""
    trained = filled_layer(solve, draw, 6, 5, 3, alpha=7.0)
    new = filled_layer(solve, draw, 5, 8, 2, "new", alpha=3.0)
    x, y = draw.randn("x", 2, 4, 6, grad=True), draw.randn("y", 3, 5, grad=True)
    new.lora_B.data.zero_()
    return {
        "trained": draw.gradients(trained(x), x=x, **four_tensors(trained)),
        "new": draw.gradients(new(y), y=y, **four_tensors(new)),
    }
