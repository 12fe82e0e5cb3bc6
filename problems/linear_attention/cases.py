import torch

from torch_judge.authoring import case


def qkv(draw, b, s, dk, dv, mean=0.0, grad=False):
    """Queries, keys and values whose four sizes are all different, so that no axis passes for another."""
    Q, K = draw.randn("Q", b, s, dk, mean=mean, grad=grad), draw.randn("K", b, s, dk, mean=mean + 0.3, grad=grad)
    return Q, K, draw.randn("V", b, s, dv, mean=0.5, grad=grad)


@case("values wider than keys", kind="values")
def wider(solve, draw):
    return {"output": solve(*qkv(draw, b=2, s=5, dk=3, dv=7))}


@case("a longer sequence, values narrower than keys", kind="values")
def narrower(solve, draw):
    return {"output": solve(*qkv(draw, b=3, s=11, dk=6, dv=4))}


@case("self-attention: one tensor is Q, K and V", kind="values")
def self_attention(solve, draw):
    x = draw.randn("x", 2, 6, 3, mean=0.2)
    return {"output": solve(x, x, x)}


@case("a batch of one, keys and values of width 1, a sequence of one", kind="interface")
def ones(solve, draw):
    # Positive entries: with few of them, a small constant in the denominator would show.
    one = [draw.rand(f"one {name}", 1, 1, 2) for name in "QKV"]
    return {"width 1": solve(*qkv(draw, b=1, s=4, dk=1, dv=1, mean=2.0)), "a sequence of one": solve(*one)}


@case("two calls: a short sequence after a long one", kind="state")
def two_calls(solve, draw):
    long = qkv(draw, b=1, s=8, dk=2, dv=3)
    short = [draw.randn(f"short {name}", 2, 5, 4) for name in "QKV"]
    return {"long": solve(*long), "short": solve(*short)}


@case("entries near 100 and near -100: finite, and right", kind="numerics")
def large_entries(solve, draw):
    # A position has entries of both signs: no sum of features is near 0. The keys of the first sequence stay small, so
    # that not everything is NaN where something overflows.
    size = torch.tensor([100.0, -100.0, 1.0, 100.0, -100.0], device=draw.device)
    Q = draw.keep("Q", draw.rand("Q before", 2, 6, 5, low=0.5) * size)
    sizes = torch.stack([torch.ones_like(size), size]).unsqueeze(1)
    K = draw.keep("K", draw.rand("K before", 2, 6, 5, low=0.5) * sizes)
    return {"output": solve(Q, K, draw.randn("V", 2, 6, 3))}


@case(
    "gradients of Q, K and V, through the denominator too",
    kind="gradients",
    widen=10,
    because="a gradient is the difference of what comes through the numerator and through the denominator",
)
def gradients(solve, draw):
    Q, K, V = qkv(draw, b=2, s=6, dk=3, dv=5, grad=True)
    return draw.gradients(solve(Q, K, V), Q=Q, K=K, V=V)


@case("memory: no tensor of S × S elements", kind="cost")
def memory(solve, draw):
    inputs = qkv(draw, b=3, s=128, dk=2, dv=4)
    with torch.no_grad(), draw.largest_tensor() as largest:
        output = solve(*inputs)
    draw.at_most("elements of the largest tensor", largest(), 128 * 128 - 1)
    return {"output": output}
