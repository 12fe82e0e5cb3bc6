import math

import torch
from torch import nn

from torch_judge.authoring import case, choice, integer, plausible, repeated, require, tie_between

# Shapes (out, in) of 4000 numbers each: few inputs, so that one input more or less shows, and many.
FEW = ((1000, 4), (800, 5))
MANY = ((16, 250), (20, 200), (25, 160))


def fresh(*shape):
    """A weight that still holds NaN, as memory from torch.empty may."""
    return torch.full(shape, torch.nan)


def filled(seen, *paths):
    for path in paths:
        weight = seen[path]
        same_kind = isinstance(weight, torch.Tensor) and weight.dtype == torch.float32
        require(same_kind, f"{path} kind", f"`{path}` is no longer a float32 tensor after the call.")
        text = f"`{path}` was not overwritten: all of it is still NaN, as before. Write into the tensor itself."
        require(not weight.isnan().all(), "not written", text)
        text = f"`{path}` holds infinity or NaN after the call. Overwrite it: what it held before must not matter."
        require(bool(weight.isfinite().all()), "not finite", text)


def kaiming(seen, expected, draw):
    """Two weights of 4000 numbers: each number drawn, the right spread, mean 0, normal, none tied to another.

    Of 8000 standard normal numbers the mean has a standard error of 0.0112, of 4000 the standard deviation too (χ²):
    the bounds of 0.065 lie 5.8 of them out (one in 10⁸). `plausible` errs below one in 10⁶ each.
    """
    paths = ("few inputs", "many inputs")
    filled(seen, *paths)
    weights = [seen[path] for path in paths]
    for weight, path in zip(weights, paths, strict=True):
        shape = tuple(expected[path].shape)
        require(weight.shape == shape, "shape", f"The shape {shape} became {tuple(weight.shape)}.")
        each_number_drawn(weight)
    right_spread(weights)
    standard = [weight.double() / right_std(weight) for weight in weights]
    normal(torch.cat([table.flatten() for table in standard]))
    for table in standard:
        drawn_one_by_one(table)


def right_std(weight):
    return math.sqrt(2 / weight.shape[1])


def each_number_drawn(weight):
    """Of 4000 float32 numbers about one is there twice; forty are not."""
    distinct, numbers, shape = weight.unique().numel(), weight.numel(), tuple(weight.shape)
    if distinct == 1:
        which = "one number"
    elif distinct <= max(shape):  # a row or a column for all
        which = "repeated"
    else:
        which = "some repeated"
    text = f"Only {distinct} of the {numbers} numbers in a weight of shape {shape} differ: draw each one."
    require(distinct > numbers - 40, which, text)


def right_spread(weights):
    """The names of the checks say which wrong formula it is: the same 0.02 for all, or how far off in either weight."""
    found = [weight.double().std().item() for weight in weights]
    ratios = [std / right_std(weight) for std, weight in zip(found, weights, strict=True)]
    if all(0.0188 < std < 0.0212 for std in found):
        which = "std 0.02"
    else:
        halves_of_a_doubling = [round(2 * math.log2(max(ratio, 1e-9))) for ratio in ratios]
        beside_0 = any(abs(weight.double().mean()) > 0.5 * std for weight, std in zip(weights, found, strict=True))
        which = f"std {halves_of_a_doubling + [' beside 0'] * beside_0}"
    for weight, std, ratio in zip(weights, found, ratios, strict=True):
        shape, right = tuple(weight.shape), f"√(2 / {weight.shape[1]}) = {right_std(weight):.3g}"
        text = f"A weight of shape {shape} has standard deviation {std:.3g}; expected {right}."
        require(abs(ratio - 1) < 0.065, which, text)


def normal(z):
    """Numbers that should be standard normal: their mean, how many lie near it, how many far out."""
    mean = z.mean().item()
    require(abs(mean) < 0.065, "mean", f"The mean is {mean:.2g} standard deviations; expected 0.")
    within, beyond = int((z.abs() < 1).sum()), int((z.abs() > 3.001).sum())  # cut off at 3, it is 3
    share = within / len(z)
    # Of uniform numbers 58 % lie within; of normal ones that spread 6 % too far, 65 %: that is another mistake.
    form = "flat" if share < 0.62 else "wide" if share < 0.68 else "peaked"
    text = f"Not normal: {share:.1%} of the numbers lie within one standard deviation; expected 68.3 %."
    require(plausible(within, len(z), math.erf(1 / math.sqrt(2))), f"distribution {form}", text)
    text = f"Not normal: {beyond} of {len(z)} numbers lie beyond three standard deviations; expected about 22."
    require(plausible(beyond, len(z), math.erfc(3.001 / math.sqrt(2))), "tails", text)


