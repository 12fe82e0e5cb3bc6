import torch

from torch_judge.authoring import BY_LOGSUMEXP, case


def qkv(draw, b, sq, sk, dk, dv, grad=False):
    """Queries, keys and values whose five sizes are all different, so that no axis passes for another."""
    Q, K = draw.randn("Q", b, sq, dk, grad=grad), draw.randn("K", b, sk, dk, mean=0.3, grad=grad)
    return Q, K, draw.randn("V", b, sk, dv, mean=0.5, grad=grad)


@case("values: more keys than queries, values wider than keys", kind="values")
def more_keys(solve, draw):
    return {"output": solve(*qkv(draw, b=2, sq=3, sk=5, dk=4, dv=7))}


@case("values: more queries than keys, values narrower than keys", kind="values")
def more_queries(solve, draw):
    return {"output": solve(*qkv(draw, b=3, sq=6, sk=2, dk=9, dv=4))}


@case("self-attention: one tensor is Q, K and V; one token is all zeros", kind="values")
def self_attention(solve, draw):
    x = draw.randn("x", 2, 5, 3)
    x[:, 2] = 0
    return {"output": solve(x, x, x)}


@case("a batch of one, a single query, values of width 1", kind="interface")
def single_query(solve, draw):
    return {"output": solve(*qkv(draw, b=1, sq=1, sk=4, dk=3, dv=1))}


@case("scores of several hundred: finite, and right", kind="numerics", **BY_LOGSUMEXP)
def large_scores(solve, draw):
    # Whole numbers and a width of 16 make the scores exact in every order. The first query of a sequence stays small.
    size = torch.tensor([0.25, 4, 4, 4, 4, 4], device=draw.device).unsqueeze(1)
    Q = draw.keep("Q", draw.randint("whole Q", -9, 10, 2, 6, 16) * size)
    K = draw.keep("K", draw.randint("whole K", -9, 10, 2, 5, 16).float())
    return {"output": solve(Q, K, draw.randn("V", 2, 5, 3))}


@case("gradients of Q, K and V", kind="gradients")
def gradients(solve, draw):
    Q, K, V = qkv(draw, b=2, sq=4, sk=3, dk=5, dv=6, grad=True)
    return draw.gradients(solve(Q, K, V), Q=Q, K=K, V=V)
