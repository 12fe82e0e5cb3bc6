import torch

from torch_judge.authoring import BY_LOGSUMEXP, case


def qkv(draw, b, s, dk, dv, grad=False):
    """Queries, keys and values whose four sizes are all different, so that no axis passes for another."""
    Q, K = draw.randn("Q", b, s, dk, grad=grad), draw.randn("K", b, s, dk, mean=0.3, grad=grad)
    return Q, K, draw.randn("V", b, s, dv, mean=0.5, grad=grad)


@case("window 2: two keys on either side, and the query's own", kind="values")
def window_of_two(solve, draw):
    return {"output": solve(*qkv(draw, b=2, s=9, dk=3, dv=5), window_size=2)}


@case("any window: 0, odd, even, S - 1, and more than S", kind="values")
def any_window(solve, draw):
    inputs = qkv(draw, b=3, s=7, dk=6, dv=4)
    return {f"window_size={w}": solve(*inputs, window_size=w) for w in (0, 1, 3, 4, 6, 20)}


@case("self-attention: one tensor is Q, K and V; one token is all zeros", kind="values")
def self_attention(solve, draw):
    x = draw.randn("x", 2, 8, 3)
    x[:, 2] = 0
    return {"output": solve(x, x, x, 1)}


@case("a batch of one, a sequence of one, values of width 1", kind="interface")
def one_token(solve, draw):
    return {"output": solve(*qkv(draw, b=1, s=1, dk=3, dv=1), window_size=2)}


@case("two calls: a short sequence after a long one, another window", kind="state")
def two_calls(solve, draw):
    short = [draw.randn(f"short {name}", 2, 4, 3) for name in "QKV"]
    return {"long": solve(*qkv(draw, b=1, s=8, dk=2, dv=3), window_size=3), "short": solve(*short, window_size=1)}


@case("scores of several hundred, the hidden ones largest: finite, and right", kind="numerics", **BY_LOGSUMEXP)
def large_scores(solve, draw):
    # Every key outdoes the ones before: the scores of a row climb from about -430 to 430, those of the last query from
    # -27 to 27. Whole numbers and a width of 16 make them exact in every order.
    climb = torch.tensor([-3, -2, 0.25, 1, 2, 3], device=draw.device).unsqueeze(1)
    size = torch.tensor([1, 1, 1, 1, 1, 0.0625], device=draw.device).unsqueeze(1)
    Q = draw.keep("Q", draw.randint("whole Q", 4, 9, 2, 6, 16) * size)
    K = draw.keep("K", draw.randint("whole K", 4, 9, 2, 6, 16) * climb)
    return {"output": solve(Q, K, draw.randn("V", 2, 6, 3), window_size=1)}


@case("gradients of Q, K and V", kind="gradients")
def gradients(solve, draw):
    Q, K, V = qkv(draw, b=2, s=6, dk=5, dv=3, grad=True)
    return draw.gradients(solve(Q, K, V, window_size=2), Q=Q, K=K, V=V)
