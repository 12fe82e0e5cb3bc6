import torch

from torch_judge.authoring import case, integer, whole


def cell(draw, batch, inputs, hidden, name="", **options):
    """x, h, c, both weights and both biases, drawn; sizes that differ keep one axis from passing for another."""
    return {
        "x": draw.randn(f"{name}x", batch, inputs, **options),
        "h": draw.randn(f"{name}h", batch, hidden, **options),
        "c": draw.randn(f"{name}c", batch, hidden, mean=0.5, **options),
        "w_ih": draw.randn(f"{name}w_ih", 4 * hidden, inputs, **options),
        "w_hh": draw.randn(f"{name}w_hh", 4 * hidden, hidden, **options),
        "b_ih": draw.randn(f"{name}b_ih", 4 * hidden, **options),
        "b_hh": draw.randn(f"{name}b_hh", 4 * hidden, **options),
    }


def seen(result):
    """Both states by name; more or fewer of them show."""
    return dict(zip(("h", "c"), result, strict=False)) | {"how many": len(result)}


@case("a batch of five, with both biases, by position", kind="values")
def by_position(solve, draw):
    return seen(solve(*cell(draw, 5, 3, 4).values()))


@case("without biases, and with either alone", kind="interface")
def biases(solve, draw):
    given = cell(draw, 3, 2, integer(draw, "hidden", 3, 6))
    states = list(given.values())[:5]
    b_ih, b_hh = given["b_ih"], given["b_hh"]
    return {
        "none": seen(solve(*states)),
        "b_ih": seen(solve(*states, b_ih=b_ih)),
        "b_hh": seen(solve(*states, b_hh=b_hh)),
        "None by position": seen(solve(*states, None, b_hh)),
    }


@case("as many rows as inputs as hidden numbers", kind="values")
def all_alike(solve, draw):  # what is exchanged or transposed fits in silence
    return seen(solve(**cell(draw, 4, 4, 4)))


@case("all sizes 1", kind="interface")
def smallest(solve, draw):
    return seen(solve(**cell(draw, 1, 1, 1)))


@case("four steps, each from the states of the one before", kind="state")
def four_steps(solve, draw):
    given = cell(draw, 2, 3, 5)
    states, found = (given["h"], given["c"]), {}
    for step in range(1, 5):
        x = draw.randn(f"x {step}", 2, 3)
        states = solve(x, *states, given["w_ih"], given["w_hh"], given["b_ih"], given["b_hh"])
        found[f"step {step}"] = seen(states)
    return found


def both_signs(draw):
    """A sign for each of eight rows: both signs within every block of two."""
    first = draw.randint("signs", 0, 2, 4, 1) * 2 - 1
    return torch.cat([first, -first], dim=1).reshape(8, 1)


@case("i, f, g and o of several hundred to some thousand, positive and negative", kind="numerics")
def large_gates(solve, draw):
    # Whole numbers: their sums of products are exact in every order, so no gate is off by a rounding error.
    x, h = whole(draw, "x", 2, 9, 4, 3, times=16), whole(draw, "h", 2, 9, 4, 2, times=16)
    signs = both_signs(draw)
    w_ih = draw.keep("w_ih", draw.randint("whole w_ih", 4, 9, 8, 3) * signs.float())
    w_hh = draw.keep("w_hh", draw.randint("whole w_hh", 4, 9, 8, 2) * signs.float())
    return seen(solve(x, h, draw.randn("c", 4, 2), w_ih, w_hh))


@case("gradients where i, f, g and o are of several hundred", kind="numerics")
def large_gradients(solve, draw):
    x = draw.keep("x", (draw.randint("whole x", 2, 9, 3, 2) * 32).float().requires_grad_())
    signs = both_signs(draw)
    w_ih = draw.keep("w_ih", draw.randint("whole w_ih", 4, 9, 8, 2) * signs.float())
    h, c, w_hh = draw.randn("h", 3, 2), draw.randn("c", 3, 2, std=0.5, grad=True), draw.randn("w_hh", 8, 2, std=0.1)
    return draw.gradients(tuple(solve(x, h, c, w_ih, w_hh)), x=x, c=c)


@case("cells of ±20 and more, with gradient; cells ten thousand times as large", kind="numerics")
def large_cells(solve, draw):
    given = cell(draw, 3, 2, 4)
    signs = draw.randint("signs", 0, 2, 3, 4) * 2 - 1
    sizes = draw.rand("sizes", 3, 4, low=20, high=400)
    given["c"] = draw.keep("large c", (signs * sizes).requires_grad_())
    huge = solve(**given | {"c": draw.keep("huge c", given["c"].detach() * 1e4)})
    found = draw.gradients(tuple(solve(**given)), c=given["c"])
    return found | {f"huge: {name}": value for name, value in seen(huge).items()}


@case("gradients of all seven, in float64", kind="gradients", float64=True)
def gradients(solve, draw):
    given = cell(draw, 3, 2, 4, dtype=torch.float64, grad=True)
    return draw.gradients(tuple(solve(**given)), **given)


@case("gradients through three steps", kind="gradients")
def through_time(solve, draw):
    given = cell(draw, 2, 3, 3, grad=True)
    weights = [given[name] for name in ("w_ih", "w_hh", "b_ih", "b_hh")]
    states = (given["h"], given["c"])
    for _ in range(3):
        states = solve(given["x"], *states, *weights)
    return draw.gradients(tuple(states), **given)
