import torch

from torch_judge.authoring import case, choice, integer, nine_digits


def picture(draw, *shape, mean=0.0, std=2.0, grad=True, **options):
    return draw.randn("x", *shape, mean=mean, std=std, grad=grad, **options)


def with_gradient(solve, draw, x, *arguments, **options):
    return draw.gradients(solve(x, *arguments, **options), x=x)


@case("blocks of 2 × 2, with gradient", kind="values")
def blocks(solve, draw):
    return with_gradient(solve, draw, picture(draw, 2, 3, 6, 8), 2)


@case("windows of 3 × 3 at every place, with gradient", kind="values")
def every_place(solve, draw):
    return with_gradient(solve, draw, picture(draw, 2, 3, 5, 7), 3, 1)


@case("kernel 3, stride 2, padding 1: overlapping windows, with gradient", kind="gradients")
def overlapping(solve, draw):
    return with_gradient(solve, draw, picture(draw, 2, 3, 7, 9), 3, stride=2, padding=1)


@case("a stride larger than the kernel, with gradient", kind="values")
def gaps(solve, draw):
    return with_gradient(solve, draw, picture(draw, 1, 2, 9, 11), 2, stride=choice(draw, "stride", [3, 4]))


@case("a pair as kernel: its stride is that pair", kind="interface")
def kernel_pair(solve, draw):
    x = picture(draw, 2, 2, 6, 9, grad=False)
    return {"(2, 3)": solve(x, (2, 3)), "[3, 2]": solve(x, [3, 2])}


@case("pairs as stride and padding, tuples and lists", kind="interface")
def other_pairs(solve, draw):
    x = picture(draw, 2, 2, 7, 8, grad=False)
    return {
        "stride (2, 1)": solve(x, 3, (2, 1)),
        "stride [1, 3]": solve(x, (2, 4), [1, 3]),
        "padding (1, 0)": solve(x, (3, 2), 1, (1, 0)),
        "padding [0, 2]": solve(x, (2, 5), (2, 1), [0, 2]),
    }


@case("all numbers far below zero, with padding and gradient", kind="numerics")
def negative(solve, draw):
    x = picture(draw, 2, 2, 5, 6, mean=-2000.0, std=300.0)
    return with_gradient(solve, draw, x, 3, stride=2, padding=1)


@case("numbers near -1e37, with padding", kind="numerics")
def very_negative(solve, draw):
    # -1e9 or -1e30 for -infinity would be the largest number of each window at the border.
    return {"output": solve(picture(draw, 2, 2, 4, 5, mean=-1e37, std=1e36, grad=False), 3, 2, 1)}


@case("pictures of one place, padded, with gradient", kind="gradients")
def one_place(solve, draw):
    # Each window sees one number of the picture: padding with the smallest of all would share that one's gradient.
    return with_gradient(solve, draw, picture(draw, 2, integer(draw, "channels", 2, 5), 1, 1), 2, 1, 1)


@case("a remainder at the edges is ignored, with gradient", kind="values")
def remainder(solve, draw):
    return with_gradient(solve, draw, picture(draw, 2, 2, 7, 5), 2)


@case("the whole picture as one window; windows of one place", kind="interface")
def border_kernels(solve, draw):
    height, width = integer(draw, "height", 3, 6), integer(draw, "width", 3, 6)
    x = picture(draw, 2, 3, height, width, grad=False)
    return {"whole": solve(x, (height, width)), "one place": solve(x, 1), "every second": solve(x, 1, 2)}


@case("one picture of one channel", kind="interface")
def one_channel(solve, draw):
    x = picture(draw, 1, 1, 2 * integer(draw, "half the height", 1, 4), 6, grad=False)
    return {"blocks": solve(x, 2), "overlapping": solve(x, 2, 1)}


@case("as many pictures as channels as rows as columns", kind="values")
def all_alike(solve, draw):
    x = picture(draw, 4, 4, 4, 4, grad=False)
    return {"blocks": solve(x, 2), "padded": solve(x, 2, padding=1)}


@case("blocks of 4 × 4 in a square picture", kind="values")
def large_blocks(solve, draw):
    return with_gradient(solve, draw, picture(draw, 1, 2, 8, 8), 4)


@case("views: strided, and with the axes of another layout", kind="interface")
def views(solve, draw):
    strided = draw.randn("strided x", 2, 2, 5, 6, strided=True)
    last = draw.randn("x with channels last", 2, 5, 6, 3).permute(0, 3, 1, 2)
    return {"strided": solve(strided, 2, 1), "channels last": solve(last, 3, 2, 1)}


@case("cost: as many operators for 32 × 8 and for 8 × 32 as for 8 × 8", kind="cost")
def cost(solve, draw):
    seen, counts = {}, {}
    for size in ("8 × 8", "32 × 8", "8 × 32"):
        x = draw.randn(f"x of {size}", 1, 2, *map(int, size.split(" × ")))
        with draw.operators() as number:
            seen[size] = solve(x, 2)
        counts[size] = number()
    for size in ("32 × 8", "8 × 32"):  # a loop over rows, or columns, of windows would need at least 12 more
        draw.at_most(f"operators that {size} needs more than 8 × 8", counts[size] - counts["8 × 8"], limit=6)
    return seen


@case("float64 in, float64 out", kind="numerics", float64=True, verify=nine_digits)
def double(solve, draw):
    return with_gradient(solve, draw, picture(draw, 2, 2, 5, 6, dtype=torch.float64), 3, 2, 1)


@case("the same tensor again, other numbers in it", kind="state")
def changed(solve, draw):
    x = picture(draw, 1, 2, 4, 6, grad=False)
    first = solve(x, 2).clone()
    x.mul_(-1)  # what is remembered of the first call is wrong now
    return {"first": first, "second": solve(x, 2)}
