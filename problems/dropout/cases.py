import torch
from torch import nn

from torch_judge.authoring import case, number, plausible, repeated, require, same, tie_between


def output(seen, expected, path="output"):
    out, x = seen[path], expected["x"]
    alike = isinstance(out, torch.Tensor) and out.shape == x.shape and out.dtype == x.dtype
    require(alike, "shape or dtype", f"`{path}` must be a tensor of the shape and dtype of `x`.")
    return out


def dropped(seen, expected, path="output"):
    """Where the output is zero. All or none has a chance below 1e-9 in every case: n ≥ 100, 0.3 ≤ p ≤ 0.8."""
    zero, x = output(seen, expected, path) == 0, expected["x"]
    some = 0 < int(zero[x != 0].sum()) < int((x != 0).sum())
    require(some, "all or nothing", "In training one call dropped all elements or none. Decide for each on its own.")
    return zero


def factors(seen, expected, draw):
    for path, p in (("p = 0.3", 0.3), ("the default p = 0.5", 0.5)):
        out, right = output(seen, expected, path), 1 / (1 - p)
        factor = (out / expected["x"])[out != 0]
        worst = factor[(factor - right).abs().argmax()].item() if len(factor) else right
        text = f"With {path} what stays must become x / (1 - p) = {right:.5g} x; one element became {worst:.5g} x."
        times = "many" if (factor - worst).abs().sum() > 0.01 else f"{3 * worst / right:.0f} thirds"
        require(abs(worst - right) <= 1e-5 * right, f"{path}: {times}", text)
        dropped(seen, expected, path)


@case("training: each element is 0 or x / (1 - p); p is 0.5 by default", kind="values", verify=factors)
def training(solve, draw):
    x = draw.randn("x", 29, 31)
    # Copies: a solution that writes into x is told so by the cases of one call.
    return {"x": x, "p = 0.3": solve(p=0.3)(x.clone()), "the default p = 0.5": solve()(x.clone())}


@case("p = 0 changes nothing", kind="numerics", verify=lambda s, e, _: require(
    torch.equal(output(s, e), e["x"]), "p = 0", "With p = 0 the output must equal `x`: nothing is dropped or enlarged."
))  # fmt: skip
def zero_p(solve, draw):
    x = draw.randn("x", 3, 4)  # a draw of exactly 0, dropped by `rand > p`, has a chance of 12 / 2^24 < 1e-6
    try:
        return {"x": x, "output": solve(p=0.0)(x)}
    except ZeroDivisionError:  # a factor 1 / p raises as a number and is inf as a tensor: one mistake, seen as one
        return {"x": x, "output": x / 0}


def any_rate(draw):
    """Of three digits, so that no rounding to tenths passes."""
    return number(draw, "p", 0.12, 0.18)


def rates(seen, expected, draw):
    for p in (0.3, 0.8, any_rate(draw)):
        zeros, n = int(dropped(seen, expected, f"p = {p}").sum()), expected["x"].numel()
        what = "keep probability" if plausible(zeros, n, 1 - p) else f"drop rate {zeros / n:.1f}"
        require(plausible(zeros, n, p), what, f"With p = {p}, {zeros} of {n} elements became 0; expected {p:.0%}.")


@case("a fraction p is dropped, for p = 0.3, p = 0.8 and a p between 0.12 and 0.18", kind="property", verify=rates)
def drop_rate(solve, draw):
    x = draw.randn("x", 10_000)  # enough to see 0.026 too many or too few; a Python loop needs 40 µs an element
    return {"x": x} | {f"p = {p}": solve(p=p)(x.clone()) for p in (0.3, 0.8, any_rate(draw))}


def independent(seen, expected, draw):
    zero = dropped(seen, expected)
    # Disjoint pairs of neighbours along each dimension: alike with probability p² + (1 - p)².
    pairs = [zero.movedim(dim, 0)[0:-1:2] == zero.movedim(dim, 0)[1::2] for dim in range(zero.dim())]
    shared = [f"dim {dim}" for dim, alike in enumerate(pairs) if alike.all()]
    require(not shared, f"shared: {shared}", f"Elements along {' and '.join(shared)} share one fate: draw for each.")
    likely = all(plausible(int(alike.sum()), alike.numel(), 0.4**2 + 0.6**2) for alike in pairs)
    require(likely, "neighbours", "The fate of an element depends on its neighbour's; draw a number for each element.")
    halves = {f"along dim {dim}": zero.movedim(dim, 0).chunk(2) for dim in range(zero.dim())}
    halves["in memory"] = zero.flatten().chunk(2)
    for where, (first, second) in halves.items():
        for what, other in (("repeats", second), ("mirrors", second.flip(0))):
            alike = int((first == other).sum())
            text = f"The second half of the mask {where} {what} the first. Draw a number for each element."
            require(plausible(alike, first.numel(), 0.4**2 + 0.6**2), f"{what} the first half", text)


