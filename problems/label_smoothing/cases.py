import torch

from torch_judge.authoring import BY_LOGSUMEXP, case, choice, integer, nine_digits, number, permutation

# Every row has a label by the seed. Ignored rows hold other logits than kept ones: who counts them shows.


def labels(draw, rows, classes, ignored=(), index=-100):
    """Targets of ``rows`` rows over ``classes`` classes; those of the rows ``ignored`` are ``index``."""
    drawn = draw.randint("drawn target", 0, classes, rows).clone()
    drawn[list(ignored)] = index
    return draw.keep("target", drawn)


def with_gradient(solve, draw, logits, target, **options):
    return draw.gradients(solve(logits, target, **options), logits=logits)


@case("a batch of seven rows and five classes, default eps 0.1, with gradient", kind="values")
def a_batch(solve, draw):
    return with_gradient(solve, draw, draw.randn("logits", 7, 5, std=2.0, grad=True), labels(draw, 7, 5))


@case("eps is obeyed, with gradient", kind="values")
def other_eps(solve, draw):
    logits, eps = draw.randn("logits", 6, 4, std=2.0, grad=True), number(draw, "eps", 0.2, 0.8)
    return with_gradient(solve, draw, logits, labels(draw, 6, 4), eps=eps)


@case("eps 0 and eps 1, with gradient", kind="values")
def border_eps(solve, draw):
    logits, target, found = draw.randn("logits", 6, 4, std=2.0, grad=True), labels(draw, 6, 4), {}
    for eps in (0.0, 1.0):
        seen = with_gradient(solve, draw, logits, target, eps=eps)
        found |= {f"eps {eps:g}: {name}": value for name, value in seen.items()}
    return found


@case("two classes; a single row of many classes", kind="interface")
def sizes(solve, draw):
    classes = integer(draw, "classes", 260, 300)
    two = solve(draw.randn("logits", 5, 2, std=2.0), labels(draw, 5, 2), eps=0.3)
    single = solve(draw.randn("single row", 1, classes), draw.randint("single target", 256, classes, 1), eps=0.3)
    return {"two classes": two, "a single row": single}


@case("a single class: 0", kind="interface")
def single_class(solve, draw):
    rows = integer(draw, "rows", 2, 6)
    return {"loss": solve(draw.randn("logits", rows, 1, std=2.0), draw.randint("target", 0, 1, rows), eps=0.3)}


@case("ignored rows, with gradient", kind="values")
def ignored_rows(solve, draw):
    ignored = permutation(draw, "order", 6)[:2].tolist()
    logits = draw.randn("logits", 6, 4, std=2.0, grad=True)
    return with_gradient(solve, draw, logits, labels(draw, 6, 4, ignored), eps=0.3)


@case("ignore_index 0 leaves a class out, with gradient", kind="values")
def ignored_class(solve, draw):
    logits = draw.randn("logits", 7, 4, std=2.0, grad=True)
    target = draw.keep("target", draw.randint("kept target", 1, 4, 7) * (permutation(draw, "order", 7) > 2))
    return with_gradient(solve, draw, logits, target, ignore_index=0)


@case("ignore_index larger than C", kind="values")
def larger_index(solve, draw):
    index, ignored = choice(draw, "index", [4, 7, 255]), permutation(draw, "order", 6)[:2].tolist()
    logits = draw.randn("logits", 6, 4, std=2.0)
    return {"loss": solve(logits, labels(draw, 6, 4, ignored, index), ignore_index=index)}


@case("ignore_index -1", kind="values")
def negative_index(solve, draw):
    logits, ignored = draw.randn("logits", 6, 4, std=2.0), permutation(draw, "order", 6)[:2].tolist()
    return {"loss": solve(logits, labels(draw, 6, 4, ignored, -1), ignore_index=-1)}


def all_ignored(draw, rows):
    return draw.randn("logits", rows, 3, std=1000.0, grad=True), draw.tensor("target", [-100] * rows, dtype=torch.int64)


@case("every row ignored: 0", kind="numerics")
def nothing_kept(solve, draw):
    return {"loss": solve(*all_ignored(draw, integer(draw, "rows", 1, 5)))}


# By itself: a loss that is NaN comes with a gradient of 0, or of NaN, by the way it is written.
@case("every row ignored: a gradient of 0", kind="gradients")
def no_gradient_of_nothing(solve, draw):
    logits, target = all_ignored(draw, integer(draw, "rows", 1, 5))
    return {"gradient": draw.gradients(solve(logits, target), logits=logits)["gradient of logits"]}


@case("rows near 1000, near 0 and near -1000, with gradient", kind="numerics", **BY_LOGSUMEXP)
def far_rows(solve, draw):
    offset = torch.tensor([1000.0, 0.0, -1000.0, 300.0], device=draw.device)[:, None]
    logits = draw.keep("logits", (draw.randn("noise", 4, 5, std=2.0) + offset).requires_grad_())
    return with_gradient(solve, draw, logits, labels(draw, 4, 5))


@case("confident mistakes: logits of ±1000 within a row, with gradient", kind="numerics")
def confident_mistakes(solve, draw):
    winner = draw.randint("winner", 0, 4, 5)
    values = draw.randn("noise", 5, 4) + 1000.0 * torch.nn.functional.one_hot(winner, 4)
    sign = torch.tensor([1.0, -1.0, 1.0, 0.1, 1.0], device=draw.device)[:, None]
    target = draw.keep("target", (winner + torch.tensor([1, 0, 2, 3, 0], device=draw.device)) % 4)
    logits = draw.keep("logits", (values * sign).requires_grad_())
    return with_gradient(solve, draw, logits, target, eps=0.2)


@case("an ignored row of 1e6 beside ordinary ones, with gradient", kind="numerics")
def huge_ignored_row(solve, draw):
    values = draw.randn("noise", 4, 3).clone()
    values[1] = values[1].sign() * 1e6
    logits = draw.keep("logits", values.requires_grad_())
    return with_gradient(solve, draw, logits, labels(draw, 4, 3, ignored=[1]))


@case("float64 in, float64 out", kind="numerics", float64=True)
def double(solve, draw):
    logits = draw.randn("logits", 5, 4, std=2.0, dtype=torch.float64)
    return {"loss": solve(logits, labels(draw, 5, 4, ignored=[3]))}


@case("gradients in float64: exact to nine digits", kind="gradients", float64=True, verify=nine_digits)
def double_gradients(solve, draw):
    logits = draw.randn("logits", 5, 4, std=2.0, dtype=torch.float64, grad=True)
    return with_gradient(solve, draw, logits, labels(draw, 5, 4, ignored=[3]))


@case("the same tensors again, other numbers in them", kind="state")
def changed(solve, draw):
    logits, target = draw.randn("logits", 5, 4, std=2.0), labels(draw, 5, 4)
    first = solve(logits, target)
    logits.mul_(-1)  # what is remembered of the first call is wrong now
    return {"first": first, "second": solve(logits, target)}
