import torch

from torch_judge.authoring import BY_LOGSUMEXP, case, qkv, whole

# All sizes of a case differ, so that no axis passes for another.


@case("values: more keys than queries, values wider than keys", kind="values")
def more_keys(solve, draw):
    return {"output": solve(*qkv(draw, batch=2, queries=3, keys=5, width=4, value_width=7))}


@case("values: more queries than keys, values narrower than keys", kind="values")
def more_queries(solve, draw):
    return {"output": solve(*qkv(draw, batch=3, queries=6, keys=2, width=9, value_width=4))}


@case("self-attention: one tensor is Q, K and V; one token is all zeros", kind="values")
def self_attention(solve, draw):
    x = draw.randn("x", 2, 5, 3)
    x[:, 2] = 0  # its scores are all 0: who takes a score of 0 for a masked one errs here
    return {"output": solve(x, x, x)}


@case("a batch of one, a single query, values of width 1; everything of width 1", kind="interface")
def ones(solve, draw):
    narrow = qkv(draw, batch=2, queries=3, keys=4, width=1, name="narrow ")
    return {"output": solve(*qkv(draw, batch=1, queries=1, keys=4, width=3, value_width=1)), "width 1": solve(*narrow)}


@case("two calls of one shape, K and V changed between them", kind="state")
def two_calls(solve, draw):
    Q, K, V = qkv(draw, batch=2, queries=3, keys=5, width=4, value_width=6)
    first = solve(Q, K, V)
    K.mul_(-1)  # the very tensors of the first call: what is remembered of them, by shape or by object, is wrong now
    V.add_(1)
    return {"first": first, "second": solve(Q, K, V)}


@case("scores of several hundred: finite, and right", kind="numerics", **BY_LOGSUMEXP)
def large_scores(solve, draw):
    # A width of 16 makes the root a power of two: the scores are exact. The first query of a sequence stays small.
    size = torch.tensor([0.25, 4, 4, 4, 4, 4]).unsqueeze(1)
    Q, K = whole(draw, "Q", -9, 10, 2, 6, 16, times=size), whole(draw, "K", -9, 10, 2, 5, 16)
    return {"output": solve(Q, K, draw.randn("V", 2, 5, 3))}


@case("gradients of Q, K and V", kind="gradients")
def gradients(solve, draw):
    Q, K, V = qkv(draw, batch=2, queries=4, keys=3, width=5, value_width=6, grad=True)
    return draw.gradients(solve(Q, K, V), Q=Q, K=K, V=V)
