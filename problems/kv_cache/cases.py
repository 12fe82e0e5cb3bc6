import torch

from torch_judge.authoring import ROUNDED_SCORES, add_biases, bias_gradients, case, weights_of

NAMES = ("W_q", "W_k", "W_v", "W_o")


def built(solve, draw, d_model=12, num_heads=3, free=(), name="model"):
    """A model with drawn weights; its biases, if any, are zero."""
    model = solve(d_model=d_model, num_heads=num_heads)
    draw.fill(name, model, layers=NAMES, free=free)
    return model


def seen(result):
    """The output and the cache; that the cache is a tuple is part of the contract."""
    out, cache = result
    return {"out": out, "cache": cache, "cache is a tuple": isinstance(cache, tuple)}


@case("no cache: output, keys and values; one token is all zeros", kind="values")
def no_cache(solve, draw):
    x = draw.randn("x", 2, 5, 12)
    x[:, 2] = 0  # its scores are all 0: who takes a score of 0 for a masked one errs here
    narrow = built(solve, draw, d_model=1, num_heads=1, name="narrow model")
    return seen(built(solve, draw)(x)) | {"d_model = 1": seen(narrow(draw.randn("narrow x", 2, 3, 1)))}


@case("one token at a time after a prompt", kind="state")
def token_by_token(solve, draw):
    model, x = built(solve, draw, d_model=10, num_heads=2), draw.randn("x", 3, 6, 10)
    steps = [model(x[:, :4].contiguous(), cache=None)]
    for t in (4, 5):
        steps.append(model(x[:, t : t + 1].contiguous(), cache=steps[-1][1]))
    return {f"call {number}": seen(step) for number, step in enumerate(steps, start=1)}


@case("a long sequence: 33 tokens, then 7", kind="values")
def long_sequence(solve, draw):
    # More than a mask or a table made once for 32 positions has room for.
    model, x = built(solve, draw, d_model=4, num_heads=2), draw.randn("x", 1, 40, 4)
    first = model(x[:, :33].contiguous())
    return {"at once": model(x)[0], "call 1": seen(first), "call 2": seen(model(x[:, 33:], cache=first[1]))}


@case("several new tokens with a cache: 3 + 3 + 1 + 2", kind="state")
def chunks(solve, draw):
    # Once as many new tokens as old ones: a table of scores that is square by chance.
    model, x = built(solve, draw, d_model=6, num_heads=1), draw.randn("x", 1, 9, 6)
    calls, cache = {}, None
    for number, new in enumerate(x.split([3, 3, 1, 2], dim=1), start=1):
        result = model(new, cache=cache)
        calls[f"call {number}"], cache = seen(result), result[1]
    return calls


@case("one cache continued twice: it stays as it was", kind="state")
def branches(solve, draw):
    model = built(solve, draw)
    _, cache = model(draw.randn("prompt", 2, 3, 12))
    draw.keep("cache", cache)
    one, other = draw.randn("one", 2, 2, 12), draw.randn("other", 2, 2, 12)
    results = [model(x, cache=cache) for x in (one, other, one)]
    return {name: seen(r) for name, r in zip(("one", "other", "one again"), results, strict=True)}


@case("two sequences take turns, in eval and under no_grad: nothing is kept in the module", kind="state")
@torch.no_grad()
def turns(solve, draw):
    model = built(solve, draw, d_model=8, num_heads=4)
    model.eval()
    a, b = draw.randn("a", 1, 3, 8), draw.randn("b", 1, 3, 8)
    _, cache_a = model(a)
    _, cache_b = model(b)
    found = {
        "a": seen(model(draw.randn("next a", 1, 2, 8), cache=cache_a)),
        "b": seen(model(draw.randn("next b", 1, 1, 8), cache=cache_b)),
        "a again, without a cache": seen(model(a)),
    }
    for layer in (model.W_q, model.W_v):
        layer.weight.data.mul_(-1)  # the weights of the moment count: what was made of the old ones is wrong now
    return found | {"a, other weights": seen(model(a))}


@case("scores of several hundred: finite, and right", kind="numerics", **ROUNDED_SCORES)
def large_scores(solve, draw):
    model = built(solve, draw)
    with torch.no_grad():  # keys opposite to the queries: a token's score against itself is always far below zero
        model.W_q.weight.mul_(12)
        model.W_k.weight.copy_(-model.W_q.weight)
    return {"out": model(draw.randn("x", 2, 7, 12))[0]}


@case("a hidden score near 1000, all visible ones near -1000", kind="numerics", **ROUNDED_SCORES)
def weak_mask(solve, draw):
    """Queries are all alike, and a key is what feature 0 of its token says: -1 or below, but for the last one.

    A mask of -1000, added or put in, lets the last key through; one of -10000 does not.
    """
    model, x = built(solve, draw, free=["*"]), draw.randn("x", 2, 6, 12)
    x[:, :-1, 0] = -draw.rand("visible", 2, 5, low=1.05, high=1.09)
    x[:, -1, 0] = 1.0
    x[..., 1] = 1.0
    with torch.no_grad():
        for layer, feature in ((model.W_q, 1), (model.W_k, 0)):
            layer.weight.zero_()
            layer.weight[:, feature] = 22.0  # four products over the root of four: 968 times feature 0
    first, cache = model(x[:, :2].contiguous())
    return {"at once": model(x)[0], "two tokens": first, "the others": model(x[:, 2:].contiguous(), cache=cache)[0]}


@case("gradients of x and of the four weights, without a cache, in eval", kind="gradients")
def gradients(solve, draw):
    model, x = built(solve, draw), draw.randn("x", 2, 4, 12, grad=True)
    model.eval()
    return draw.gradients(model(x)[0], x=x, **weights_of(model, NAMES))


@case("each projection sees the new tokens only", kind="cost")
def work(solve, draw):
    model, x = built(solve, draw), draw.randn("x", 2, 9, 12)
    _, cache = model(x[:, :6].contiguous())
    for name in NAMES:
        draw.rows(name, getattr(model, name), limit=2 * 3)
    out, _ = model(x[:, 6:].contiguous(), cache=cache)
    return {"out": out}


@case("a cache with other numbers: they count, whatever the old tokens were", kind="state")
def other_numbers(solve, draw):
    # Whoever computes old keys and values again, from whatever was kept, has those of the tokens.
    model = built(solve, draw)
    with torch.no_grad():
        _, cache = model(draw.randn("old x", 2, 4, 12).clone())
        for part in cache:
            part.add_(0.5)
        return {"out": model(draw.randn("x", 2, 3, 12), cache=cache)[0]}


@case("biases count, where a layer has one", kind="values")
def biases(solve, draw):
    model = built(solve, draw, free=["*"])
    x, y = draw.randn("x", 2, 4, 12), draw.randn("y", 2, 2, 12)
    add_biases(draw, model, NAMES[:3], x, y)
    first = model(x)
    gradients = bias_gradients(draw, first[0], model)
    return {"call 1": seen(first), "call 2": seen(model(y, cache=first[1]))} | gradients