def drawn_one_by_one(table, **words):
    tie = tie_between(table, **words)
    require(tie is None, "tied", f"In a weight {tie and tie.text}. Draw each number on its own.")


@case("normal, mean 0, standard deviation √(2 / in), in place", kind="property", verify=kaiming)
def distribution(solve, draw):
    few, many = choice(draw, "few", FEW), choice(draw, "many", MANY)
    weights = {"few inputs": fresh(*few), "many inputs": fresh(*many)}
    for weight in weights.values():
        solve(weight)
    return weights


def identity(result, weight):
    if result is weight:
        return "weight itself"
    shared = isinstance(result, torch.Tensor) and result.data_ptr() == weight.data_ptr()
    return "None" if result is None else "a tensor that shares its memory" if shared else "another object"


@case("the same object is returned", kind="interface", verify=lambda seen, *_: require(
    seen["result"] == "weight itself", seen["result"], f"You return {seen['result']}. Return `weight`, the very object."
))  # fmt: skip
def same_object(solve, draw):
    weight = nn.Parameter(fresh(integer(draw, "out", 4, 8), integer(draw, "in", 5, 9)))
    return {"result": identity(solve(weight), weight)}


def still_leaf(seen, expected, draw):
    for path in ("parameter", "tensor"):
        filled(seen, path)
        for flag in (f"{path}.requires_grad", f"{path}.is_leaf"):
            text = f"After the call `{flag}` is {seen[flag]}; it was {expected[flag]}. Write under `torch.no_grad()`."
            require(seen[flag] is expected[flag], f"{flag} is {seen[flag]}", text)
    require(seen["autograd on"] is True, "autograd off", "Autograd is off after the call: use `with torch.no_grad():`.")
    text = "Autograd was off before the call and is on after it: use `with torch.no_grad():`."
    require(seen["autograd off, where it was off"] is True, "autograd switched on", text)


@case("a parameter stays a leaf that requires a gradient", kind="gradients", verify=still_leaf)
def parameter(solve, draw):
    parameter = nn.Parameter(fresh(integer(draw, "out", 4, 8), integer(draw, "in", 5, 9)))
    tensor = fresh(3, integer(draw, "tensor's out", 4, 8)).T  # strided: a reshaped copy of it is not the weight
    seen = {}
    for path, weight in (("parameter", parameter), ("tensor", tensor)):
        solve(weight)
        seen |= {path: weight, f"{path}.requires_grad": weight.requires_grad, f"{path}.is_leaf": weight.is_leaf}
    seen["autograd on"] = torch.is_grad_enabled()
    with torch.no_grad():
        solve(fresh(3, 5))
        return seen | {"autograd off, where it was off": not torch.is_grad_enabled()}


def new_numbers(seen, expected, draw):
    weights = seen["weights"]
    filled(seen, "weights", "weight 1 again")
    text = "All numbers of a weight are the same: draw each one."
    require(len(weights[0].unique()) > 1, "one number", text)
    three = {f"weight {number}": weights[number - 1] for number in (1, 2, 3)} | {
        "weight 1 again": seen["weight 1 again"]
    }
    for a, b in (("weight 1", "weight 2"), ("weight 2", "weight 3"), ("weight 1", "weight 1 again")):
        text = f"`{a}` and `{b}` hold the same numbers: draw anew in each call, and set no random seed."
        require(not torch.equal(three[a], three[b]), "alike", text)
    # A mean that is not 0 would tie all to each other: it is found in the numbers of one weight.
    drawn_one_by_one((weights - weights.mean()) / weights.std(), rows="weights", columns="places")


@case("every call draws new numbers, each by itself", kind="state", verify=new_numbers)
def new_draws(solve, draw):
    """400 calls: what ties two places of a weight to each other shows as a correlation."""
    shape = (4, integer(draw, "in", 4, 7))

    def initialised():
        weight = fresh(*shape)
        solve(weight)
        return weight

    weights = repeated(400, initialised)
    first = weights[0].detach().clone()
    solve(first)
    return {"weights": torch.stack([weight.flatten() for weight in weights]), "weight 1 again": first.flatten()}
