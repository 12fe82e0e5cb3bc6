import torch
from torch import nn

from torch_judge.authoring import (
    CheckFailed,
    attempt,
    case,
    filled_norm,
    integer,
    load_what_fits,
    refusals,
    require,
    same,
    state_of_batch_norm,
    with_statistics,
)


def images(draw, name, *shape, **options):
    """Images that differ in level from one another, so that statistics per image do not pass for those of the batch."""
    levels = 2 * draw.randn(f"levels of {name}", shape[0], 1, 1, 1, dtype=options.get("dtype", torch.float32))
    x = draw.randn(f"noise of {name}", *shape, mean=1.5, **options).detach() + levels
    return draw.keep(name, x.requires_grad_(options.get("grad", False)))


@case("a fresh layer: what stands in its state_dict", kind="interface")
def fresh(solve, draw):
    layer = solve(integer(draw, "features", 2, 7))
    trainable = ", ".join(sorted(name for name, _ in layer.named_parameters()))
    state = {name: {"dtype": str(value.dtype), "value": value} for name, value in layer.state_dict().items()}
    return {"an nn.Module": isinstance(layer, nn.Module), "parameters": trainable, "state_dict": state}


@case("training: N, C, H and W all different", kind="values")
def all_different(solve, draw):
    return {"output": filled_norm(solve, draw, 3, eps=0.05)(images(draw, "x", 2, 3, 4, 5))}


@case("training: N = C = H = W", kind="values")
def all_equal(solve, draw):  # whatever falls on a wrong axis broadcasts in silence
    return {"output": filled_norm(solve, draw, 3, momentum=0.6)(images(draw, "x", 3, 3, 3, 3))}


@case("two training batches, then eval on a 1×1 image", kind="mode")
def two_batches_then_eval(solve, draw):
    layer = filled_norm(solve, draw, 3, momentum=0.3)
    seen = {"first": layer(images(draw, "x", 2, 3, 4, 2))}
    with torch.no_grad():  # the mode is the layer's, not autograd's
        seen |= {"second": layer(images(draw, "second x", 3, 3, 2, 2))}
    draw.keep("norm in eval", layer.eval())
    return seen | {"eval": attempt(layer, draw.randn("third x", 1, 3, 1, 1))}


@case("eval: running statistics, nothing changes", kind="mode")
def evaluation(solve, draw):
    layer, x = with_statistics(filled_norm(solve, draw, 3, eps=2.0), draw, 3).eval(), images(draw, "x", 2, 3, 4, 5)
    draw.keep("norm in eval", layer)
    seen = {"eval": layer(x)}
    for tensor in (layer.weight.data, layer.running_var):  # what was made of the old numbers is wrong now
        tensor.mul_(2)
    return seen | {"eval, other weight and running_var": layer(x)}


@case("one image is a batch; momentum 0 and 1", kind="values")
def one_image(solve, draw):
    # With momentum 1, `running_mean` and `running_var` are the batch's own; with 0 they stay.
    at_once, never = (filled_norm(solve, draw, 3, name=f"norm of momentum {m:g}", momentum=m) for m in (1.0, 0.0))
    x = images(draw, "x", 1, 3, 4, 2)
    return {"output": attempt(at_once, x), "momentum 0": attempt(with_statistics(never, draw, 3), x)}


@case("defaults: eps 1e-5, momentum 0.1", kind="interface")
def defaults(solve, draw):
    # A spread of 0.01 makes eps count: its square is near 1e-5.
    return {"output": filled_norm(solve, draw, 3)(draw.randn("x", 2, 3, 3, 2, mean=0.02, std=0.01))}


def accurate(seen, expected, draw):
    for name in ("output", "running_var"):
        same(name, seen[name], expected[name], widen=3000)  # what is off by more than 3 % is wrong in another way
        try:
            same(name, seen[name], expected[name], widen=10)
        except CheckFailed as lost:
            message = f"{lost.message} The values are near 300: subtract the mean before you square."
            require(False, f"digits of {name}", message)


@case("values near 300 with a spread of 1", kind="numerics", verify=accurate)
def far_from_zero(solve, draw):
    layer = solve(3, momentum=1.0).to(draw.device)
    return {"output": layer(draw.randn("x", 2, 3, 2, 4, mean=300.0)), "running_var": layer.running_var.clone()}