@case("elements are dropped independently, along every dimension", kind="property", verify=independent)
def independence(solve, draw):
    x = draw.randn("x", 16, 14, 12)
    return {"x": x, "output": solve(0.4)(x)}


def unrelated_elements(seen, expected, draw):
    """The masks of 400 calls: what ties two elements to each other shows as a correlation of 0.4 or more."""
    output = seen["output"]
    table = output if isinstance(output, torch.Tensor) else torch.stack([seen[f"output[{i}]"] for i in range(400)])
    kept = table.flatten(1) != 0
    some = 0 < int(kept.sum()) < kept.numel()
    require(some, "all or nothing", "In training all elements were dropped, or none. Decide for each on its own.")
    text = "400 calls dropped the very same elements: draw anew in each call, set no random seed."
    require(bool((kept != kept[0]).any()), "one mask", text)
    tie = tie_between(kept.double() * 2 - 1, rows="masks", columns="elements", normal=False)
    text = f"Of 400 masks of shape (4, 4), {tie and tie.text}. Draw a number for each element."
    require(tie is None, tie and tie.what, text)


@case("no two elements share their fate, over 400 calls", kind="property", verify=unrelated_elements)
def four_hundred_masks(solve, draw):
    x, layer = draw.rand("x", 4, 4, low=1.0, high=2.0), solve(p=0.5)  # square: a mask could be its own transpose
    outputs = repeated(400, lambda: layer(x.clone()))
    alike = all(isinstance(output, torch.Tensor) and output.shape == x.shape for output in outputs)
    return {"output": torch.stack(outputs) if alike else outputs}  # 400 observations take as long as 400 calls


def fresh(seen, expected, draw):
    zeros = [dropped(seen, expected, f"{who}[{i}]") for who in ("call", "layer") for i in range(3)]
    repeats = [what for what, i in (("calls of one layer", 0), ("layers", 3)) if torch.equal(zeros[i], zeros[i + 1])]
    text = f"Two {' and two '.join(repeats)} drop the very same elements: draw anew in each call, set no random seed."
    require(not repeats, f"same: {repeats}", text)
    # Six honest counts (n = 250, p = 0.5) are all equal with a chance of at most 0.051^5 = 3.5e-7.
    text = f"Six calls dropped exactly {int(zeros[0].sum())} elements each. Decide for each element on its own."
    require(len({int(zero.sum()) for zero in zeros}) > 1, "fixed number", text)


@case("every call and every layer draws a new mask", kind="property", verify=fresh)
def new_masks(solve, draw):
    x, layer = draw.randn("x", 250), solve(p=0.5)
    return {"x": x, "call": [layer(x.clone()) for _ in "123"], "layer": [solve(p=0.5)(x.clone()) for _ in "123"]}


def modes(seen, expected, draw):
    for path in ("output", "inside a model"):
        out = output(seen, expected, path)
        what = f"eval, {path}: {'drops' if (out == 0).any() else 'changes x'}"
        require(torch.equal(out, expected["x"]), what, f"In eval mode `{path}` must equal `x` exactly.")
    same("gradient of x", seen["gradient of x"], expected["gradient of x"])
    dropped(seen, expected, "training again")


@case("eval: exactly the input, alone and inside a model", kind="mode", verify=modes)
def evaluation(solve, draw):
    x, model = draw.randn("x", 1, 8, 15, 1, grad=True), nn.Sequential(nn.Sequential(solve(p=0.6)))
    seen = draw.gradients(solve(p=0.6).eval()(x), x=x) | {"x": x, "inside a model": model.eval()(x)}
    with torch.no_grad():  # the mode is the module's, not autograd's
        return seen | {"training again": model.train()(x.clone())}


def masked(seen, expected, draw):
    dropped(seen, expected)
    x, cotangent = expected["x"], draw.cotangent(seen["output"])
    right, got = cotangent * seen["output"] / x, seen["gradient of x"]
    whole = isinstance(got, torch.Tensor) and got.shape == x.shape
    kept = whole & (x == 0) & (got != 0 if whole else False)  # where x is 0 the output does not say what was kept
    right = torch.where(x == 0, cotangent / 0.6 * kept, right)
    same("gradient of x", got, right, "It is 0 where x was dropped and 1 / (1 - p) elsewhere.")
    text = "No gradient passes where x is 0. What was kept has one there too: the mask is what you drew."
    require(bool(kept.any()), "zeros", text)


@case("training: the gradient passes through the same mask", kind="gradients", verify=masked)
def gradients(solve, draw):
    values = draw.rand("values", 29, 31, low=-4.0, high=-1.0).clone()
    values[::5] = 0
    x = draw.tensor("x", values, grad=True)
    return {"x": x, **draw.gradients(solve(p=0.4)(x), x=x)}
