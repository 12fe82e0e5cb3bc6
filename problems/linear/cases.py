import math

import torch

from torch_judge.authoring import case, require, same


def fill(draw, layer, n_in, n_out, time=""):
    """Put drawn values into the layer, and say whether its attributes had the room for them."""
    for name, shape in {"weight": (n_out, n_in), "bias": (n_out,)}.items():
        attribute = getattr(layer, name)
        draw.observed[f"{name}.shape"] = str(tuple(attribute.shape))
        if attribute.shape != shape:
            return False
        # New memory, as in the statement's example: a view made in the constructor does not see it.
        attribute.data = draw.randn(f"{time}{name} values", *shape).clone().to(attribute)
        draw.keep(f"{time}{name}", attribute, free=["*.grad"])
    return True


@case("weight and bias: shapes, leaves that track gradients", kind="interface")
def attributes(solve, draw):
    layer = solve(7, 4)
    seen = {}
    for name, tensor in (("weight", layer.weight), ("bias", layer.bias)):
        seen[name] = {"shape": str(tuple(tensor.shape)), "dtype": str(tensor.dtype)}
        seen[name] |= {"requires_grad": tensor.requires_grad, "is_leaf": tensor.is_leaf}
    return seen


@case("forward: x · weightᵀ + bias", kind="values")
def forward(solve, draw):
    layer, x = solve(5, 3), draw.randn("x", 7, 5, mean=0.5)
    return {"output": layer.forward(x)} if fill(draw, layer, 5, 3) else {}


@case("a single row; a single output feature", kind="interface")
def singles(solve, draw):
    wide, narrow = solve(4, 3), solve(6, 1)
    if not (fill(draw, wide, 4, 3, "wide ") and fill(draw, narrow, 6, 1, "narrow ")):
        return {}
    return {"one row": wide.forward(draw.randn("row", 1, 4)), "one feature": narrow.forward(draw.randn("x", 5, 6))}


@case("forward uses what weight and bias hold at the time", kind="state")
def overwritten(solve, draw):
    layer, x = solve(3, 5), draw.randn("x", 4, 3)
    seen = {}
    for time in ("first ", "second "):
        if fill(draw, layer, 3, 5, time):
            seen[f"{time}output"] = layer.forward(x)
    return seen


@case("gradients of x, weight and bias", kind="gradients")
def gradients(solve, draw):
    layer, x = solve(4, 6), draw.randn("x", 5, 4, grad=True)
    if not fill(draw, layer, 4, 6):
        return {}
    return draw.gradients(layer.forward(x), x=x, weight=layer.weight, bias=layer.bias)


def drawn_as_stated(seen, expected, draw):
    """Of 9600 standard normal numbers, the mean, the standard deviation and the share within one standard deviation
    have standard errors of 0.0102, 0.0072 and 0.0048. The bounds lie more than 6 of them out: in all, a right layer
    fails in fewer than one of 10⁸ checks.
    """
    weight, n_in = seen["weight"], 64
    same("bias", seen["bias"], expected["bias"], "The bias starts at zero.")
    shape = f"{tuple(weight.shape)}"
    require(weight.shape == expected["weight"].shape, f"shape {shape}", f"`weight` has shape {shape}.")
    require(bool(weight.isfinite().all()), "finite", "`weight` holds NaN or infinity: fill all of it.")
    distinct = weight.unique().numel()
    message = f"Only {distinct} of the {weight.numel()} weights differ: draw each of them."
    require(distinct > 9000, f"distinct {distinct}, {weight.mean():.1g}", message)
    z = weight.double() * 8
    mean, std = z.mean().item(), z.std().item()
    message = f"The mean of `weight` is {mean / 8:.4g}; expected about 0."
    require(abs(mean) < 0.065 * max(std, 1), f"mean {mean:.1f}", message)
    share = ((z - mean).abs() < std).double().mean().item()
    normal = abs(share - 0.6827) < 0.03
    # Which mistake it is: a normal with a wrong factor of 2, 1/8, √2 …, or another distribution.
    what = f"std {round(8 * math.log2(std))}" if normal else f"another std {round(2 * math.log2(std))}"
    message = f"The standard deviation of `weight` for {n_in} inputs is {std / 8:.4g}; expected 1/√{n_in} = 0.125."
    require(abs(std - 1) < 0.05, what, message)
    message = f"`weight` is not normal: {share:.0%} of it lie within one standard deviation; expected 68 %."
    require(normal, "distribution", message)


@case("initial values: normal with standard deviation 1/√in, zero bias", kind="property", verify=drawn_as_stated)
def initial(solve, draw):
    # NaN in memory, freed at once: a `torch.empty` that nobody fills must not find what an earlier layer left there.
    spoiled = [torch.full((size,), math.nan) for size in (64 * 150, 150) for _ in range(64)]
    del spoiled
    layer = solve(64, 150)
    return {"weight": layer.weight, "bias": layer.bias}


def all_differ(seen, expected, draw):
    for a, b in ((1, 2), (2, 3), (1, 3)):
        alike = torch.equal(seen[f"weight {a}"], seen[f"weight {b}"])
        require(not alike, "alike", f"Of three new layers, number {a} and number {b} start with the same weights.")


@case("every layer draws weights of its own", kind="property", verify=all_differ)
def layers(solve, draw):
    return {f"weight {number}": solve(5, 4).weight for number in (1, 2, 3)}
