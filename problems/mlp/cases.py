import torch
import torch.nn.functional as F

from torch_judge.authoring import (
    all_take_part,
    case,
    integer,
    linear_layers,
    same,
    weights_of,
    without_gradient,
)

NAMES = ("gate_proj", "up_proj", "down_proj")


def built(solve, draw, d_model=5, d_ff=11, name="mlp"):
    """A block with drawn weights; its biases, if any, are zero."""
    mlp = solve(d_model=d_model, d_ff=d_ff)
    draw.fill(name, mlp)
    return mlp


@case("gate_proj, up_proj and down_proj: three separate nn.Linear", kind="interface")
def layers(solve, draw):
    return linear_layers(solve(d_model=5, d_ff=integer(draw, "d_ff", 6, 12)), NAMES)


@case("every layer takes part, and no other", kind="interface", verify=all_take_part)
def no_layer_idle(solve, draw):
    mlp = built(solve, draw)
    return {"without a gradient": without_gradient(mlp, mlp(draw.randn("x", 2, 3, 5)), NAMES)}


@case("a batch of sequences; a batch of one, tokens of width 1", kind="values")
def sequences(solve, draw):
    narrow = built(solve, draw, d_model=1, name="narrow")
    return {
        "output": built(solve, draw)(draw.randn("x", 2, 3, 5, mean=0.5, std=2.0)),
        "width 1": narrow(draw.randn("narrow_x", 1, 3, 1, std=2.0)),
    }


@case("a plain matrix, d_ff smaller than d_model", kind="values")
def matrix(solve, draw):
    mlp = built(solve, draw, d_model=7, d_ff=4)
    x = draw.randn("first", 6, 7, std=2.0)
    first, second = mlp(x), mlp(draw.randn("second", 3, 7, std=2.0))
    again = bool((mlp(x) - first).abs().max() < 1e-3 * first.abs().max())
    return {"first": first, "second": second, "the first again is the same": again}


def biased(seen, expected, draw):
    """From the learner's own weights and biases: whether there are biases is the learner's choice."""
    linear = {name: (seen[f"{name}.weight"], seen[f"{name}.bias"]) for name in NAMES}
    gate, up = (F.linear(expected["x"], *linear[name]) for name in NAMES[:2])
    same("output", seen["output"], F.linear(F.silu(gate) * up, *linear["down_proj"]), "Each bias is added once.")


@case("biases, where there are any, are added", kind="values", verify=biased)
def biases(solve, draw):
    mlp, x = solve(d_model=5, d_ff=11), draw.randn("x", 4, 5)
    draw.fill("mlp", mlp, optional=(), by="shape")
    seen = {"x": x, "output": mlp(x)}
    for name in NAMES:
        layer = getattr(mlp, name)
        bias = torch.zeros(layer.weight.shape[0]) if layer.bias is None else layer.bias
        seen |= {f"{name}.weight": layer.weight, f"{name}.bias": bias}
    return seen


@case("eval computes the same, gradients too", kind="mode")
def evaluation(solve, draw):
    mlp, x = built(solve, draw).eval(), draw.randn("x", 3, 1, 2, 5, std=2.0, grad=True)
    seen = draw.gradients(mlp(x), x=x)
    mlp.up_proj.weight.data.mul_(-2)  # the weights of the moment count: what was made of the old ones is wrong now
    return seen | {"other weights": mlp(x), "train": mlp.train()(x)}


@case("gradients of x and of the three weights", kind="gradients")
def gradients(solve, draw):
    mlp, x = built(solve, draw), draw.randn("x", 2, 3, 5, std=2.0, grad=True)
    weights = {f"{name}.weight": weight for name, weight in weights_of(mlp, NAMES).items()}
    return draw.gradients(mlp(x), x=x, **weights)


@case("a gate of several hundred, up or down: values and gradients stay finite", kind="numerics")
def large(solve, draw):
    mlp = built(solve, draw)
    x = draw.randn("x", 4, 5, std=300.0, grad=True)
    return draw.gradients(mlp(x), x=x)
