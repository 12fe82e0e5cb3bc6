import math

import torch

from torch_judge.authoring import case, integer, plausible, repeated, require, same, tie_between

FEW_OUT = 8


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
    layer = solve(integer(draw, "in_features", 5, 9), integer(draw, "out_features", 2, 5))
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
    if len(seen) == 2:
        seen["other weights, another output"] = not torch.equal(*seen.values())
    return seen


@case("gradients of x, weight and bias", kind="gradients")
def gradients(solve, draw):
    layer, x = solve(4, 6), draw.randn("x", 5, 4, grad=True)
    if not fill(draw, layer, 4, 6):
        return {}
    return draw.gradients(layer.forward(x), x=x, weight=layer.weight, bias=layer.bias)


def drawn_as_stated(seen, expected, draw):
    """Of 9600 standard normal numbers or more, the mean, the standard deviation and the share within one standard
    deviation have standard errors of 0.0102, 0.0072 and 0.0048. The bounds lie more than 6 of them out: in all, a right
    layer fails in fewer than one of 10⁸ checks.
    """
    weight, n_in = seen["weight"], expected["weight"].shape[1]
    same("bias", seen["bias"], expected["bias"], "The bias starts at zero.")
    shape = f"{tuple(weight.shape)}"
    require(weight.shape == expected["weight"].shape, f"shape {shape}", f"`weight` has shape {shape}.")
    require(bool(weight.isfinite().all()), "finite", "`weight` holds NaN or infinity: fill all of it.")
    distinct = weight.unique().numel()
    message = f"Only {distinct} of the {weight.numel()} weights differ: draw each of them."
    require(distinct > 9000, f"distinct {distinct}, {weight.mean():.1g}", message)
    right = n_in**-0.5
    z = weight.double() / right
    mean, std = z.mean().item(), z.std().item()
    message = f"The mean of `weight` is {mean * right:.4g}; expected about 0."
    require(abs(mean) < 0.065 * max(std, 1), f"mean {mean:.1f}", message)
    share = ((z - mean).abs() < std).double().mean().item()
    normal = abs(share - 0.6827) < 0.03
    # Which mistake it is: a normal with a wrong factor of 2, 1/8, √2 …, or another distribution.
    what = f"std {round(8 * math.log2(std))}" if normal else f"another std {round(2 * math.log2(std))}"
    message = (
        f"The standard deviation of `weight` for {n_in} inputs is {std * right:.4g}; expected 1/√{n_in} = {right:.4g}."
    )
    require(abs(std - 1) < 0.05, what, message)
    message = f"`weight` is not normal: {share:.0%} of it lie within one standard deviation; expected 68 %."
    require(normal, "distribution", message)
    beyond = int((z.abs() > 3.001).sum())  # cut off at 3, it is 3
    message = f"`weight` is not normal: {beyond} of {z.numel()} numbers lie beyond three standard deviations."
    require(plausible(beyond, z.numel(), math.erfc(3.001 / math.sqrt(2))), "tails", message)
    drawn_one_by_one(z)


def drawn_one_by_one(table, **words):
    tie = tie_between(table, **words)
    require(tie is None, "tied", f"In `weight` {tie and tie.text}. Draw each number on its own.")


@case("initial values: normal with standard deviation 1/√in, zero bias", kind="property", verify=drawn_as_stated)
def initial(solve, draw):
    # NaN in memory, freed at once: a `torch.empty` that nobody fills must not find what an earlier layer left there.
    n_in, n_out = integer(draw, "in_features", 60, 70), 160
    spoiled = [torch.full((size,), math.nan) for size in (n_in * n_out, n_out) for _ in range(64)]
    del spoiled
    layer = solve(n_in, n_out)
    return {"weight": layer.weight, "bias": layer.bias}


def unrelated_layers(seen, expected, draw):
    """Whatever ties the numbers of one layer together ties those of 400 layers together in the same way."""
    weights = seen["weights"]
    require(bool(weights.isfinite().all()), "finite", "A new layer's `weight` holds NaN or infinity: fill all of it.")
    for a, b in ((0, 1), (1, 2), (0, 2)):
        text = f"Of three new layers, number {a + 1} and number {b + 1} start with the same weights."
        require(not torch.equal(weights[a], weights[b]), "alike", text)
    # Of 6400 numbers or more, the standard deviation has a standard error of 0.0088: the bound is 6 of them.
    n_in = weights.shape[1] // FEW_OUT
    std, right = weights.double().std().item(), n_in**-0.5
    message = f"The standard deviation of `weight` for {n_in} inputs is {std:.4g}; expected 1/√{n_in} = {right:.4g}."
    require(abs(std / right - 1) < 0.055, "few inputs", message)
    drawn_one_by_one(weights / weights.std(), rows="layers", columns="places")


@case("every layer draws weights of its own, each number by itself", kind="property", verify=unrelated_layers)
def layers(solve, draw):
    n_in = integer(draw, "in_features", 2, 4)  # few inputs, so that one input more or less shows
    return {"weights": torch.stack(repeated(400, lambda: solve(n_in, FEW_OUT).weight.detach().flatten()))}