@case("a channel that never varies gives bias, not NaN", kind="numerics")
def constant_channel(solve, draw):
    x = draw.randn("noise", 4, 3, 2, 2).clone()
    x[:, 1] = 0.5  # exact in float32, so the variance is exactly zero
    return {"output": filled_norm(solve, draw, 3, eps=0.01)(draw.keep("x", x))}


@case("channels_last input: the same numbers", kind="numerics")
def channels_last(solve, draw):
    x = images(draw, "noise of x", 2, 3, 4, 5).to(memory_format=torch.channels_last)
    return {"output": filled_norm(solve, draw, 3)(draw.keep("x", x))}


@case("double() takes the running statistics along; the count stays int64", kind="numerics", float64=True)
def double(solve, draw):
    layer, x = (
        with_statistics(filled_norm(solve, draw, 3), draw, 3).double().eval(),
        images(draw, "x", 2, 3, 2, 2, dtype=torch.float64),
    )
    dtypes = {name: str(value.dtype) for name, value in layer.state_dict().items()}
    return {"dtypes": dtypes, "eval": layer(x), "training": layer.train()(x)}


@case("training: gradients of x, weight and bias, in float64", kind="gradients", float64=True)
def double_gradients(solve, draw):
    layer, x = filled_norm(solve, draw, 3).double(), images(draw, "x", 2, 3, 2, 2, dtype=torch.float64, grad=True)
    return draw.gradients(layer(x), x=x, weight=layer.weight, bias=layer.bias)


def network(norm):
    return nn.Sequential(nn.Conv2d(2, 3, 2), norm, nn.Tanh(), nn.Conv2d(3, 2, 1))


@case("a state_dict from nn.BatchNorm2d and back, in a network", kind="state")
def exchanged(solve, draw):
    theirs, mine = network(state_of_batch_norm(3)), network(solve(3))
    draw.fill("network of nn.BatchNorm2d", theirs, optional=())
    with_statistics(theirs[1], draw, 3)
    seen = {"your layer, loading": load_what_fits(mine.to(draw.device), theirs.state_dict())}
    seen |= {"eval": mine.eval()(draw.randn("x", 3, 2, 4, 3)), "training": mine.train()(draw.randn("y", 3, 2, 4, 3))}
    return seen | {"nn.BatchNorm2d, loading": load_what_fits(theirs, mine.state_dict())}


@case("two layers share nothing", kind="state")
def two_layers(solve, draw):
    first, second = filled_norm(solve, draw, 3, name="first"), filled_norm(solve, draw, 3, name="second", momentum=0.5)
    seen = {"first": first(images(draw, "x", 3, 3, 2, 2)), "second": second(images(draw, "second x", 2, 3, 3, 3))}
    return seen | {"first in eval": first.eval()(images(draw, "third x", 2, 3, 2, 2))}


CHANNELS = {
    "too many": (2, 5, 2, 2),
    "one": (2, 1, 2, 2),
    "channels last": (2, 4, 4, 3),
}


@case("(N, C), (C, H, W) and five axes are refused", kind="interface")
def ranks(solve, draw):
    return refusals(solve, draw, {"rank 2": (4, 3), "rank 3": (3, 3, 2), "rank 5": (2, 3, 2, 2, 2)})


@case("a wrong number of channels is refused", kind="interface")
def channels(solve, draw):
    return refusals(solve, draw, CHANNELS)


@case("one value per channel is refused in training, not in eval", kind="interface")
def single_value(solve, draw):
    return refusals(solve, draw, {"one image of 1×1": (1, 3, 1, 1)})


@case("training: gradients of x, weight and bias through the batch statistics", kind="gradients")
def training_gradients(solve, draw):
    layer, x = filled_norm(solve, draw, 3), images(draw, "x", 3, 3, 4, 2, grad=True)
    return draw.gradients(layer(x), x=x, weight=layer.weight, bias=layer.bias)


@case("eval: gradients of x, weight and bias", kind="gradients")
def eval_gradients(solve, draw):
    layer, x = with_statistics(filled_norm(solve, draw, 3), draw, 3).eval(), images(draw, "x", 2, 3, 2, 2, grad=True)
    return draw.gradients(layer(x), x=x, weight=layer.weight, bias=layer.bias)
