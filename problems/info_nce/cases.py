import torch

from torch_judge.authoring import case, integer, nine_digits, permutation

SHARP = {"widen": 30.0, "because": "a rounding error of a logit near 148 is a relative error of 1e-5 of its weight"}


def pairs(draw, size=5, width=7, low=0.3, high=1.5, **options):
    """Vectors of pairs that point away from each other, and a log_scale between ``low`` and ``high``.

    So neither the loss nor its gradient for log_scale is near 0, where right forms would differ by their rounding.
    """
    noise = draw.randn("noise", size, width, std=0.6, **options)
    image = draw.randn("image", size, width, **options)
    text = draw.keep("text", (noise - image).requires_grad_())
    return image.requires_grad_(), text, draw.rand("log_scale", low=low, high=high, **options)


def with_gradients(solve, draw, image, text, log_scale):
    loss = solve(image, text, log_scale.requires_grad_())
    return draw.gradients(loss, image=image, text=text, log_scale=log_scale)


@case("five pairs, with gradients", kind="values")
def five_pairs(solve, draw):
    return with_gradients(solve, draw, *pairs(draw))


@case("a scale below 1, with gradients", kind="values")
def small_scale(solve, draw):
    return with_gradients(solve, draw, *pairs(draw, size=4, width=3, low=-2.0, high=-0.5))


@case("as many pairs as dimensions, with gradients", kind="values")
def square(solve, draw):
    return with_gradients(solve, draw, *pairs(draw, size=4, width=4))


@case("rows of lengths from 0.01 to 100", kind="values")
def lengths(solve, draw):
    image, text, log_scale = pairs(draw)
    size = torch.tensor([100.0, 0.01, 1.0, 30.0, 0.1], device=draw.device)[:, None]
    long, short = draw.keep("long and short images", image.data * size), draw.keep("texts", text.data * size.flip(0))
    return {"loss": solve(long, short, log_scale)}


@case("a log_scale near 5, with gradients", kind="numerics", **SHARP)
def large_scale(solve, draw):
    return with_gradients(solve, draw, *pairs(draw, low=4.7, high=5.0))


@case("orthogonal pairs in a wrong order, at a log_scale near 5", kind="numerics")
def wrong_order(solve, draw):
    order, size = permutation(draw, "order", 5), draw.rand("size", 5, 1, low=0.5, high=2.0)
    image = draw.keep("image", torch.eye(5, device=draw.device)[order] * size)
    log_scale = draw.rand("log_scale", low=4.7, high=5.0)
    right, wrong = draw.keep("right text", image * 2), draw.keep("wrong text", image.roll(1, dims=0))
    return {"right": solve(image, right, log_scale), "wrong": solve(image, wrong, log_scale)}


@case("two texts are the same: each still belongs to its own image, with gradients", kind="values")
def twins(solve, draw):
    image, text, log_scale = pairs(draw)
    doubled = text.detach().clone()
    doubled[3] = doubled[1]
    return with_gradients(solve, draw, image, draw.keep("text with twins", doubled.requires_grad_()), log_scale)


@case("a single pair: 0, and gradients of 0", kind="interface")
def single_pair(solve, draw):
    return with_gradients(solve, draw, *pairs(draw, size=1, width=integer(draw, "width", 2, 9)))


@case("image and text exchanged: the same loss", kind="property")
def exchanged(solve, draw):
    image, text, log_scale = pairs(draw)
    return {"as they are": solve(image, text, log_scale), "exchanged": solve(text, image, log_scale)}


@case("float64 in, float64 out", kind="numerics", float64=True)
def double(solve, draw):
    return {"loss": solve(*pairs(draw, size=4, width=3, dtype=torch.float64))}


@case("gradients in float64: exact to nine digits", kind="gradients", float64=True, verify=nine_digits)
def double_gradients(solve, draw):
    return with_gradients(solve, draw, *pairs(draw, size=4, width=3, dtype=torch.float64))


@case("the same tensors again, other numbers in them", kind="state")
def changed(solve, draw):
    image, text, log_scale = draw.randn("image", 4, 3), draw.randn("text", 4, 3), draw.rand("log_scale")
    first = solve(image, text, log_scale)
    image.mul_(-1)  # what is remembered of the first call is wrong now
    return {"first": first, "second": solve(image, text, log_scale)}
