import math

import torch
from torch import nn

from torch_judge.authoring import case, choice, integer, plausible, require, tie_between

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
    """Of n = 4000 standard normal numbers the standard deviation has a standard error of 0.0112 (χ²), of 8000 the mean
    one of 0.0112: the bounds 0.065 and 0.065 lie 5.8 of them out (one in 10⁸). `plausible` errs below one in 10⁶ each;
    more than 40 repeats of one float32 number among 4000 (about one is usual) do not happen.
    """
    paths = ("few inputs", "many inputs")
    filled(seen, *paths)
    shapes = [tuple(expected[path].shape) for path in paths]
    z, ratios = [], []
    for path, (out, n_in) in zip(paths, shapes, strict=True):
        weight = seen[path]
        require(weight.shape == (out, n_in), "shape", f"The shape {out, n_in} became {tuple(weight.shape)}.")
        distinct = weight.unique().numel()
        text = f"Only {distinct} of the {out * n_in} numbers in a weight of shape {out, n_in} differ: draw each one."
        which = "one number" if distinct == 1 else "repeated" if distinct <= max(out, n_in) else "some repeated"
        require(distinct > out * n_in - 40, which, text)
        z.append(weight.double() / math.sqrt(2 / n_in))
        ratios.append(z[-1].std().item())
    beside = [" beside 0"] if any(abs(a.mean()) > 0.5 * a.std() for a in z) else []
    fixed = all(0.0188 < ratio * math.sqrt(2 / n_in) < 0.0212 for (_, n_in), ratio in zip(shapes, ratios, strict=True))
    steps = [round(2 * math.log2(max(ratio, 1e-9))) for ratio in ratios]  # which mistake it is: a factor 2, 1/√2 …
    for (out, n_in), ratio in zip(shapes, ratios, strict=True):
        got, right = ratio * math.sqrt(2 / n_in), f"√(2 / {n_in}) = {math.sqrt(2 / n_in):.3g}"
        text = f"A weight of shape {out, n_in} has standard deviation {got:.3g}; expected {right}."
        require(abs(ratio - 1) < 0.065, "std 0.02" if fixed else f"std {steps + beside}", text)
    tables, z = z, torch.cat([table.flatten() for table in z])
    require(abs(z.mean().item()) < 0.065, "mean", f"The mean is {z.mean().item():.2g} standard deviations; expected 0.")
    within, beyond = int((z.abs() < 1).sum()), int((z.abs() > 3.001).sum())  # cut off at 3, it is 3
    text = f"Not normal: {within / len(z):.1%} of the numbers lie within one standard deviation; expected 68.3 %."
    # Of uniform numbers 58 % lie within; of normal ones that spread 6 % too far, 65 %: that is another mistake.
    share = within / len(z)
    which = f"distribution {'flat' if share < 0.62 else 'wide' if share < 0.68 else 'peaked'}"
    require(plausible(within, len(z), math.erf(1 / math.sqrt(2))), which, text)
    text = f"Not normal: {beyond} of {len(z)} numbers lie beyond three standard deviations; expected about 22."
    require(plausible(beyond, len(z), math.erfc(3.001 / math.sqrt(2))), "tails", text)
    for table in tables:
        drawn_one_by_one(table)


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


@case("a parameter stays a leaf that requires a gradient", kind="gradients", verify=still_leaf)
def parameter(solve, draw):
    parameter = nn.Parameter(fresh(integer(draw, "out", 4, 8), integer(draw, "in", 5, 9)))
    tensor = fresh(integer(draw, "tensor's out", 4, 8), 3)
    seen = {}
    for path, weight in (("parameter", parameter), ("tensor", tensor)):
        solve(weight)
        seen |= {path: weight, f"{path}.requires_grad": weight.requires_grad, f"{path}.is_leaf": weight.is_leaf}
    return seen | {"autograd on": torch.is_grad_enabled()}


def new_numbers(seen, expected, draw):
    weights = seen["weights"]
    filled(seen, "weights", "weight 1 again")
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
    weights = [fresh(*shape) for _ in range(400)]
    for weight in weights:
        solve(weight)
    first = weights[0].detach().clone()
    solve(first)
    return {"weights": torch.stack([weight.flatten() for weight in weights]), "weight 1 again": first.flatten()}
