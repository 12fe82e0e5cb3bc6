import torch

from torch_judge.authoring import case, integer, nine_digits


def labels(draw, *shape, name="targets"):
    """Targets of 0 and 1, as floats, of both kinds."""
    drawn = draw.randint(f"drawn {name}", 0, 2, *shape).float()
    drawn.view(-1)[:2] = torch.tensor([0.0, 1.0])
    return draw.keep(name, drawn)


def with_gradient(solve, draw, logits, *others, **options):
    return draw.gradients(solve(logits, *others, **options), logits=logits)


@case("a batch of four rows and three labels, with gradient", kind="values")
def a_batch(solve, draw):
    logits = draw.randn("logits", 4, 3, mean=0.5, std=2.0, grad=True)
    return with_gradient(solve, draw, logits, labels(draw, 4, 3))


@case("any shape: (N,), (1, 1), (2, 3, 2)", kind="interface")
def shapes(solve, draw):
    size = integer(draw, "size", 3, 9)
    row = solve(draw.randn("logits", size, std=2.0), labels(draw, size))
    deep = solve(draw.randn("deep logits", 2, 3, 2, std=2.0), labels(draw, 2, 3, 2, name="deep targets"))
    single = solve(draw.randn("single logit", 1, 1), draw.rand("single target", 1, 1))
    return {"(N,)": row, "(2, 3, 2)": deep, "(1, 1)": single}


@case("soft targets, with gradient", kind="values")
def soft(solve, draw):
    logits = draw.randn("logits", 5, 3, std=2.0, grad=True)
    return with_gradient(solve, draw, logits, draw.rand("targets", 5, 3))


@case("pos_weight of shape (3,), with gradient", kind="values")
def weighted_positives(solve, draw):
    logits, pos_weight = draw.randn("logits", 4, 3, std=2.0, grad=True), draw.rand("pos_weight", 3, low=0.3, high=5.0)
    return with_gradient(solve, draw, logits, labels(draw, 4, 3), pos_weight=pos_weight)


@case("pos_weight of shapes (3,), (4, 1) and (), and soft targets", kind="values")
def weighted_soft(solve, draw):
    logits, targets = draw.randn("logits", 4, 3, std=2.0), draw.rand("targets", 4, 3)
    shapes = {"(3,)": (3,), "(4, 1)": (4, 1), "()": ()}
    pos_weights = {name: draw.rand(f"pos_weight {name}", *shape, low=1.5, high=5.0) for name, shape in shapes.items()}
    return {name: solve(logits, targets, pos_weight=pos_weight) for name, pos_weight in pos_weights.items()}


@case("weight of shapes (4, 1) and (4, 3)", kind="values")
def weighted(solve, draw):
    logits, targets = draw.randn("logits", 4, 3, std=2.0), labels(draw, 4, 3)
    by_row, by_element = (draw.rand(f"weight {k}", 4, k, low=0.2, high=4.0) for k in (1, 3))
    return {"(4, 1)": solve(logits, targets, weight=by_row), "(4, 3)": solve(logits, targets, weight=by_element)}


@case("weight and pos_weight together, by position, with gradient", kind="values")
def both(solve, draw):
    logits, targets = draw.randn("logits", 4, 3, std=2.0, grad=True), draw.rand("targets", 4, 3)
    weight, pos_weight = draw.rand("weight", 4, 1, low=0.2, high=4.0), draw.rand("pos_weight", 3, low=0.3, high=5.0)
    return with_gradient(solve, draw, logits, targets, weight, pos_weight)


@case("weights of zero leave an element out, and it still counts in the mean", kind="values")
def zero_weight(solve, draw):
    weight = draw.keep("weight", draw.rand("drawn weight", 4, 3) * (torch.arange(3, device=draw.device) != 1))
    return {"loss": solve(draw.randn("logits", 4, 3), labels(draw, 4, 3), weight=weight)}


@case("confident mistakes: logits of ±1000 and ±100, with gradient", kind="numerics")
def confident_mistakes(solve, draw):
    signs = labels(draw, 6, name="signs") * 2 - 1
    sizes = draw.tensor("sizes", [1000.0, 100.0, 1000.0, 100.0, 40.0, 60.0]) * draw.rand("spread", 6, low=0.9)
    logits = draw.keep("logits", (signs * sizes).requires_grad_())
    return with_gradient(solve, draw, logits, draw.keep("targets", (signs < 0).float()))


@case("confident and right: logits of ±1000 and ±100 cost nothing beside an ordinary one", kind="numerics")
def confident_and_right(solve, draw):
    signs = labels(draw, 4, name="signs") * 2 - 1
    sizes = draw.tensor("sizes", [1000.0, 100.0, 700.0, 120.0])
    logits = torch.cat([signs * sizes, draw.randn("ordinary logit", 1)])
    targets = torch.cat([(signs > 0).float(), draw.rand("soft target", 1)])
    return {"loss": solve(draw.keep("logits", logits), draw.keep("targets", targets))}


@case("one confident mistake among ordinary logits, with pos_weight", kind="numerics")
def mixed(solve, draw):
    values = draw.randn("drawn logits", 4, 2, std=2.0).clone()
    values[1] = torch.tensor([-1000.0, 1000.0])
    targets = draw.keep(
        "targets", labels(draw, 4, 2, name="drawn").index_fill(0, torch.tensor(1, device=draw.device), 0.5)
    )
    pos_weight = draw.rand("pos_weight", 2, low=0.3, high=3.0)
    return {"loss": solve(draw.keep("logits", values), targets, pos_weight=pos_weight)}


@case("logits of exactly 0: the gradient is (1/2 - y) / numel", kind="gradients")
def zeros(solve, draw):
    logits = draw.tensor("logits", torch.zeros(4, 3), grad=True)
    hard = with_gradient(solve, draw, logits, labels(draw, 4, 3))
    soft = with_gradient(solve, draw, logits, draw.rand("soft targets", 4, 3))
    return {f"{name}: {what}": v for name, seen in (("hard", hard), ("soft", soft)) for what, v in seen.items()}


def in_float64(draw, **options):
    """Logits, soft targets, weight None, and pos_weight."""
    logits = draw.randn("logits", 4, 3, std=2.0, dtype=torch.float64, **options)
    targets, pos_weight = (draw.rand(name, *shape, dtype=torch.float64) for name, shape in (("t", (4, 3)), ("p", (3,))))
    return logits, targets, None, pos_weight


@case("float64 in, float64 out", kind="numerics", float64=True)
def double(solve, draw):
    return {"loss": solve(*in_float64(draw))}


@case("gradients in float64: exact to nine digits", kind="gradients", float64=True, verify=nine_digits)
def double_gradients(solve, draw):
    return with_gradient(solve, draw, *in_float64(draw, grad=True))


@case("the same tensors again, other numbers in them", kind="state")
def changed(solve, draw):
    logits, targets = draw.randn("logits", 4, 3, std=2.0), labels(draw, 4, 3)
    first = solve(logits, targets)
    logits.mul_(-1)  # what is remembered of the first call is wrong now
    return {"first": first, "second": solve(logits, targets)}
