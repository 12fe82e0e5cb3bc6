import torch

from torch_judge.authoring import BY_LOGSUMEXP, case, integer, qkv, whole

# All sizes of a case differ, so that no axis passes for another.


@case("window 2: two keys on either side, and the query's own", kind="values")
def window_of_two(solve, draw):
    return {"output": solve(*qkv(draw, batch=2, queries=9, width=3, value_width=5), window_size=2)}


@case("any window: 0, odd, even, S - 1, and more than S", kind="values")
def any_window(solve, draw):
    inputs = qkv(draw, batch=3, queries=7, width=6, value_width=4)
    return {f"window_size={w}": solve(*inputs, window_size=w) for w in (0, 1, 3, 4, 6, 20)}


@case("a long sequence, a wide window", kind="values")
def long_sequence(solve, draw):
    length, window = integer(draw, "length", 33, 40), integer(draw, "window", 9, 14)
    return {"output": solve(*qkv(draw, batch=1, queries=length, width=3, value_width=2), window_size=window)}


@case("self-attention: one tensor is Q, K and V; one token is all zeros", kind="values")
def self_attention(solve, draw):
    x = draw.randn("x", 2, 8, 3)
    x[:, 2] = 0  # its scores are all 0: who takes a score of 0 for a masked one errs here
    return {"output": solve(x, x, x, 1)}


@case("a batch of one, a sequence of one, values of width 1; everything of width 1", kind="interface")
def ones(solve, draw):
    one, narrow = (
        qkv(draw, batch=1, queries=1, width=3, value_width=1),
        qkv(draw, batch=2, queries=4, width=1, name="narrow "),
    )
    return {"output": solve(*one, window_size=2), "width 1": solve(*narrow, window_size=1)}


@case("two calls: a short sequence after a long one, another window", kind="state")
def two_calls(solve, draw):
    long = qkv(draw, batch=1, queries=8, width=2, value_width=3)
    short = qkv(draw, batch=2, queries=4, width=3, name="short ")
    return {"long": solve(*long, window_size=3), "short": solve(*short, window_size=1)}


@case("the same tensors again, K and V changed between the calls", kind="state")
def changed(solve, draw):
    Q, K, V = qkv(draw, batch=2, queries=6, width=4, value_width=5)
    first = solve(Q, K, V, window_size=2)
    K.mul_(-1)  # what is remembered of the first call, by shape or by object, is wrong now
    V.add_(1)
    return {"first": first, "second": solve(Q, K, V, window_size=2)}


@case("scores of several hundred, the hidden ones largest: finite, and right", kind="numerics", **BY_LOGSUMEXP)
def large_scores(solve, draw):
    # Every key outdoes the ones before: the scores of a row climb from about -430 to 430, those of the last query from
    # -27 to 27. A width of 16 makes the root a power of two: the scores are exact.
    climb = torch.tensor([-3, -2, 0.25, 1, 2, 3]).unsqueeze(1)
    size = torch.tensor([1, 1, 1, 1, 1, 0.0625]).unsqueeze(1)
    Q, K = whole(draw, "Q", 4, 9, 2, 6, 16, times=size), whole(draw, "K", 4, 9, 2, 6, 16, times=climb)
    return {"output": solve(Q, K, draw.randn("V", 2, 6, 3), window_size=1)}


@case("a hidden score near 1000, all visible ones near -1000", kind="numerics", **BY_LOGSUMEXP)
def weak_mask(solve, draw):
    # Sums of 16 products of about 256, over 4. A mask of -1000, added or put in, lets the last key through; one of
    # -10000 does not, not even if it is divided by 4 afterwards.
    last = torch.tensor([-1.0, -1, -1, -1, -1, -1, 1]).unsqueeze(1)
    Q, K = whole(draw, "Q", 16, 18, 2, 7, 16), whole(draw, "K", 15, 18, 2, 7, 16, times=last)
    return {"output": solve(Q, K, draw.randn("V", 2, 7, 3), window_size=1)}


@case("gradients of Q, K and V", kind="gradients")
def gradients(solve, draw):
    Q, K, V = qkv(draw, batch=2, queries=6, width=5, value_width=3, grad=True)
    return draw.gradients(solve(Q, K, V, window_size=2), Q=Q, K=K, V=V)
