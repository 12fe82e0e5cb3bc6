import torch

from torch_judge.authoring import case

SIZES = {"n": 6, "d": 3, "h": 5, "c": 4}
# With few numbers, a logit far above the others leaves 1 - p, and the loss, to rounding errors.
SMALL = 0.3
NAMES = ("x", "w1", "b1", "w2", "b2")


def arguments(draw, n, d, h, c, scale=1.0, **options):
    """x, w1, b1, w2, b2 and target; about half of the hidden units are dead in each row."""
    x, w1 = draw.randn("x", n, d, mean=0.3, **options), draw.randn("w1", h, d, **options)
    b1, w2 = draw.randn("b1", h, std=0.5, **options), draw.randn("w2", c, h, std=scale, **options)
    return x, w1, b1, w2, draw.randn("b2", c, std=scale, **options), draw.randint("target", 0, c, n)


def seen(result):
    """Loss and gradients by name, and names that should not be there; a result of another kind as it is."""
    if not isinstance(result, (tuple, list)) or len(result) != 2 or not isinstance(result[1], dict):
        return {"result": result}
    loss, grads = result
    others = ", ".join(sorted(str(name) for name in grads if name not in NAMES))
    found = {f"gradient of {name}": grads[name] for name in NAMES if name in grads}
    return {"loss": loss, **found, "other keys": others or "none"}


@case("N, D, H and C all different", kind="values")
def all_different(solve, draw):
    return seen(solve(*arguments(draw, **SIZES)))


@case("N = D = H = C = 4", kind="values")
def all_alike(solve, draw):  # whatever is transposed or summed over the wrong axis has the right shape
    return seen(solve(*arguments(draw, n=4, d=4, h=4, c=4)))


@case("a single row", kind="values")
def single_row(solve, draw):
    return seen(solve(*arguments(draw, n=1, d=3, h=5, c=4, scale=SMALL)))


@case(
    "two classes, one hidden unit",
    kind="values",
    widen=10,
    because="sums over five rows of both signs may nearly cancel, and leave rounding errors",
)
def narrow(solve, draw):
    x, w1, b1, w2, b2, target = arguments(draw, n=5, d=3, h=1, c=2, scale=SMALL)
    apart = torch.tensor([[1.0], [-1.0]], device=w2.device)  # the gradient of x is their difference
    return seen(solve(x, w1, draw.keep("raised b1", b1 + 1), draw.keep("w2 apart", w2 + apart), b2, target))


@case("logits near 1000, up and down", kind="numerics")
def large_logits(solve, draw):
    x, w1, b1, w2, b2, _ = arguments(draw, n=5, d=3, h=4, c=4)
    target = draw.keep("target of each class", draw.rand("order", 5).argsort() % 4)
    # 1000 for one class and -1000 for another, so that no margin is close and the loss is large where they are missed
    offsets = draw.tensor("b2 of 1000", torch.tensor([1000.0, -1000.0, 0.0, 900.0], device="cpu"))
    return seen(solve(x, w1, b1, w2, draw.keep("large b2", offsets + b2), target))


@case("float64: exact to nine digits", kind="numerics", float64=True)
def float64(solve, draw):
    return seen(solve(*arguments(draw, **SIZES, dtype=torch.float64)))


@case("all hidden units dead", kind="values")
def dead(solve, draw):
    x, w1, b1, *rest = arguments(draw, **SIZES)
    return seen(solve(x, w1, draw.keep("low b1", b1 - 50), *rest))


@case("under no_grad, with arguments that require a gradient", kind="interface")
def under_no_grad(solve, draw):
    with torch.no_grad():
        return seen(solve(*arguments(draw, **SIZES, grad=True)))


@case("arguments that require a gradient, outside no_grad", kind="interface")
def leaves(solve, draw):
    loss, grads = solve(*arguments(draw, n=3, d=2, h=4, c=3, grad=True))
    values = {name: value.detach() if isinstance(value, torch.Tensor) else value for name, value in grads.items()}
    return seen((loss.detach() if isinstance(loss, torch.Tensor) else loss, values))
