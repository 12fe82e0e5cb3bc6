import torch

from torch_judge.authoring import case, integer, number


@case("an even dim: 6 columns", kind="values")
def even(solve, draw):
    return {"output": solve(integer(draw, "length", 8, 14), 6)}


@case("another even dim: the angles depend on it", kind="values")
def another_even(solve, draw):
    return {"output": solve(integer(draw, "length", 4, 9), 2 * integer(draw, "pairs", 5, 9))}


@case("an odd dim: it ends with a sine", kind="values")
def odd(solve, draw):
    return {"dim 5": solve(integer(draw, "length", 6, 12), 5), "dim 9": solve(integer(draw, "other length", 2, 7), 9)}


@case("dim 1, dim 2, a single position", kind="interface")
def smallest(solve, draw):
    length, width = integer(draw, "length", 4, 12), integer(draw, "width", 3, 10)
    return {"dim 1": solve(length, 1), "dim 2": solve(length, 2), "one position": solve(1, width)}


@case("other bases, by name and by position", kind="values")
def bases(solve, draw):
    hundred, fifty = number(draw, "near 100", 80, 120), integer(draw, "near 50", 40, 60) + 0.5
    return {"by name": solve(7, 8, base=hundred), "by position": solve(7, 8, fifty)}


@case(
    "two hundred positions",
    kind="numerics",
    widen=10,
    because="an angle near 200 in float32, however it is computed, is off by up to 2e-5",
)
def two_hundred(solve, draw):
    return {"output": solve(200, 2 * integer(draw, "half the dim", 2, 5))}


@case("a plain float32 tensor without gradient", kind="interface")
def plain(solve, draw):
    output = solve(length=integer(draw, "length", 2, 6), dim=integer(draw, "dim", 3, 8))
    return {"dtype": str(output.dtype), "requires a gradient": output.requires_grad, "shape": list(output.shape)}


@case("products of rows", kind="property")
def products(solve, draw):
    output = solve(integer(draw, "length", 8, 12), 8)
    return {"products": output @ output.mT}


@case("calls of several sizes and bases, in turn", kind="state")
def calls(solve, draw):
    # Whatever a table is remembered by, if not by all three arguments, two of these share it.
    more = integer(draw, "more", 1, 5)
    sizes = ((4, 6, 10000.0), (4 + more, 6, 10000.0), (4, 6, 100.0), (4, 8, 10000.0), (3, 6, 10000.0), (4, 6, 10000.0))
    return {f"call {n}: {size}": solve(*size) for n, size in enumerate(sizes, start=1)}


@case("the caller changes a result; the next call returns the table again", kind="state")
def changed(solve, draw):
    length, dim = integer(draw, "length", 3, 7), integer(draw, "dim", 3, 7)
    with torch.no_grad():
        solve(length, dim).zero_()
    return {"next call": solve(length, dim)}
