import torch

from torch_judge.authoring import BY_LOGSUMEXP, case, choice, integer, nine_digits, permutation


def ids_of(draw, rows, length, size, name="ids"):
    return draw.randint(name, 0, size, rows, length)


def answers(draw, rows, length, size, spans, index=-100):
    """Labels of which row i keeps the positions of ``spans[i]``, a slice's bounds; the rest is ``index``."""
    ids = ids_of(draw, rows, length, size)
    labels = torch.full_like(ids, index)
    for row, (start, end) in enumerate(spans):
        labels[row, start:end] = ids[row, start:end]
    return draw.keep("labels", labels)


def with_gradient(solve, draw, labels, size, std=2.0, **options):
    logits = draw.randn("logits", *labels.shape, size, std=std, grad=True)
    return draw.gradients(solve(logits, labels, **options), logits=logits)


@case("prompts and paddings of uneven length, with gradient", kind="values")
def uneven(solve, draw):
    spans = [(integer(draw, "prompt", 1, 4), 7), (4, 6), (2, 5)]
    return with_gradient(solve, draw, answers(draw, 3, 7, 5, spans), 5)


@case("no prompt: every label is an id, with gradient", kind="values")
def no_prompt(solve, draw):
    return with_gradient(solve, draw, draw.keep("labels", ids_of(draw, 2, 5, 4)), 4)


@case("a long answer and a short one: one mean over both", kind="values")
def long_and_short(solve, draw):
    labels = answers(draw, 2, 12, 5, [(1, 12), (8, 10)])
    size = torch.tensor([0.3, 6.0], device=draw.device)[:, None, None]
    return {"loss": solve(draw.keep("logits", draw.randn("noise", 2, 12, 5) * size), labels)}


@case("a row with nothing kept, with gradient", kind="values")
def empty_row(solve, draw):
    spans = [(2, 6), (0, 0), (3, 5)]
    return with_gradient(solve, draw, answers(draw, 3, 6, 4, [spans[i] for i in permutation(draw, "order", 3)]), 4)


@case("first labels that are kept count for nothing, with gradient", kind="values")
def first_labels(solve, draw):
    return with_gradient(solve, draw, answers(draw, 3, 6, 4, [(0, 4), (0, 1), (0, 6)]), 4)


@case("nothing kept: 0, and a gradient of 0", kind="numerics")
def nothing_kept(solve, draw):
    rows, length = integer(draw, "rows", 1, 4), integer(draw, "length", 2, 6)
    return with_gradient(solve, draw, answers(draw, rows, length, 3, []), 3, std=400.0)


@case("only first labels kept: 0, and a gradient of 0", kind="numerics")
def only_first_labels(solve, draw):
    return with_gradient(solve, draw, answers(draw, 2, 4, 3, [(0, 1), (0, 1)]), 3)


@case("texts of one id: 0, and a gradient of 0", kind="interface")
def one_id(solve, draw):
    return with_gradient(solve, draw, draw.keep("labels", ids_of(draw, integer(draw, "rows", 1, 4), 1, 3)), 3)


@case("one text of two ids; more ids than a byte can count", kind="interface")
def sizes(solve, draw):
    labels, many = ids_of(draw, 1, 2, 3), draw.randint("many labels", 256, 300, 2, 3)
    two = solve(draw.randn("two logits", 1, 2, 3, std=2.0), draw.keep("labels", labels))
    return {"two ids": two, "300 ids": solve(draw.randn("many logits", 2, 3, 300, std=2.0), many)}


@case("as many rows as positions as ids, with gradient", kind="values")
def all_alike(solve, draw):
    return with_gradient(solve, draw, answers(draw, 4, 4, 4, [(1, 4), (2, 4), (0, 3), (3, 4)]), 4)


@case("strided logits and labels, with gradient", kind="interface")
def strided(solve, draw):
    labels = answers(draw, 3, 5, 4, [(1, 5), (2, 4), (0, 3)])
    logits = draw.randn("logits", 3, 5, 4, std=2.0, grad=True, strided=True)
    transposed = draw.keep("transposed labels", labels.T.contiguous().T)
    return draw.gradients(solve(logits, transposed), logits=logits)


@case("ignore_index 0 leaves an id out, with gradient", kind="values")
def ignored_id(solve, draw):
    labels = ids_of(draw, 3, 6, 3).clone()
    labels[:, 4:] = 0
    return with_gradient(solve, draw, draw.keep("labels", labels), 3, ignore_index=0)


@case("ignore_index -1", kind="values")
def negative_index(solve, draw):
    labels = answers(draw, 2, 6, 4, [(2, 5), (3, 6)], index=-1)
    return {"loss": solve(draw.randn("logits", 2, 6, 4, std=2.0), labels, ignore_index=-1)}


@case("ignore_index V and larger", kind="values")
def larger_index(solve, draw):
    index = choice(draw, "index", [4, 9, 50000])
    labels = answers(draw, 2, 6, 4, [(2, 5), (3, 6)], index=index)
    return {"loss": solve(draw.randn("logits", 2, 6, 4, std=2.0), labels, ignore_index=index)}


@case("logits of several hundred, with gradient", kind="numerics", **BY_LOGSUMEXP)
def large_logits(solve, draw):
    return with_gradient(solve, draw, answers(draw, 3, 6, 5, [(1, 6), (3, 6), (2, 4)]), 5, std=400.0)


@case("float64 in, float64 out", kind="numerics", float64=True)
def double(solve, draw):
    labels = answers(draw, 2, 5, 4, [(2, 5), (1, 3)])
    logits = draw.randn("logits", 2, 5, 4, std=2.0, dtype=torch.float64)
    return {"loss": solve(logits, labels)}


@case("gradients in float64: exact to nine digits", kind="gradients", float64=True, verify=nine_digits)
def double_gradients(solve, draw):
    labels = answers(draw, 2, 5, 4, [(2, 5), (1, 3)])
    logits = draw.randn("logits", 2, 5, 4, std=2.0, dtype=torch.float64, grad=True)
    return draw.gradients(solve(logits, labels), logits=logits)


@case("the same tensors again, other numbers in them", kind="state")
def changed(solve, draw):
    logits, labels = draw.randn("logits", 2, 5, 4, std=2.0), answers(draw, 2, 5, 4, [(2, 5), (1, 4)])
    first = solve(logits, labels)
    logits.mul_(-1)  # what is remembered of the first call is wrong now
    return {"first": first, "second": solve(logits, labels)}
