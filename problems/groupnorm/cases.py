import torch

from torch_judge.authoring import case, number, refusal, same, uneven


def affine(draw, channels, **options):
    return draw.randn("weight", channels, mean=0.5, **options), draw.randn("bias", channels, **options)


@case("images: six channels in three groups", kind="values")
def images(solve, draw):
    return {"output": solve(uneven(draw, "x", 2, 6, 3, 4), 3, *affine(draw, 6))}


@case("six channels in two groups", kind="values")
def two_groups(solve, draw):
    return {"output": solve(uneven(draw, "x", 3, 6, 5, 2), 2, *affine(draw, 6))}


@case("(N, C): no positions, of three samples and of one", kind="values")
def rank_two(solve, draw):
    weight, bias = affine(draw, 8)
    seen = {"output": solve(uneven(draw, "x", 3, 8), 2, weight, bias)}
    return seen | {"one sample": solve(uneven(draw, "y", 1, 8), 2, weight, bias)}


@case("(N, C, L)", kind="values")
def rank_three(solve, draw):
    weight, bias = affine(draw, 6)
    seen = {"output": solve(uneven(draw, "x", 2, 6, 5), 2, weight, bias)}
    return seen | {"one position": solve(uneven(draw, "y", 2, 6, 1), 2, weight, bias)}


@case("(N, C, D, H, W)", kind="values")
def rank_five(solve, draw):
    return {"output": solve(uneven(draw, "x", 2, 4, 2, 3, 2), 2, *affine(draw, 4))}


@case("N = C = H = W = 4", kind="values")
def all_alike(solve, draw):  # whatever falls on a wrong axis broadcasts in silence
    return {"output": solve(uneven(draw, "x", 4, 4, 4, 4), 2, *affine(draw, 4))}


@case("one group, and as many groups as channels", kind="values")
def extremes(solve, draw):
    weight, bias = affine(draw, 6)
    one = solve(uneven(draw, "x", 2, 6, 3), 1, weight, bias)
    return {"one group": one, "six groups": solve(uneven(draw, "y", 2, 6, 5), 6, weight, bias)}


@case("weight alone, bias alone, neither", kind="interface")
def each_by_itself(solve, draw):
    weight, bias = affine(draw, 4)
    seen = {"neither": solve(uneven(draw, "x", 2, 4, 3), 2)}
    seen |= {"weight alone": solve(uneven(draw, "y", 2, 4, 3), 2, weight=weight)}
    return seen | {"bias alone": solve(uneven(draw, "z", 2, 4, 3), 2, bias=bias)}


@case("eps is obeyed", kind="interface")
def eps(solve, draw):
    return {"output": solve(uneven(draw, "x", 2, 4, 3, 2), 2, *affine(draw, 4), eps=2.0)}


@case("the default eps is 1e-5", kind="interface")
def default_eps(solve, draw):
    # A spread of 0.01 makes eps count: its square is near 1e-5.
    return {"output": solve(draw.randn("x", 3, 4, 5, mean=0.02, std=0.01), 2, *affine(draw, 4))}


@case("a group whose values are all equal gives bias, not NaN", kind="numerics")
def constant_group(solve, draw):
    x = draw.randn("noise", 3, 4, 2).clone()
    x[1, :2] = 0.5  # four of them: sum, mean and squares are exact in binary, however they are formed
    return {"output": solve(draw.keep("x", x), 2, *affine(draw, 4), eps=0.05)}


def nearly(seen, expected, draw):
    """A rounding error of a mean near 1000 is 1e-4 of a spread of 1, whatever the order of the sum."""
    same("output", seen["output"], expected["output"], widen=100)


@case("values near 1000, a spread of 1", kind="numerics", verify=nearly)
def far_from_zero(solve, draw):
    # In float32 their squares keep 0.06: the mean of x² less the square of the mean is off by a tenth.
    x = draw.randn("x", 3, 6, 2, 2, mean=number(draw, "mean", 900.0, 1100.0))
    return {"output": solve(x, 3, *affine(draw, 6))}


@case("a strided and a permuted input", kind="interface")
def strided(solve, draw):
    weight, bias = affine(draw, 4)
    spread = draw.randn("x", 2, 4, 3, mean=1.0, strided=True)
    permuted = draw.keep("y", uneven(draw, "y before", 2, 5, 3, 4).permute(0, 3, 1, 2))
    return {"strided": solve(spread, 2, weight, bias), "permuted": solve(permuted, 2, weight, bias)}


@case("a sample alone gives what it gives in its batch", kind="property")
def alone(solve, draw):
    x, (weight, bias) = uneven(draw, "x", 3, 4, 5), affine(draw, 4)
    first = draw.keep("the first sample", x[:1].clone())
    return {"alone": solve(first, 2, weight, bias), "in its batch": solve(x, 2, weight, bias)[:1]}


@case("groups that do not divide the channels are refused", kind="interface")
def remainder(solve, draw):
    x, y = uneven(draw, "x", 2, 6, 4), uneven(draw, "y", 2, 3, 4)
    return {
        "6 channels, 4 groups": refusal(solve, x, 4),  # 6·4 values can be cut into four: the positions hide it
        "3 channels, 6 groups": refusal(solve, y, 6),
        "6 channels, 6 groups": refusal(solve, x, 6),
    }


@case("gradients of x (through mean and variance), weight and bias, in float64", kind="gradients", float64=True)
def gradients(solve, draw):
    x, (weight, bias) = (
        uneven(draw, "x", 2, 6, 4, dtype=torch.float64, grad=True),
        affine(draw, 6, dtype=torch.float64, grad=True),
    )
    return draw.gradients(solve(x, 3, weight, bias), x=x, weight=weight, bias=bias)
