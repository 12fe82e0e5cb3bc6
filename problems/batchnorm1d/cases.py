import torch
from torch import nn

from torch_judge.authoring import (
    attempt,
    case,
    filled_norm,
    integer,
    load_what_fits,
    number,
    refusal,
    refusals,
    same,
    state_of_batch_norm,
    with_statistics,
)


def described(layer):
    """Everything that a checkpoint would hold, in words and values."""
    return {name: {"dtype": str(value.dtype), "value": value} for name, value in layer.state_dict().items()}


@case("a fresh layer: what stands in its state_dict", kind="interface")
def fresh(solve, draw):
    layer = solve(integer(draw, "features", 2, 7))
    trainable = ", ".join(sorted(name for name, _ in layer.named_parameters()))
    return {"an nn.Module": isinstance(layer, nn.Module), "parameters": trainable, "state_dict": described(layer)}


@case("training on (N, C): two batches of unequal size", kind="values")
def two_batches(solve, draw):
    layer = filled_norm(solve, draw, 4, eps=0.05, momentum=0.3)
    first = layer(draw.randn("x", 5, 4, mean=1.5, std=2.0))
    return {"first": first, "second": layer(draw.randn("second x", 3, 4, mean=-1.0))}


@case("training on (N, C, L)", kind="values")
def with_length(solve, draw):
    layer = filled_norm(solve, draw, 3, momentum=0.6)
    return {"output": layer(draw.randn("x", 4, 3, 6, mean=1.5, std=2.0))}


@case("training on (N, C, L) with N = C = L", kind="values")
def all_alike(solve, draw):  # whatever falls on a wrong axis broadcasts in silence
    return {"output": filled_norm(solve, draw, 4)(draw.randn("x", 4, 4, 4, mean=1.5, std=2.0))}


@case("one sample of many steps is a batch; so are many samples of one step", kind="values")
def thin(solve, draw):
    layer = filled_norm(solve, draw, 3, track_running_stats=False)
    one = attempt(layer, draw.randn("one sample", 1, 3, 6, mean=2.0))
    return {"one sample": one, "one step": attempt(layer, draw.randn("one step", 5, 3, 1, mean=-1.0))}


@case("defaults: eps 1e-5, momentum 0.1", kind="interface")
def defaults(solve, draw):
    # A spread of 0.01 makes eps count: its square is near 1e-5.
    return {"output": filled_norm(solve, draw, 3)(draw.randn("x", 9, 3, mean=0.02, std=0.01))}


@case("eval: running statistics, nothing changes, one row is fine", kind="mode")
def evaluation(solve, draw):
    layer = with_statistics(filled_norm(solve, draw, 4, eps=2.0), draw, 4).eval()
    draw.keep("norm in eval", layer)
    rows = layer(draw.randn("x", 3, 4, std=2.0))
    row, step = draw.randn("row", 1, 4), draw.randn("step", 1, 4, 1)
    seen = {"rows": rows, "one row": attempt(layer, row), "one step of one sample": attempt(layer, step)}
    for tensor in (layer.weight.data, layer.running_var):  # what was made of the old numbers is wrong now
        tensor.mul_(2)
    return seen | {"one row, other weight and running_var": attempt(layer, row)}


@case("training, then eval, then training again", kind="mode")
def turns(solve, draw):
    layer, seen = filled_norm(solve, draw, 3, momentum=0.4), {}
    for time, training in enumerate((True, True, False, True, False)):
        x = draw.randn(f"x {time}", 5, 3, mean=time - 1.5, std=2.0)
        with torch.set_grad_enabled(time != 3):  # the mode is the layer's, not autograd's
            seen[f"{time}: {'training' if training else 'eval'}"] = layer.train(training)(x)
    return seen


@case("momentum=None: the plain mean over three batches", kind="state")
def cumulative(solve, draw):
    layer, seen = filled_norm(solve, draw, 3, momentum=None), {}
    for time in (1, 2, 3):
        layer(draw.randn(f"x {time}", 3 + time, 3, mean=time, std=2.0))
        seen |= {f"running_mean after {time}": layer.running_mean.clone()}
        seen |= {f"running_var after {time}": layer.running_var.clone()}
    return seen


@case("momentum 0 and 1 are numbers like any other", kind="state")
def border_momenta(solve, draw):
    never, at_once = (filled_norm(solve, draw, 3, name=f"norm of momentum {m:g}", momentum=m) for m in (0.0, 1.0))
    first, second = (draw.randn(name, 5, 3, mean=1.5, std=2.0) for name in ("first x", "second x"))
    return {"momentum 0": with_statistics(never, draw, 3)(first), "momentum 1": at_once(second)}


@case("affine=False: no parameters", kind="interface")
def without_affine(solve, draw):
    layer = with_statistics(filled_norm(solve, draw, 3, affine=False), draw, 3)
    keys = ", ".join(sorted(layer.state_dict()))
    x = draw.randn("x", 4, 3, 2, mean=1.5, std=2.0, grad=True)
    seen = {"parameters": len(list(layer.parameters())), "state_dict has": keys, "eval": layer.eval()(x)}
    return seen | draw.gradients(layer.train()(x), x=x)


