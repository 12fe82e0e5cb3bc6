import torch
import torch.nn.functional as F

from torch_judge.authoring import case


def convolution(draw, *shape):
    return draw.randn("conv_weight", *shape), draw.randn("conv_bias", shape[0], mean=0.7)


def norm(draw, channels):
    """running_mean, running_var, weight and bias; the weights have both signs."""
    weight = draw.randn("drawn weight", channels, std=0.3)
    weight = weight + torch.where(torch.arange(channels, device=draw.device) % 2 == 0, 1.0, -1.0)
    mean, var = draw.randn("running_mean", channels), draw.rand("running_var", channels, low=0.2, high=3.0)
    return mean, var, draw.keep("weight", weight), draw.randn("bias", channels, mean=0.5)


def seen(result):
    """The folded weight and bias by name, Parameters as plain tensors; a result of another kind as it is."""
    if isinstance(result, (tuple, list)) and len(result) == 2:
        return dict(zip(("w", "b"), (r.detach() if isinstance(r, torch.Tensor) else r for r in result), strict=True))
    return {"result": result}


@case("a convolution with a bias", kind="values")
def images(solve, draw):
    return seen(solve(*convolution(draw, 4, 3, 2, 5), *norm(draw, 4)))


@case("a convolution without a bias", kind="values")
def without_bias(solve, draw):
    weight, _ = convolution(draw, 4, 3, 2, 5)
    return seen(solve(weight, None, *norm(draw, 4)))


@case("as many output as input channels as kernel rows and columns", kind="values")
def all_alike(solve, draw):  # whatever falls on a wrong axis broadcasts in silence
    return seen(solve(*convolution(draw, 3, 3, 3, 3), *norm(draw, 3)))


@case("a Linear layer", kind="values")
def linear(solve, draw):
    return seen(solve(*convolution(draw, 4, 6), *norm(draw, 4)))


@case("a square Linear layer", kind="values")
def square_linear(solve, draw):
    return seen(solve(*convolution(draw, 5, 5), *norm(draw, 5)))


@case("Conv1d and Conv3d; one output channel, a kernel of one", kind="values")
def other_ranks(solve, draw):
    statistics = norm(draw, 3)
    one, three = draw.randn("1-D weight", 3, 2, 4), draw.randn("3-D weight", 3, 2, 2, 3, 2)
    bias = draw.randn("conv_bias", 3, mean=0.7)
    narrow, first = draw.randn("narrow weight", 1, 2, 1), [part[:1] for part in (bias, *statistics)]
    result = {"Conv1d": seen(solve(one, bias, *statistics)), "Conv3d": seen(solve(three, bias, *statistics))}
    return result | {"one channel": seen(solve(narrow, *first))}


@case("a norm with weight alone, with bias alone, with neither", kind="interface")
def without_affine(solve, draw):
    conv, (mean, var, weight, bias) = convolution(draw, 3, 2, 2, 2), norm(draw, 3)
    result = {"neither": seen(solve(*conv, mean, var))}
    result |= {"weight alone": seen(solve(*conv, mean, var, weight=weight))}
    return result | {"bias alone": seen(solve(*conv, mean, var, bias=bias))}


@case("nothing but the weight of the convolution: no bias, no affine", kind="interface")
def bare(solve, draw):
    weight, _ = convolution(draw, 3, 2, 2, 2)
    mean, var, *_ = norm(draw, 3)
    return seen(solve(weight, None, mean, var))


@case("eps is obeyed", kind="interface")
def eps(solve, draw):
    conv, statistics = convolution(draw, 3, 2, 2, 2), norm(draw, 3)
    return {"eps 0.05": seen(solve(*conv, *statistics, eps=0.05)), "eps 2.0": seen(solve(*conv, *statistics, eps=2.0))}


@case("a running variance of 0 and of 10 000, with the default eps", kind="numerics")
def extreme_variances(solve, draw):
    conv, (mean, var, weight, bias) = convolution(draw, 3, 2, 2, 2), norm(draw, 3)
    var = var.clone()
    var[0], var[1] = 0.0, 1e4
    return seen(solve(*conv, mean, draw.keep("extreme running_var", var), weight, bias))


@case("weights of the norm that are zero or negative", kind="values")
def signs(solve, draw):
    conv, (mean, var, weight, bias) = convolution(draw, 4, 2, 2, 2), norm(draw, 4)
    weight = -weight.abs()
    weight[1] = 0
    return seen(solve(*conv, mean, var, draw.keep("signed weight", weight), bias))


@case("applied to images, it is the convolution and then the norm", kind="property")
def applied(solve, draw):
    weight, bias = convolution(draw, 4, 1, 3, 2)
    w, b = solve(weight, bias, *norm(draw, 4))
    return {"folded": F.conv2d(draw.randn("images", 2, 4, 5, 4), w, b, groups=4).detach()}


@case("parameters that require a gradient stay as they are", kind="interface")
def parameters(solve, draw):
    conv = draw.randn("conv_weight", 3, 2, 2, 2, grad=True), draw.randn("conv_bias", 3, grad=True)
    mean, var, weight, bias = norm(draw, 3)
    trained = draw.keep("trained weight", weight.clone().requires_grad_()), draw.keep("trained bias", bias.clone())
    return seen(solve(*conv, mean, var, *trained))
