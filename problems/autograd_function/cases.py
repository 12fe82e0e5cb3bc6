import torch

from torch_judge.authoring import attempt, case, nine_digits, number, refusal


def derivative(output, x, incoming):
    (gradient,) = torch.autograd.grad(output, x, incoming, create_graph=True)
    return gradient


@case("values: several shapes", kind="values")
def values(solve, draw):
    shapes = {"vector": (6,), "matrix": (3, 4), "four axes": (1, 3, 2, 1)}
    seen = {name: solve.apply(draw.randn(name, *shape, std=3.0)) for name, shape in shapes.items()}
    # Far below 0 a right form of σ may cancel, which beside larger numbers is allowed: one alone stays above.
    seen["one number"] = solve.apply(draw.randn("one number", mean=2.0, std=0.3))
    seen["empty"] = solve.apply(draw.randn("empty", 0, 3))
    return seen | {"strided": solve.apply(draw.randn("strided", 4, 3, strided=True))}


@case("values and gradient in float64", kind="numerics", float64=True, verify=nine_digits)
def in_float64(solve, draw):
    x = draw.randn("x", 3, 4, std=2.0, dtype=torch.float64, grad=True)
    return draw.gradients(solve.apply(x), x=x)


@case("the gradient, with any incoming gradient", kind="gradients")
def gradient(solve, draw):
    x = draw.randn("x", 1, 4, 5, 1, std=3.0, grad=True)
    return draw.gradients(solve.apply(x), x=x)


@case("the incoming gradient is left alone", kind="state")
def incoming_gradient(solve, draw):
    x, incoming = draw.randn("x", 5, std=2.0, grad=True), draw.randn("incoming", 5)
    return {"gradient": torch.autograd.grad(solve.apply(x), x, incoming)[0]}


@case("the incoming gradient of a sum, of a transpose and of nothing", kind="gradients")
def gradient_views(solve, draw):
    x, empty = draw.randn("x", 3, 4, std=2.0, grad=True), draw.randn("empty", 0, 3, grad=True)
    incoming = draw.randn("incoming", 4, 3)
    return {
        "of the sum": torch.autograd.grad(solve.apply(x).sum(), x)[0],  # one number, expanded to the shape of x
        "of the transpose": torch.autograd.grad(solve.apply(x).T, x, incoming)[0],
        "of an empty x": torch.autograd.grad(solve.apply(empty).sum(), empty)[0],
    }


@case("a node of its own in the graph", kind="interface")
def own_node(solve, draw):
    result = solve.apply(draw.randn("x", 3, grad=True))
    return {
        "subclass of Function": isinstance(solve, type) and issubclass(solve, torch.autograd.Function),
        "its backward makes the gradient": isinstance(result.grad_fn, torch.autograd.function.BackwardCFunction),
        "result": result,
    }


@case("no gradient asked for", kind="interface")
def no_gradient(solve, draw):
    x, plain = draw.randn("x", 4, grad=True), draw.randn("plain", 4)
    with torch.no_grad():
        quiet = solve.apply(x)
    result = solve.apply(plain)
    return {"under no_grad": quiet, "plain": result, "needs none": not (quiet.requires_grad or result.requires_grad)}


@case("applied twice, one after the other", kind="gradients")
def chain(solve, draw):
    x = draw.randn("x", 6, std=2.0, grad=True)
    return draw.gradients(solve.apply(solve.apply(x) * 2), x=x)


@case("two results wait for their backward", kind="state")
def two_waiting(solve, draw):
    first, second = draw.randn("first", 4, grad=True), draw.randn("second", 4, grad=True)
    results = solve.apply(first), solve.apply(second)
    return draw.gradients(results, first=first, second=second)


@case(
    "large arguments: values and gradients",
    kind="numerics",
    widen=30.0,
    because="multiplied out, s + x * s - x * s * s is right too, and keeps half a float32 step of 2000: 1e-4",
)
def large(solve, draw):
    big, middle = number(draw, "big", 500.0, 2000.0), number(draw, "middle", 60.0, 120.0)
    x = draw.tensor("x", [big, -big, middle, -middle, 20.0, -20.0, 0.0], grad=True)
    return draw.gradients(solve.apply(x), x=x)


@case("gradcheck and gradgradcheck", kind="gradients", float64=True)
def checked(solve, draw):
    x = draw.randn("x", 2, std=2.0, dtype=torch.float64, grad=True)
    incoming = draw.randn("incoming", 2, dtype=torch.float64, grad=True)
    options = {"raise_exception": False, "check_undefined_grad": False}
    return {
        "gradcheck": attempt(lambda: torch.autograd.gradcheck(solve.apply, (x,), **options)),
        "gradgradcheck": attempt(lambda: torch.autograd.gradgradcheck(solve.apply, (x,), (incoming,), **options)),
    }


@case("second and third derivative", kind="gradients", float64=True, verify=nine_digits)
def higher(solve, draw):
    x = draw.randn("x", 5, std=2.0, dtype=torch.float64, grad=True)
    found, seen = solve.apply(x), {}
    for order in ("first", "second", "third"):
        found = derivative(found, x, draw.randn(f"incoming of the {order}", 5, dtype=torch.float64))
        seen[order] = found.detach()
    return seen


@case("what the gradient depends on: x and the incoming gradient", kind="gradients", float64=True, verify=nine_digits)
def depends_on(solve, draw):
    x = draw.randn("x", 5, std=2.0, dtype=torch.float64, grad=True)
    incoming = draw.randn("incoming", 5, dtype=torch.float64, grad=True)
    found = derivative(solve.apply(x), x, incoming)
    seen = {"on a graph": found.requires_grad}
    further = attempt(lambda: draw.gradients(found, x=x, incoming=incoming))
    return seen | (further if isinstance(further, dict) else {"derivatives": further})


@case("x is changed in place before backward: an error", kind="property")
def changed_in_place(solve, draw):
    leaf, incoming = draw.randn("x", 5, grad=True), draw.randn("incoming", 5)
    x = leaf * 1.5
    result = solve.apply(x)
    x.add_(1)
    return {"result": result, "backward": refusal(lambda: torch.autograd.grad(result, leaf, incoming))}


@case("a second backward through the same graph: an error", kind="property")
def backward_twice(solve, draw):
    x, incoming = draw.randn("x", 5, grad=True), draw.randn("incoming", 5)
    result = solve.apply(x)
    return {
        "first": torch.autograd.grad(result, x, incoming)[0],
        "second": refusal(lambda: torch.autograd.grad(result, x, incoming)),
    }
