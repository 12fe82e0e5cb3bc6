import torch

from torch_judge.authoring import BY_LOGSUMEXP, case, integer, permutation, whole

# All sizes of a case differ, so that no axis passes for another, but where the case is about that.


def heads(draw, batch, count, queries, keys, width=4, value_width=6, grad=False, dtype=torch.float32, name=""):
    q = draw.randn(f"{name}q", batch, count, queries, width, dtype=dtype, grad=grad)
    k = draw.randn(f"{name}k", batch, count, keys, width, mean=0.3, dtype=dtype, grad=grad)
    return q, k, draw.randn(f"{name}v", batch, count, keys, value_width, mean=0.5, dtype=dtype, grad=grad)


def lengths_of(draw, *values, name="lengths"):
    """The given lengths, in an order that the seed decides."""
    order = permutation(draw, f"order of {name}", len(values))
    return draw.keep(name, torch.tensor(values, device=draw.device)[order])


def with_gradients(solve, draw, q, k, v, lengths, **options):
    return draw.gradients(solve(q, k, v, lengths, **options), q=q, k=k, v=v)


@case("padding, more keys than queries, with gradients", kind="values")
def padding(solve, draw):
    return with_gradients(solve, draw, *heads(draw, 2, 3, 5, 7, grad=True), lengths_of(draw, 3, 6))


@case("padding, more queries than keys", kind="values")
def few_keys(solve, draw):
    return {"output": solve(*heads(draw, 3, 2, 7, 4, width=5), lengths_of(draw, 1, 2, 4))}


@case("causal with padding, with gradients", kind="values")
def causal(solve, draw):
    q, k, v = heads(draw, 3, 2, 6, 6, grad=True)
    return with_gradients(solve, draw, q, k, v, lengths_of(draw, 2, 4, 6), causal=True)


@case("no padding at all, causal and not", kind="values")
def no_padding(solve, draw):
    q, k, v = heads(draw, 3, 2, 5, 5)
    lengths = draw.tensor("lengths", [5, 5, 5], dtype=torch.int64)
    return {"all": solve(q, k, v, lengths), "causal": solve(q, k, v, lengths, causal=True)}


@case("a sequence of length 0: zeros, and gradients of 0", kind="numerics")
def empty(solve, draw):
    return with_gradients(solve, draw, *heads(draw, 3, 2, 4, 5, grad=True), lengths_of(draw, 0, 2, 5))


@case("a batch of nothing but padding: zeros", kind="numerics")
def all_empty(solve, draw):
    # Without gradients: such a result may be a constant, without a graph.
    q, k, v = heads(draw, 2, 3, 4, integer(draw, "keys", 5, 8))
    return {"output": solve(q, k, v, draw.tensor("lengths", [0, 0], dtype=torch.int64))}


@case("a sequence of length 0 and causal: zeros, and gradients of 0", kind="numerics")
def empty_and_causal(solve, draw):
    q, k, v = heads(draw, 3, 2, 5, 5, grad=True)
    return with_gradients(solve, draw, q, k, v, lengths_of(draw, 0, 3, 5), causal=True)


@case("as many sequences as heads as queries as keys", kind="values")
def all_alike(solve, draw):
    q, k, v = heads(draw, 4, 4, 4, 4, value_width=4)
    lengths = lengths_of(draw, 1, 2, 3, 4)
    return {"all": solve(q, k, v, lengths), "causal": solve(q, k, v, lengths, causal=True)}


@case("one query, one key; one query and many keys", kind="interface")
def single(solve, draw):
    one = solve(*heads(draw, 1, 1, 1, 1, value_width=1), draw.tensor("one length", [1], dtype=torch.int64))
    many = solve(*heads(draw, 2, 1, 1, integer(draw, "keys", 33, 40), name="many "), lengths_of(draw, 9, 30))
    return {"one": one, "many": many}


@case("padding of ±10,000 changes nothing, with gradients", kind="numerics")
def huge_padding(solve, draw):
    q, k, v = heads(draw, 2, 3, 4, 6, grad=True)
    lengths = lengths_of(draw, 2, 5)
    real = torch.arange(6, device=draw.device)[:, None] < lengths[:, None, None, None]
    with torch.no_grad():
        keys = torch.where(real, k, k.sign() * 1e4)
        values = torch.where(real, v, v.sign() * 1e4)
    draw.keep("keys", keys.requires_grad_())
    draw.keep("values", values.requires_grad_())
    return with_gradients(solve, draw, q, keys, values, lengths)


@case("scores of several hundred, the hidden ones largest", kind="numerics", **BY_LOGSUMEXP)
def large_scores(solve, draw):
    # Every key outdoes the ones before: the scores of a row climb from about -430 to 430, of the last from -27 to 27.
    # A width of 16 makes the root a power of two, and whole numbers make the scores exact.
    climb = torch.tensor([-3, -2, 0.25, 1, 2, 3]).unsqueeze(1)
    size = torch.tensor([1, 1, 1, 1, 0.5, 0.0625]).unsqueeze(1)
    q, k = whole(draw, "q", 4, 9, 2, 1, 6, 16, times=size), whole(draw, "k", 4, 9, 2, 1, 6, 16, times=climb)
    v, lengths = draw.randn("v", 2, 1, 6, 3), lengths_of(draw, 3, 5)
    return {"padding": solve(q, k, v, lengths), "causal": solve(q, k, v, lengths, causal=True)}


@case("a hidden score near 1000, all visible ones near -1000", kind="numerics", **BY_LOGSUMEXP)
def weak_mask(solve, draw):
    # Sums of 16 products of about 256, over 4.
    last = torch.tensor([-1.0, -1, -1, -1, 1]).unsqueeze(1)
    q, k = whole(draw, "q", 16, 18, 2, 1, 5, 16), whole(draw, "k", 15, 18, 2, 1, 5, 16, times=last)
    v, lengths = draw.randn("v", 2, 1, 5, 3), lengths_of(draw, 2, 4)
    return {"padding": solve(q, k, v, lengths), "causal": solve(q, k, v, lengths, causal=True)}


IN_HALF = {
    "widen": 5.0,
    "because": "right forms round scores, logarithms, weights and sums to float16 one after the other",
}


@case("float16 in, float16 out", kind="numerics", **IN_HALF)
def half(solve, draw):
    given = [x.half() for x in heads(draw, 3, 2, 5, 5)]
    for name, x in zip("qkv", given, strict=True):
        draw.keep(f"{name} in float16", x)
    q, k, v = given
    lengths = lengths_of(draw, 2, 3, 5)
    return {"all": solve(q, k, v, lengths), "causal": solve(q, k, v, lengths, causal=True)}


@case("float64 in, float64 out", kind="gradients", float64=True)
def double(solve, draw):
    q, k, v = heads(draw, 2, 3, 5, 5, grad=True, dtype=torch.float64)
    return with_gradients(solve, draw, q, k, v, lengths_of(draw, 2, 4), causal=True)


@case("two calls: other lengths for the same tensors, then a shorter batch", kind="state")
def two_calls(solve, draw):
    q, k, v = heads(draw, 2, 3, 5, 7)
    lengths = lengths_of(draw, 2, 5)
    first = solve(q, k, v, lengths)
    lengths.add_(1)  # what is remembered of the first call, by shape or by object, is wrong now
    short = heads(draw, 3, 2, 4, 4, name="short ")
    lengths_of_short = lengths_of(draw, 1, 3, 4, name="lengths of the short batch")
    return {"first": first, "second": solve(q, k, v, lengths), "short": solve(*short, lengths_of_short, causal=True)}
