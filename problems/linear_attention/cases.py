import torch

from torch_judge.authoring import case, qkv, weighed

# All sizes of a case differ, so that no axis passes for another.


@case("values wider than keys", kind="values")
def wider(solve, draw):
    return {"output": solve(*qkv(draw, batch=2, queries=5, width=3, value_width=7))}


@case("a longer sequence, values narrower than keys", kind="values")
def narrower(solve, draw):
    return {"output": solve(*qkv(draw, batch=3, queries=11, width=6, value_width=4))}


@case("self-attention: one tensor is Q, K and V", kind="values")
def self_attention(solve, draw):
    x = draw.randn("x", 2, 6, 3, mean=0.2)
    return {"output": solve(x, x, x)}


@case("a batch of one, keys and values of width 1, a sequence of one", kind="interface")
def ones(solve, draw):
    # Positive entries: with few of them, a small constant in the denominator would show.
    narrow = [draw.rand(name, 1, 4, 1, low=0.5, high=3.0) for name in "QKV"]
    one = [draw.rand(f"one {name}", 1, 1, 2) for name in "QKV"]
    return {"width 1": solve(*narrow), "a sequence of one": solve(*one)}


@case(
    "small features: denominators near 0.1",
    kind="numerics",
    widen=3,
    because="a constant of 1e-6 in the denominator is accepted, and is 1e-5 of it here",
)
def small_features(solve, draw):
    # Six products of features near exp(-2): a denominator that is kept above 0.2, or gets 1e-4 more, shows.
    Q, K = (draw.randn(name, 2, 3, 2, mean=-2.0, std=0.2) for name in "QK")
    return {"output": solve(Q, K, draw.randn("V", 2, 3, 4))}


@case("two calls: a short sequence after a long one", kind="state")
def two_calls(solve, draw):
    long = qkv(draw, batch=1, queries=8, width=2, value_width=3)
    short = qkv(draw, batch=2, queries=5, width=4, name="short ")
    return {"long": solve(*long), "short": solve(*short)}


@case("the same tensors again, K and V changed between the calls", kind="state")
def changed(solve, draw):
    Q, K, V = qkv(draw, batch=2, queries=6, width=3, value_width=4)
    first = solve(Q, K, V)
    K.mul_(-1)  # what is remembered of the first call, by shape or by object, is wrong now
    V.add_(1)
    return {"first": first, "second": solve(Q, K, V)}


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
    Q, K, V = qkv(draw, batch=2, queries=6, width=3, value_width=5, grad=True)
    return draw.gradients(solve(Q, K, V), Q=Q, K=K, V=V)


@case("memory: no tensor of S × S elements", kind="cost")
def memory(solve, draw):
    inputs = qkv(draw, batch=3, queries=128, width=2, value_width=4)
    with torch.no_grad(), draw.largest_tensor() as largest:
        output = solve(*inputs)
    draw.at_most("elements of the largest tensor", largest(), 128 * 128 - 1)
    return {"output": output}


@weighed("memory of the process at 10,240 positions, where S × S numbers are 400 MB", spare_mb=260)
def seen_from_outside(solve, draw):
    with torch.no_grad():
        return {"output": solve(*qkv(draw, batch=1, queries=10240, width=2, value_width=3))}
