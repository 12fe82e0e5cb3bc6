"""The mistakes of `autograd_function` as another learner would write them."""

import torch
from torch.autograd.function import once_differentiable


def function(forward, backward, **more):
    """A Function in the new style: what is saved is x, unless ``setup_context`` says otherwise."""

    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0])

    parts = {"forward": forward, "setup_context": setup_context, "backward": backward} | more
    return type("Wrong", (torch.autograd.Function,), {name: staticmethod(part) for name, part in parts.items()})


def right(x):
    return torch.sigmoid(x).mul(x)


def slope(x):
    s = x.sigmoid()
    return s + s * x * (1 - s)


def by(derivative):
    """A backward with another derivative."""
    return lambda ctx, g: derivative(ctx.saved_tensors[0]) * g


def unstable(x):
    return torch.exp(x) / (torch.exp(x) + 1)


def unstable_forward(x):
    return unstable(x) * x


def unstable_below_zero(x):
    e = (-x).exp()
    return (1 + e * (1 + x)) / (1 + 2 * e + e * e)


def unstable_slope(x):
    s = unstable(x)
    return s + s * x * (1 - s)


class SavesSigmoid(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        sig = x.sigmoid()
        ctx.save_for_backward(sig, x)
        return sig * x

    @staticmethod
    def backward(ctx, g):
        sig, x = ctx.saved_tensors
        return g * (sig + x * sig * (1 - sig))


class SavesACopy(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x.detach() + 0)
        return right(x)

    @staticmethod
    def backward(ctx, g):
        return slope(ctx.saved_tensors[0]) * g


class StoredOnCtx(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.argument = (x,)
        return right(x)

    @staticmethod
    def backward(ctx, g):
        return slope(*ctx.argument) * g


LAST: list = [None]


class StoredOnTheClass(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        LAST[0] = x
        return right(x)

    @staticmethod
    def backward(ctx, g):
        return slope(LAST[0]) * g


def without_graph(ctx, g):
    with torch.no_grad():
        return g * slope(ctx.saved_tensors[0])


class DividesByX(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        out = right(x)
        ctx.save_for_backward(x, out)
        return out

    @staticmethod
    def backward(ctx, g):
        x, out = ctx.saved_tensors
        return g * (out / x + out * (1 - out / x))


def in_place(ctx, g):
    g *= slope(ctx.saved_tensors[0])
    return g


class XInPlace(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        x *= torch.sigmoid(x)
        return x.clone()

    @staticmethod
    def backward(ctx, g):
        return slope(ctx.saved_tensors[0]) * g


class NoFunction(torch.autograd.Function):
    @classmethod
    def apply(cls, x):
        return right(x)


SECOND_WAY = {
    "grad_ignored": function(right, lambda ctx, g: slope(ctx.saved_tensors[0])),
    "saves_sigmoid": SavesSigmoid,
    "saves_a_copy": SavesACopy,
    "stored_on_ctx": StoredOnCtx,
    "stored_on_the_class": StoredOnTheClass,
    "detaches_in_backward": function(right, by(lambda x: slope(x.data))),
    "once_differentiable": function(right, once_differentiable(by(slope))),
    "no_grad_in_backward": function(right, without_graph),
    "sigmoid_s_derivative": function(right, by(lambda x: x.sigmoid() * (-x).sigmoid())),
    "x_forgotten": function(right, by(lambda x: x.sigmoid() + x.sigmoid() * (-x).sigmoid())),
    "second_part_only": function(right, by(lambda x: x * x.sigmoid() * (1 - x.sigmoid()))),
    "first_part_only": function(right, by(torch.sigmoid)),
    "wrong_sign": function(right, by(lambda x: x.sigmoid() - x * x.sigmoid() * (1 - x.sigmoid()))),
    "overflow_in_forward": function(unstable_forward, by(slope)),
    "overflow_in_backward": function(right, by(unstable_slope)),
    "overflow": function(unstable_forward, by(unstable_slope)),
    "overflow_below_zero": function(right, by(unstable_below_zero)),
    "views_the_gradient": function(
        right, lambda ctx, g: (slope(ctx.saved_tensors[0]).view(-1) * g.view(-1)).view(g.shape)
    ),
    "divides_by_x": DividesByX,
    "gradient_in_place": function(right, in_place),
    "x_in_place": XInPlace,
    "sums_the_gradient": function(right, lambda ctx, g: g.sum() * slope(ctx.saved_tensors[0])),
    "float32_only": function(lambda x: right(x.float()).to(x.dtype), by(lambda x: slope(x.float()).to(x.dtype))),
    "no_function": NoFunction,
}
