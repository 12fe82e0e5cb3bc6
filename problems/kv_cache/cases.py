import torch

from torch_judge.authoring import ROUNDED_SCORES, case

NAMES = ("W_q", "W_k", "W_v", "W_o")


def built(solve, draw, d_model=12, num_heads=3, free=()):
    """A model with drawn weights; its biases, if any, are zero."""
    model = solve(d_model=d_model, num_heads=num_heads)
    draw.fill("model", model, layers=NAMES, free=free)
    return model


def seen(result):
    """The output and the cache; that the cache is a tuple is part of the contract."""
    out, cache = result
    return {"out": out, "cache": cache, "cache is a tuple": isinstance(cache, tuple)}


@case("no cache: output, keys and values; one token is all zeros", kind="values")
def no_cache(solve, draw):
    x = draw.randn("x", 2, 5, 12)
    x[:, 2] = 0
    return seen(built(solve, draw)(x))


@case("one token at a time after a prompt", kind="state")
def token_by_token(solve, draw):
    model, x = built(solve, draw, d_model=10, num_heads=2), draw.randn("x", 3, 6, 10)
    steps = [model(x[:, :4].contiguous(), cache=None)]
    for t in (4, 5):
        steps.append(model(x[:, t : t + 1].contiguous(), cache=steps[-1][1]))
    return {f"call {number}": seen(step) for number, step in enumerate(steps, start=1)}


@case("several new tokens with a cache: 4 + 1 + 3", kind="state")
def chunks(solve, draw):
    model, x = built(solve, draw, d_model=6, num_heads=1), draw.randn("x", 1, 8, 6)
    first = model(x[:, :4])
    second = model(x[:, 4:5], cache=first[1])
    return {"call 1": seen(first), "call 2": seen(second), "call 3": seen(model(x[:, 5:], cache=second[1]))}


@case("one cache continued twice: it stays as it was", kind="state")
def branches(solve, draw):
    model = built(solve, draw)
    _, cache = model(draw.randn("prompt", 2, 3, 12))
    draw.keep("cache", cache)
    one, other = draw.randn("one", 2, 2, 12), draw.randn("other", 2, 2, 12)
    results = [model(x, cache=cache) for x in (one, other, one)]
    return {name: seen(r) for name, r in zip(("one", "other", "one again"), results, strict=True)}


@case("two sequences take turns: nothing is kept in the module", kind="state")
def turns(solve, draw):
    model = built(solve, draw, d_model=8, num_heads=4)
    a, b = draw.randn("a", 1, 3, 8), draw.randn("b", 2, 5, 8)
    _, cache_a = model(a)
    _, cache_b = model(b)
    return {
        "a": seen(model(draw.randn("next a", 1, 2, 8), cache=cache_a)),
        "b": seen(model(draw.randn("next b", 2, 1, 8), cache=cache_b)),
        "a again, without a cache": seen(model(a)),
    }


@case("scores of several hundred: finite, and right", kind="numerics", **ROUNDED_SCORES)
def large_scores(solve, draw):
    model = built(solve, draw)
    with torch.no_grad():  # keys opposite to the queries: a token's score against itself is always far below zero
        model.W_q.weight.mul_(12)
        model.W_k.weight.copy_(-model.W_q.weight)
    return {"out": model(draw.randn("x", 2, 7, 12))[0]}


@case("gradients of x and of the four weights, without a cache", kind="gradients")
def gradients(solve, draw):
    model, x = built(solve, draw), draw.randn("x", 2, 4, 12, grad=True)
    weights = {name: getattr(model, name).weight for name in NAMES}
    return draw.gradients(model(x)[0], x=x, **weights)


@case("each projection sees the new tokens only", kind="cost")
def work(solve, draw):
    model, x = built(solve, draw), draw.randn("x", 2, 9, 12)
    _, cache = model(x[:, :6].contiguous())
    for name in NAMES:
        draw.rows(name, getattr(model, name), limit=2 * 3)
    out, _ = model(x[:, 6:].contiguous(), cache=cache)
    return {"out": out}


@case("biases count, where a layer has one", kind="values")
def biases(solve, draw):
    """Feature 0 of the inputs is always 1: for a layer without a bias, the weights of that feature are one."""
    model, x, y = built(solve, draw, free=["*"]), draw.randn("x", 2, 4, 12), draw.randn("y", 2, 2, 12)
    x[..., 0] = y[..., 0] = 1
    for name in NAMES[:3]:
        layer, bias = getattr(model, name), draw.randn(f"bias of {name}", 12)
        (layer.weight.data[:, 0] if layer.bias is None else layer.bias.data).add_(bias)
    first, v, o = model(x), model.W_v, model.W_o
    knobs = {"W_v": v.weight, "W_o": o.weight, "W_v.bias": v.bias, "W_o.bias": o.bias}
    found = draw.gradients(first[0], **{name: knob for name, knob in knobs.items() if knob is not None})
    calls = {"call 1": seen(first), "call 2": seen(model(y, cache=first[1]))}
    of_v, of_o = found["gradient of W_v"], found["gradient of W_o"]
    if isinstance(of_v, torch.Tensor):
        calls["gradient of a bias of W_v"] = found.get("gradient of W_v.bias", of_v[:, 0])
    if isinstance(of_o, torch.Tensor):
        of_bias = draw.cotangent(first[0]).flatten(0, -2).sum(0)
        calls["gradient of a bias of W_o"] = found.get("gradient of W_o.bias", of_bias)
    return calls
