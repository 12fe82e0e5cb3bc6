import torch
from torch import nn

from torch_judge.authoring import attempt, case, integer, load_what_fits, number, refusal, same, uneven


def built(solve, draw, shape, name="norm", **options):
    """A layer with drawn weight and bias. From here on its parameters and its mode are watched."""
    layer = solve(shape, **options)
    draw.fill(name, layer, optional=())
    draw.observed[f"buffers of {name}"] = len(list(layer.buffers()))
    return layer


@case("a fresh layer: what stands in its state_dict", kind="interface")
def fresh(solve, draw):
    layer = solve((integer(draw, "rows", 2, 5), integer(draw, "columns", 2, 6)))
    trainable = ", ".join(sorted(name for name, _ in layer.named_parameters()))
    state = {name: {"dtype": str(value.dtype), "value": value} for name, value in layer.state_dict().items()}
    return {"an nn.Module": isinstance(layer, nn.Module), "parameters": trainable, "state_dict": state}


@case("normalized_shape (4, 5): twenty values share one mean", kind="values")
def two_axes(solve, draw):
    return {"output": built(solve, draw, (4, 5))(uneven(draw, "x", 2, 3, 4, 5))}


@case("normalized_shape as an int", kind="values")
def an_int(solve, draw):
    layer = built(solve, draw, 5)
    return {"rank 2": layer(uneven(draw, "x", 3, 5)), "rank 3": layer(uneven(draw, "y", 2, 4, 5))}


@case("normalized_shape as a list, and as a torch.Size", kind="values")
def list_and_size(solve, draw):
    by_list = built(solve, draw, [3, 2], name="norm of a list")
    by_size = built(solve, draw, torch.Size((3, 2)), name="norm of a Size")
    return {"list": by_list(uneven(draw, "x", 4, 3, 2)), "Size": by_size(uneven(draw, "y", 4, 3, 2))}


@case("no leading axes at all", kind="values")
def no_leading_axes(solve, draw):
    one, two = built(solve, draw, 6, name="norm of 6"), built(solve, draw, (4, 3), name="norm of (4, 3)")
    return {"rank 1": one(uneven(draw, "x", 6)), "rank 2": two(uneven(draw, "y", 4, 3))}


def nearly(seen, expected, draw):
    """A rounding error of a mean near 1000 is 1e-4 of a spread of 1, whatever the order of the sum."""
    same("output", seen["output"], expected["output"], widen=100)


@case("values near 1000, a spread of 1", kind="numerics", verify=nearly)
def far_from_zero(solve, draw):
    # In float32 their squares keep 0.06: the mean of x² less the square of the mean is off by a tenth.
    x = draw.randn("x", 5, 2, 3, 4, mean=number(draw, "mean", 900.0, 1100.0))
    return {"output": built(solve, draw, (3, 4))(x)}


@case("three axes", kind="values")
def three_axes(solve, draw):
    return {"output": built(solve, draw, (3, 2, 4))(uneven(draw, "x", 5, 3, 2, 4))}


@case("all axes of the same length", kind="values")
def all_alike(solve, draw):  # whatever falls on a wrong axis broadcasts in silence
    return {"output": built(solve, draw, (3, 3))(uneven(draw, "x", 3, 3, 3, 3))}


@case("train and eval are alike, from call to call", kind="mode")
def modes(solve, draw):
    layer = built(solve, draw, (4,))
    first, second = uneven(draw, "x", 3, 4), uneven(draw, "y", 3, 4)
    seen = {"training": layer(first), "training again": layer(second)}
    seen |= {"eval": layer.eval()(draw.keep("z", first + 1)), "one row in eval": layer(draw.randn("row", 1, 4))}
    layer.weight.data.mul_(2)  # the weight of the moment counts: what was made of the old one is wrong now
    row = draw.randn("another row", 1, 4, grad=True)
    return seen | {"eval, another weight": draw.gradients(layer(row), x=row)}