@case("track_running_stats=False: no buffers, the batch serves in eval too", kind="mode")
def without_tracking(solve, draw):
    layer = filled_norm(solve, draw, 3, momentum=None, track_running_stats=False)
    keys = ", ".join(sorted(layer.state_dict()))
    x = draw.randn("x", 4, 3, mean=1.5, std=2.0)
    return {"state_dict has": keys, "training": layer(x), "eval": layer.eval()(x)}


def network(norm):
    return nn.Sequential(nn.Linear(4, 3), norm, nn.Tanh(), nn.Linear(3, 2))


@case("a state_dict from nn.BatchNorm1d and back, in a network", kind="state")
def exchanged(solve, draw):
    theirs, mine = network(state_of_batch_norm(3)), network(solve(3))
    draw.fill("network of nn.BatchNorm1d", theirs, optional=())
    with_statistics(theirs[1], draw, 3)
    x = draw.randn("x", 5, 4, std=2.0)
    seen = {"your layer, loading": load_what_fits(mine.to(draw.device), theirs.state_dict())}
    seen |= {"eval": mine.eval()(x), "training": mine.train()(x)}
    return seen | {"nn.BatchNorm1d, loading": load_what_fits(theirs, mine.state_dict())}


@case("two layers share nothing", kind="state")
def two_layers(solve, draw):
    first, second = filled_norm(solve, draw, 3, name="first"), filled_norm(solve, draw, 3, name="second", momentum=0.5)
    seen = {"first": first(draw.randn("x", 5, 3, mean=1.5, std=2.0))}
    seen |= {"second": second(draw.randn("second x", 5, 3, mean=-1.5))}
    return seen | {"first in eval": first.eval()(draw.randn("third x", 4, 3))}


SINGLE = {"one row": (1, 3), "one step of one sample": (1, 3, 1)}
CHANNELS = {
    "too many": (4, 5),
    "one": (4, 1),
    "one, of many steps": (4, 1, 3),
    "channels last": (4, 5, 3),
}


@case("(C,) is refused", kind="interface")
def rank_one(solve, draw):
    return refusals(solve, draw, {"rank 1": (3,)})


@case("(N, C, H, W) is refused", kind="interface")
def rank_four(solve, draw):
    return refusals(solve, draw, {"rank 4": (2, 3, 2, 2)})


@case("a wrong number of channels is refused", kind="interface")
def channels(solve, draw):
    return refusals(solve, draw, CHANNELS)


@case("one value per channel is refused in training, not in eval", kind="interface")
def single_value(solve, draw):
    return refusals(solve, draw, SINGLE)


@case("track_running_stats=False: one value per channel is refused in eval too", kind="interface")
def single_without_tracking(solve, draw):
    layer = solve(3, track_running_stats=False).to(draw.device).eval()
    return {name: refusal(layer, draw.randn(name, *shape)) for name, shape in SINGLE.items()}


@case("training: gradients of x, weight and bias through the batch statistics", kind="gradients")
def training_gradients(solve, draw):
    layer, x = filled_norm(solve, draw, 3), draw.randn("x", 4, 3, 2, mean=1.5, std=2.0, grad=True)
    return draw.gradients(layer(x), x=x, weight=layer.weight, bias=layer.bias)


@case("eval: gradients of x, weight and bias", kind="gradients")
def eval_gradients(solve, draw):
    layer = with_statistics(filled_norm(solve, draw, 3), draw, 3).eval()
    x = draw.randn("x", 4, 3, std=2.0, grad=True)
    return draw.gradients(layer(x), x=x, weight=layer.weight, bias=layer.bias)


@case("double() takes the running statistics along; the count stays int64", kind="numerics", float64=True)
def double(solve, draw):
    layer = with_statistics(filled_norm(solve, draw, 3), draw, 3).double()
    free = solve(3, affine=False, track_running_stats=False).double()
    x = draw.randn("x", 4, 3, mean=1.5, dtype=torch.float64)
    seen = {"without running statistics": free(x), "eval": layer.eval()(x), "training": layer.train()(x)}
    return seen | {"state_dict": described(layer)}


def nearly(seen, expected, draw):
    """A rounding error of a mean near 1000 is 1e-4 of a spread of 1, whatever the order of the sum."""
    same("output", seen["output"], expected["output"], widen=100)


@case("values near 1000, a spread of 1", kind="numerics", verify=nearly)
def far_from_zero(solve, draw):
    # In float32 their squares keep 0.06: the mean of x² less the square of the mean is off by a tenth.
    x = draw.randn("x", 8, 5, mean=number(draw, "mean", 900.0, 1100.0))
    return {"output": filled_norm(solve, draw, 5, track_running_stats=False)(x)}


@case("training: gradients of x, weight and bias, in float64", kind="gradients", float64=True)
def double_gradients(solve, draw):
    layer = filled_norm(solve, draw, 3).double()
    x = draw.randn("x", 4, 3, mean=1.5, std=2.0, dtype=torch.float64, grad=True)
    return draw.gradients(layer(x), x=x, weight=layer.weight, bias=layer.bias)


@case("a channel that never varies gives bias, not NaN", kind="numerics")
def constant_channel(solve, draw):
    x = draw.randn("noise", 4, 3).clone()
    x[:, 1] = 0.5  # exact in float32, so the variance is exactly zero
    return {"output": filled_norm(solve, draw, 3, eps=0.01)(draw.keep("x", x))}
