import torch

from torch_judge.authoring import case


def layer(draw, x, weight, grad=False, **options):
    """Images with a mean far from zero, so that a border shows; no two sizes alike."""
    images = draw.randn("x", *x, mean=1.0, grad=grad, **options)
    return images, draw.randn("weight", *weight, mean=0.2, grad=grad, **options)


@case("no padding, stride 1, no bias: the defaults", kind="values")
def plain(solve, draw):
    return {"output": solve(*layer(draw, (2, 3, 7, 10), (5, 3, 2, 4)))}


@case("bias: one number for each output channel", kind="values")
def with_bias(solve, draw):
    x, weight = layer(draw, (2, 3, 5, 6), (4, 3, 3, 2))
    return {"output": solve(x, weight, draw.randn("bias", 4, std=3.0))}


@case("padding: zeros on all four sides", kind="values")
def padded(solve, draw):
    return {"output": solve(*layer(draw, (2, 3, 4, 7), (5, 3, 3, 2)), padding=2)}


@case("stride along both axes; a remainder is left out", kind="values")
def strided(solve, draw):
    x, weight = layer(draw, (2, 3, 9, 12), (4, 3, 2, 3))
    return {"stride 2": solve(x, weight, stride=2), "stride 4": solve(x, weight, stride=4)}


@case("bias, stride and padding together, by position", kind="values")
def together(solve, draw):
    x, weight = layer(draw, (3, 2, 8, 11), (5, 2, 3, 4))
    return {"output": solve(x, weight, draw.randn("bias", 5), 2, 1), "stride 3": solve(x, weight, None, 3, 2)}


@case("1×1 kernel, one channel, one image, kernel as large as the image", kind="interface")
def single(solve, draw):
    x = draw.randn("x", 2, 3, 4, 5, mean=1.0)
    one, gray = draw.randn("one image", 1, 3, 6, 4), draw.randn("gray image", 1, 1, 5, 6)
    pixel, bias = draw.randn("1×1 weight", 6, 3, 1, 1), draw.randn("six biases", 6)
    return {
        "kernel 1×1": solve(x, pixel),
        "kernel 1×1, stride 2, padding 2": solve(x, pixel, bias, stride=2, padding=2),
        "kernel 4×5": solve(x, draw.randn("4×5 weight", 6, 3, 4, 5), bias),
        "one image": solve(one, draw.randn("3×2 weight", 2, 3, 3, 2)),
        "gray image, one kernel": solve(gray, draw.randn("2×3 weight", 1, 1, 2, 3), draw.randn("bias", 1)),
    }


@case("float64 stays float64", kind="numerics", float64=True)
def float64(solve, draw):
    # Of these sizes a wrong count of the padding makes no difference: the dtype shows by itself.
    # A float64 bias would lift the result of a float32 buffer to float64 again.
    x, weight = layer(draw, (2, 3, 5, 9), (4, 3, 2, 3), dtype=torch.float64)
    return {"output": solve(x, weight, stride=3, padding=1)}


@case("gradients in float64", kind="gradients", float64=True)
def float64_gradients(solve, draw):
    x, weight = layer(draw, (2, 3, 5, 9), (4, 3, 2, 3), dtype=torch.float64, grad=True)
    return draw.gradients(solve(x, weight, stride=3, padding=1), x=x, weight=weight)


@case("gradients, with a bias and without", kind="gradients")
def gradients(solve, draw):
    x, weight = layer(draw, (2, 3, 6, 9), (4, 3, 3, 2), grad=True)
    bias = draw.randn("bias", 4, grad=True)
    outputs = solve(x, weight, bias, stride=2, padding=1), solve(x, weight)
    return draw.gradients(outputs, x=x, weight=weight, bias=bias)