@case("eps is obeyed", kind="interface")
def eps(solve, draw):
    return {"output": built(solve, draw, (2, 3), eps=2.0)(draw.randn("x", 4, 2, 3, mean=1.0))}


@case("the default eps is 1e-5", kind="interface")
def default_eps(solve, draw):
    # A spread of 0.01 makes eps count: its square is near 1e-5.
    return {"output": built(solve, draw, (7,))(draw.randn("x", 5, 7, mean=0.02, std=0.01))}


@case("values that are all equal give bias, not NaN", kind="numerics")
def constant(solve, draw):
    x = draw.randn("noise", 4, 2, 2).clone()
    x[1] = 0.5  # four of them: sum, mean and squares are exact in binary, however they are formed
    return {"output": built(solve, draw, (2, 2), eps=0.3)(draw.keep("x", x))}


@case("elementwise_affine=False: no parameters, an empty state_dict", kind="interface")
def without_affine(solve, draw):
    layer, x = built(solve, draw, (3, 4), elementwise_affine=False), uneven(draw, "x", 5, 3, 4, grad=True)
    seen = {"parameters": len(list(layer.parameters())), "state_dict has": len(layer.state_dict())}
    return seen | draw.gradients(layer(x), x=x)


def state_of_torch(shape):
    """A module with the state of nn.LayerNorm, which itself is not there where this problem is judged officially."""
    norm = nn.Module()
    norm.weight, norm.bias = nn.Parameter(torch.ones(shape)), nn.Parameter(torch.zeros(shape))
    return norm


def network(norm):
    return nn.Sequential(nn.Linear(4, 6), nn.Unflatten(1, (2, 3)), norm, nn.Flatten(), nn.Tanh(), nn.Linear(6, 2))


@case("a state_dict from nn.LayerNorm and back, in a network", kind="state")
def exchanged(solve, draw):
    theirs, mine = network(state_of_torch((2, 3))), network(solve((2, 3)))
    draw.fill("network of nn.LayerNorm", theirs, optional=())
    seen = {"your layer, loading": load_what_fits(mine.to(draw.device), theirs.state_dict())}
    seen |= {"output": mine(draw.randn("x", 5, 4))}
    return seen | {"nn.LayerNorm, loading": load_what_fits(theirs, mine.state_dict())}


SHAPES = {
    "a trailing 1": (3, 1),
    "too long": (3, 5),
    "the right length in front": (4, 3),
}


@case("another last axis than normalized_shape is refused", kind="interface")
def wrong_last_axis(solve, draw):
    layer = solve(4).to(draw.device)
    return {name: refusal(layer, draw.randn(name, *shape)) for name, shape in SHAPES.items()}


@case("other trailing axes than normalized_shape are refused", kind="interface")
def wrong_axes(solve, draw):
    layer = solve((2, 4)).to(draw.device)
    shapes = {"the last alone is right": (2, 3, 4), "a 1 before the last": (2, 1, 4), "too few axes": (4,)}
    seen = {name: refusal(layer, draw.randn(name, *shape)) for name, shape in shapes.items()}
    plain = solve((2, 4), elementwise_affine=False).to(draw.device)  # no weight that would not fit
    return seen | {"as many values in another shape": refusal(plain, draw.randn("swapped", 3, 4, 2))}


@case("an axis of one value is no error", kind="interface")
def single_value(solve, draw):
    return {"output": attempt(built(solve, draw, (1,), eps=0.1), draw.randn("x", 3, 1))}


@case("gradients of x (through mean and variance), weight and bias, in float64", kind="gradients", float64=True)
def gradients(solve, draw):
    layer, x = built(solve, draw, (3, 4)).double(), uneven(draw, "x", 2, 3, 4, dtype=torch.float64, grad=True)
    return draw.gradients(layer(x), x=x, weight=layer.weight, bias=layer.bias)
